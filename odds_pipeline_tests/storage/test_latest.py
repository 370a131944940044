"""The newest rows kept beside each series, and the best prices that are read off them."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import (
    Board,
    CaptureBasis,
    EventOdds,
    EventStated,
    OddsCapture,
    Quote,
    Scope,
)
from odds_pipeline.storage import raw
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.readers import BestPrice, best_prices_now, latest
from odds_pipeline_tests.storage.histories import (
    MARKETS,
    TIMES,
    batch_sizes,
    feeds,
    histories,
    offers,
    store_history,
)
from odds_pipeline_tests.storage.test_voids import Voiding, _expected, _make, voidings

Conn = psycopg.Connection[Any]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SETTINGS = settings(
    max_examples=20 * TIMES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# The newest row of every series, found by looking at every row.
_NEWEST = """
SELECT DISTINCT ON (event_no, selection_id)
    event_no, selection_id, capture_time, known_time, state, price, point
FROM quotes ORDER BY event_no, selection_id, capture_time DESC, known_time DESC
"""
_KEPT = """
SELECT event_no, selection_id, capture_time, known_time, state, price, point
FROM event_selections WHERE capture_time IS NOT NULL ORDER BY event_no, selection_id
"""


@pytest.fixture
def conn(engine: Engine) -> Iterator[Conn]:
    with transaction(engine) as opened:
        yield opened


def capture(
    moment: datetime, *prices: float, book: str = "pinnacle", sport: str = "sport"
) -> OddsCapture:
    """Home at each price, at books of their own."""
    event = EventStated("e1", sport, NOON + timedelta(hours=6), "Home", "Away")
    boards = tuple(
        Board(f"{book}{number or ''}", "h2h", moment, (Quote("Home", price), Quote("Away", 1.9)))
        for number, price in enumerate(prices)
    )
    scope = Scope(sport, None, None, ("h2h",), True)
    return OddsCapture(moment, CaptureBasis.CLOCK, scope, (EventOdds(event, boards),))


@SETTINGS
@given(history=histories() | feeds(), sizes=batch_sizes(), made=voidings(), place=st.integers(0, 6))
def test_the_best_prices_now_equal_the_oracle(
    engine: Engine,
    history: Sequence[OddsCapture],
    sizes: Sequence[int],
    made: list[Voiding],
    place: int,
) -> None:
    sport = history[0].scope.sport_key
    with transaction(engine) as conn, conn.transaction(force_rollback=True):
        known = store_history(conn, history[:place], sizes)
        event_ids = {e.event.event_id for c in history[:place] for e in c.events}
        for voiding in made:
            if f"{sport}-a" in event_ids:
                _make(conn, voiding, f"{sport}-a")
        known += store_history(conn, history[place:], [1] * 7)
        assert conn.execute(_KEPT).fetchall() == conn.execute(_NEWEST).fetchall()
        now = datetime.now(UTC)
        for event_id in {e.event.event_id for c in history for e in c.events}:
            offered = _expected(known, event_id, now, now, made)
            for market in MARKETS:
                wanted = _best(offered, market)
                found = best_prices_now(conn, event_id, market)
                assert {row[1:6] for row in found} == wanted
                assert len(found) == len(wanted)
                by_rows = latest._newest(conn, [event_id], market)
                assert by_rows is None or {row[1:6] for row in by_rows} == wanted


def _best(offered: set[Any], market: str) -> set[tuple[Any, ...]]:
    priced = [offer for offer in offered if offer[1] == market and offer[4] is not None]
    return {
        (book, outcome, description, point, price)
        for book, _, outcome, description, price, point in priced
        if price == max(o[4] for o in priced if (*o[2:4], o[5]) == (outcome, description, point))
    }


def test_one_feed_is_read_off_the_newest_rows(conn: Conn) -> None:
    later = NOON + MINUTE
    store_history(conn, [capture(NOON, 2.0, 2.5), capture(later, 2.1, 2.1, 1.5)], [1, 1])
    found = latest._newest(conn, ["nothing", "e1"], "h2h")
    assert found == [
        *(BestPrice("e1", book, "Away", None, None, 1.9, later) for book in _books(3)),
        *(BestPrice("e1", book, "Home", None, None, 2.1, later) for book in _books(2)),
    ]
    assert best_prices_now(conn, "e1", "h2h", "Home") == found[3:]
    assert best_prices_now(conn, ["e1"], "totals") == []
    assert best_prices_now(conn, "nothing", "h2h") == []


def _books(count: int) -> list[str]:
    return [f"pinnacle{number or ''}" for number in range(count)]


def test_what_waits_or_lies_ahead_is_asked_of_the_facts(conn: Conn) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=1)
    store_history(conn, [capture(NOON, 2.0), capture(ahead, 3.0)], [2])
    assert latest._newest(conn, ["e1"], "h2h") is None
    assert [row.price for row in best_prices_now(conn, "e1", "h2h", "Home")] == [2.0]


def test_a_document_that_waits_is_not_overtaken(conn: Conn) -> None:
    store_history(conn, [capture(NOON, 2.0)], [1])
    record = raw.RawRecord(uuid.uuid4(), "test", "x", {}, b"{}", NOON, CaptureBasis.CLOCK)
    raw.store(conn, record)
    store_history(conn, [capture(NOON + MINUTE, 3.0)], [1])
    assert latest._newest(conn, ["e1"], "h2h") is None
    assert [row.price for row in best_prices_now(conn, "e1", "h2h", "Home")] == [2.0]


@pytest.mark.parametrize("removal", ["DELETE FROM quotes WHERE price = 3", "TRUNCATE quotes"])
def test_a_newest_row_that_was_removed_is_forgotten_until_it_is_worked_out(
    conn: Conn, removal: str
) -> None:
    known = store_history(conn, [capture(NOON, 2.0), capture(NOON + MINUTE, 3.0)], [1, 1])
    conn.execute(removal)
    assert latest._newest(conn, ["e1"], "h2h") is None
    # What comes is no newer than what may be stored, for all that is known.
    store_history(conn, [capture(NOON + 2 * MINUTE, 4.0)], [1])
    assert latest._newest(conn, ["e1"], "h2h") is None
    conn.execute("SELECT refill_series(ARRAY(SELECT event_no FROM event_ids))")
    assert conn.execute(_KEPT).fetchall() == conn.execute(_NEWEST).fetchall()
    assert latest._newest(conn, ["e1"], "h2h") is not None
    assert offers(known, "e1", NOON, known[-1].known_time)
