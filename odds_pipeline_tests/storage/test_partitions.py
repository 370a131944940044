"""Next month's tables are there before anything of it arrives."""

from datetime import UTC, datetime

from sqlalchemy import Engine

from odds_pipeline.storage.archive import manifest
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.partitions import ensure_ahead


def test_the_next_month_is_made_a_week_ahead(engine: Engine) -> None:
    def made(now: datetime) -> set[str]:
        with transaction(engine) as conn:
            ensure_ahead(conn, now)
            ensure_ahead(conn, now)
            return {p.table for p in manifest.partitions(conn)}

    march = {f"{kind}_2026_03" for kind in manifest.KINDS}
    assert made(datetime(2026, 3, 24, 23, 59, tzinfo=UTC)) == march
    april = {f"{kind}_2026_04" for kind in manifest.KINDS}
    assert made(datetime(2026, 3, 25, tzinfo=UTC)) == march | april
