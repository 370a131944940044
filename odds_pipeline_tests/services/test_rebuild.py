"""A day made again from raw is the day that was stored, row for row."""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import CaptureBasis, Document, OddsCapture, RawDocument
from odds_pipeline.errors import UsageError
from odds_pipeline.services import normalise, rebuild
from odds_pipeline.services.archive import archivable, clean
from odds_pipeline.services.collect import collect_events, collect_odds, collect_scores
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.rebuild import rebuild_day, rebuild_days
from odds_pipeline.services.validate import validate_day
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.storage import raw
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.readers import odds_at
from odds_pipeline.storage.statistics import DayFigures, day_figures
from odds_pipeline_tests.conftest import REPOSITORY
from odds_pipeline_tests.storage.histories import (
    against_the_oracle,
    batch_sizes,
    histories,
    store_history,
)
from odds_pipeline_tests.storage.months import over_two_months, platform_of

FIXTURES = REPOSITORY / "odds_pipeline_tests" / "fixtures"
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

    def parse(stored: RawDocument) -> Document:
        return Document(odds=(said[stored.known_time],))

    monkeypatch.setattr(rebuild, "parse_document", parse)
    return said


def _rows(conn: psycopg.Connection[Any]) -> dict[str, list[str]]:
    return {name: sorted(map(repr, conn.execute(query))) for name, query in ROWS.items()}


@against_the_oracle(8)
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
        conn.execute("DELETE FROM quotes WHERE capture_time >= '2026-03-01'")
        conn.execute("DELETE FROM snapshots WHERE capture_time >= '2026-03-01'")
    made = rebuild_day(platform, DAYS[1])
    with transaction(engine) as conn:
        after = _rows(conn)
        assert after == before
    assert rebuild_day(platform, DAYS[1]).differences == ()
    assert made.documents >= sum(c.capture_time.date() == DAYS[1] for c in told)


@against_the_oracle(3)
@given(history=histories(), sizes=batch_sizes())
def test_archived_days_are_verified_too(
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
        known = store_history(conn, told[:4], sizes)
    clean(platform, "0d")
    with transaction(engine) as conn:
        known += store_history(conn, told[4:], sizes)
    readable.update({k.known_time: k.capture for k in known})
    for done in rebuild_days(platform, DAYS[0], DAYS[-1], verify=True):
        assert done.differences == ()


# --- a real day of the provider's ---


@pytest.fixture
def collected(platform: Platform, clock: SteppedClock) -> Platform:
    """Two days of odds, events and scores, as the platform collects them."""
    for _ in range(9):
        collect_odds(platform)
        collect_events(platform)
        collect_scores(platform)
        normalise.finish_pending(platform)
        clock.advance(timedelta(hours=3))
    return platform


def _tables(platform: Platform) -> dict[str, list[str]]:
    with transaction(platform.engine) as conn:
        return _rows(conn)


def test_a_collected_day_stands_as_its_raw_says(collected: Platform) -> None:
    before = _tables(collected)
    assert all(before.values())
    first, last = date(2026, 3, 10), date(2026, 3, 11)
    days = list(rebuild_days(collected, first, last, verify=True))
    assert [done.differences for done in days] == [(), ()]
    assert all(done.documents for done in days)
    assert list(rebuild_days(collected, first, last, verify=False)) == days
    assert _tables(collected) == before


@pytest.mark.parametrize(
    ("damage", "table"),
    [
        (b"DELETE FROM quotes WHERE selection_id % 3 = 0", "quotes"),
        (b"DELETE FROM snapshots WHERE event_no % 2 = 0", "snapshots"),
        (b"DELETE FROM event_statements", "event_statements"),
        (
            b"DELETE FROM quotes; INSERT INTO quotes VALUES "
            b"('2026-03-10 13:00Z', '2026-03-10 13:00Z', 1.5, NULL, 1, 1, 0)",
            "quotes",
        ),
        (b"DELETE FROM snapshots; DELETE FROM event_statements; DELETE FROM captures", "captures"),
    ],
)
def test_damage_is_reported_and_mended(collected: Platform, damage: bytes, table: str) -> None:
    before = _tables(collected)
    with transaction(collected.engine) as conn:
        conn.execute(damage)
    damaged = _tables(collected)
    days = (date(2026, 3, 10), date(2026, 3, 11))
    verified = list(rebuild_days(collected, *days, verify=True))
    assert any(found.table == table for done in verified for found in done.differences)
    assert _tables(collected) == damaged
    for done in rebuild_days(collected, *days, verify=False):
        assert done.differences
    assert _tables(collected) == before
    for done in rebuild_days(collected, *days, verify=True):
        assert done.differences == ()


def test_an_empty_day_is_nothing_to_rebuild(platform: Platform) -> None:
    done = rebuild_day(platform, date(2026, 3, 1))
    assert (done.documents, done.differences) == (0, ())


def test_days_the_wrong_way_round_are_refused(platform: Platform) -> None:
    with pytest.raises(UsageError, match="lies before"):
        list(rebuild_days(platform, date(2026, 3, 2), date(2026, 3, 1), verify=True))


def test_late_answers_reach_an_archived_month_again_and_again(
    platform: Platform, clock: SteppedClock
) -> None:
    """The process that writes them has written to the month's tables before they were dropped."""
    body = (FIXTURES / "historical_odds.json").read_text()

    def imported(minute: int) -> None:
        record = raw.RawRecord(
            uuid.uuid4(),
            "the_odds_api",
            "historical_odds",
            {"sport": "basketball_nba"},
            body.replace("T18:00:38Z", f"T18:{minute:02}:38Z", 1).encode(),
            clock.now(),
            CaptureBasis.CLOCK,
        )
        with transaction(platform.engine) as conn:
            raw.store(conn, record)
        assert normalise.finish_pending(platform).failed == 0

    day = date(2026, 1, 9)
    imported(8)

    def judged() -> tuple[list[tuple[str, int, int]], DayFigures]:
        results = [(r.rule.name, r.checked, len(r.issues)) for r in validate_day(platform, day)]
        with transaction(platform.engine) as conn:
            return results, day_figures(conn, day)

    before = judged()
    assert {name: checked for name, checked, _ in before[0]}["reconciliation"]
    clean(platform, "0d")
    assert judged() == before
    for minute, changed in ((5, {"quotes"}), (20, set())):
        imported(minute)
        assert {one.kind for one in clean(platform, "0d")} == changed | {"snapshots"}
    assert archivable(platform, "0d") == []
    with transaction(platform.engine) as conn:
        row = conn.execute("SELECT count(*) FROM captures").fetchone()
        assert row == (3,)
        seen = [
            odds_at(conn, "0" * 31 + "1", datetime(2026, 1, 9, 18, minute, 59, tzinfo=UTC))
            for minute in (4, 5, 8, 20)
        ]
    assert [frame["capture_time"].nunique() for frame in seen] == [0, 1, 1, 1]
    assert [frame.empty for frame in seen] == [True, False, False, False]
    assert rebuild_day(platform, date(2026, 1, 9), verify=True).differences == ()
    with transaction(platform.engine) as conn:
        conn.execute("DELETE FROM captures WHERE capture_time = '2026-01-09 18:05:38Z'")
    with pytest.raises(UsageError, match="can be verified, not rebuilt"):
        rebuild_day(platform, date(2026, 1, 9))
