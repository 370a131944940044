"""A day made again from raw is the day that was stored, row for row."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import Document, OddsCapture, RawDocument
from odds_pipeline.errors import UsageError
from odds_pipeline.services import normalise, rebuild
from odds_pipeline.services.archive import clean
from odds_pipeline.services.rebuild import rebuild_day, rebuild_days
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.storage.histories import batch_sizes, histories, offers, store_history
from odds_pipeline_tests.storage.months import answers, over_two_months, platform_of
from odds_pipeline_tests.storage.test_point_in_time import _read

DAYS = (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2))
ROWS = {
    "quotes": "SELECT * FROM quotes",
    "snapshots": """SELECT s.event_no, s.capture_time, s.known_time, s.scope_id, s.commence_time,
        s.snapshot_id, s.matchup_id, s.in_play, s.unlisted, c.raw_id, ARRAY(
            SELECT (y.pairs[i], last_update_of(s.capture_time, ages, far_ages, i))::text
            FROM generate_subscripts(ages, 1) i WHERE ages[i] <> -32768)
        FROM snapshots s JOIN layouts y USING (layout_id) JOIN captures c USING (capture_id)""",
    "captures": """SELECT raw_id, known_time, capture_time, basis, kind, sport_id, scope_id,
        listing, asked_events, event_count FROM captures""",
    "statements": "SELECT event_no, capture_time, known_time, matchup_id, commence_time, "
    "completed, home_score, away_score FROM event_statements",
    "spans": "SELECT * FROM event_scopes",
}


@pytest.fixture
def readable(monkeypatch: pytest.MonkeyPatch) -> dict[datetime, OddsCapture]:
    """Captures by known time: what raw documents of histories say, whose bytes say nothing."""
    said: dict[datetime, OddsCapture] = {}

    def parse(stored: RawDocument) -> tuple[Document, bytes]:
        return Document(odds=(said[stored.known_time],)), stored.body

    monkeypatch.setattr(rebuild, "parse_raw", parse)
    return said


def _rows(conn: psycopg.Connection[Any]) -> dict[str, list[str]]:
    return {name: sorted(map(repr, conn.execute(query))) for name, query in ROWS.items()}


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=histories(), sizes=batch_sizes())
def test_rebuilding_changes_nothing(
    engine: Engine,
    home: Path,
    clock: SteppedClock,
    readable: dict[datetime, OddsCapture],
    history: Sequence[OddsCapture],
    sizes: Sequence[int],
) -> None:
    platform = platform_of(engine, home, clock)
    told = over_two_months(history)
    with transaction(engine) as conn:
        conn.execute("TRUNCATE quotes, snapshots, captures, event_scopes, normalisations CASCADE")
        known = store_history(conn, told, sizes)
        readable.update({k.known_time: k.capture for k in known})
        before = _rows(conn)
    for done in rebuild_days(platform, DAYS[0], DAYS[-1], verify=True):
        assert done.differences == ()
    with transaction(engine) as conn:
        assert _rows(conn) == before
        for table in ("quotes", "snapshots", "captures"):
            conn.execute(
                f"DELETE FROM {table} WHERE capture_time >= '2026-03-01' "
                f"AND capture_time < '2026-03-02'".encode()
            ) if table != "captures" else None
    made = rebuild_day(platform, DAYS[1])
    with transaction(engine) as conn:
        after = _rows(conn)
        assert after == before
    assert rebuild_day(platform, DAYS[1]).differences == ()
    assert made.documents >= sum(c.capture_time.date() == DAYS[1] for c in told)
