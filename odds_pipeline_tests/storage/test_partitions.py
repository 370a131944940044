"""A month's tables are there before anything of it arrives, and left alone by other months."""

import uuid
from datetime import UTC, datetime

from sqlalchemy import Engine

from odds_pipeline.catalog.observations import CaptureBasis
from odds_pipeline.storage import raw
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


def test_bytes_are_looked_for_in_their_own_months_alone(engine: Engine) -> None:
    now = datetime.now(UTC)
    record = raw.RawRecord(uuid.uuid4(), "test", "odds", {}, b"[]", now, CaptureBasis.CLOCK)
    with transaction(engine) as conn:
        stored = raw.store(conn, record)
        conn.execute("SELECT ensure_month('2020-01-05Z', ARRAY['raw_bodies'])")
    with transaction(engine) as other, transaction(engine) as conn:
        other.execute("LOCK TABLE raw_bodies_2020_01 IN ACCESS EXCLUSIVE MODE")
        conn.execute("SET LOCAL lock_timeout = '2s'")
        assert raw.read(conn, stored.raw_id).body == b"[]"
