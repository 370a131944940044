"""The readers against naive expectations; ``odds_at`` itself is in ``test_point_in_time``."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import psycopg
import pytest
from hypothesis import given
from sqlalchemy import Engine

from odds_pipeline.catalog.fields import TABLES
from odds_pipeline.catalog.observations import (
    Board,
    CaptureBasis,
    Document,
    EventCapture,
    EventOdds,
    EventStated,
    EventStatement,
    OddsCapture,
    Quote,
    Scope,
)
from odds_pipeline.errors import NotYetNormalised, UsageError
from odds_pipeline.quality.schemas import schema
from odds_pipeline.storage import normalisation, raw, readers
from odds_pipeline.storage.captures import Item
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.facts import write_documents
from odds_pipeline.storage.memory import Memory
from odds_pipeline.storage.raw import StoredRaw
from odds_pipeline_tests.storage.histories import (
    BOOKS,
    MARKETS,
    Known,
    against_the_oracle,
    histories,
    offers,
    store_history,
)

Conn = psycopg.Connection[Any]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
START = NOON + timedelta(hours=6)
MINUTE = timedelta(minutes=1)
SETTINGS = against_the_oracle(25)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Conn]:
    with transaction(engine) as opened:
        yield opened


def board(book: str, market: str, moment: datetime, *quotes: Quote, age: int | None = 30) -> Board:
    update = None if age is None else moment - timedelta(seconds=age)
    return Board(book, market, update, quotes)


def capture(moment: datetime, *boards: Board, start: datetime = START) -> OddsCapture:
    event = EventStated("e1", "basketball_nba", start, "Home", "Away", "NBA")
    scope = Scope("basketball_nba", BOOKS, None, ("h2h", "spreads", "alternate_spreads"), True)
    return OddsCapture(moment, CaptureBasis.CLOCK, scope, (EventOdds(event, boards),))


def h2h(book: str, moment: datetime, home: float, away: float, age: int | None = 30) -> Board:
    return board(book, "h2h", moment, Quote("Home", home), Quote("Away", away), age=age)


def _rows(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    chosen = frame[list(columns)].astype(object).where(frame[list(columns)].notna(), None)
    return [tuple(row) for row in chosen.itertuples(index=False)]


def _store_raw(conn: Conn) -> StoredRaw:
    record = raw.RawRecord(uuid.uuid4(), "test", "x", {}, b"{}", NOON, CaptureBasis.CLOCK)
    return raw.store(conn, record)


def _state(conn: Conn, moment: datetime, *statements: EventStatement) -> datetime:
    stored = _store_raw(conn)
    said = EventCapture(moment, CaptureBasis.CLOCK, statements)
    write_documents(
        conn,
        Memory(),
        [Item(stored.raw_id, stored.known_time, Document(statements=(said,)))],
    )
    pending = normalisation.Pending(stored.raw_id, stored.known_time, False)
    normalisation.mark(conn, 1, [normalisation.Mark(pending)])
    return stored.known_time


# --- best_odds and compare_bookmakers ---


@SETTINGS
@given(history=histories())
def test_best_and_compared_prices_equal_the_oracle(
    engine: Engine, history: Sequence[OddsCapture]
) -> None:
    with transaction(engine) as conn:
        known = store_history(conn, history, [7])
        at = sorted(c.capture_time for c in history)[len(history) // 2]
        for event_id in {e.event.event_id for c in history for e in c.events}:
            offered = offers(known, event_id, at, known[-1].known_time)
            for market in MARKETS:
                _check_best(conn, event_id, market, at, offered)
                _check_compared(conn, event_id, market, at, offered)


def _check_best(conn: Conn, event_id: str, market: str, at: datetime, offered: set[Any]) -> None:
    best: dict[tuple[Any, ...], float] = defaultdict(float)
    for _, key, outcome, description, price, point in offered:
        if key == market:
            best[outcome, description, point] = max(best[outcome, description, point], price)
    wanted = {
        (book, outcome, point, price)
        for book, key, outcome, description, price, point in offered
        if key == market and best[outcome, description, point] == price
    }
    frame = readers.best_odds(conn, event_id, market, at=at)
    found = _rows(frame, "bookmaker_key", "outcome_name", "point", "price")
    assert set(found) == wanted
    assert len(found) == len(wanted)


def _check_compared(
    conn: Conn, event_id: str, market: str, at: datetime, offered: set[Any]
) -> None:
    sums: dict[tuple[Any, ...], list[float]] = defaultdict(list)
    for book, key, outcome, _, price, point in offered:
        if key == market:
            line = -point if outcome == "Away" and point is not None else point
            sums[book, line].append(1 / price)
    frame = readers.compare_bookmakers(conn, event_id, market, at)
    assert len(frame) == sum(map(len, sums.values()))
    columns = ("bookmaker_key", "outcome_name", "point", "price", "implied_probability")
    for row in _rows(frame, *columns, "fair_probability", "overround"):
        book, outcome, point, price, implied, fair, overround = row
        group = sums[book, -point if outcome == "Away" and point is not None else point]
        assert implied == 1 / price
        if len(group) == 1:
            assert (fair, overround) == (None, None)
        else:
            assert overround == pytest.approx(sum(group) - 1)
            assert fair == pytest.approx(implied / sum(group))


def test_fair_probabilities_sum_to_one_on_every_line(conn: Conn) -> None:
    ladder = [
        *(Quote("Home", 1.6, -3.5), Quote("Away", 2.3, 3.5)),
        *(Quote("Home", 1.2, 3.5), Quote("Away", 4.5, -3.5)),
    ]
    said = capture(
        NOON,
        h2h("pinnacle", NOON, 1.95, 1.95),
        board("pinnacle", "alternate_spreads", NOON, *ladder),
        board("fanduel", "alternate_spreads", NOON, Quote("Home", 1.9, -3.5)),
    )
    store_history(conn, [said], [1])
    frame = readers.compare_bookmakers(conn, "e1", "h2h")
    assert frame["fair_probability"].tolist() == [0.5, 0.5]
    assert frame["overround"].tolist() == pytest.approx([2 / 1.95 - 1] * 2)
    frame = readers.compare_bookmakers(conn, "e1", "alternate_spreads")
    fair = {
        (book, outcome, point): value
        for book, outcome, point, value in _rows(
            frame, "bookmaker_key", "outcome_name", "point", "fair_probability"
        )
    }
    assert fair["fanduel", "Home", -3.5] is None
    for line in (3.5, -3.5):
        sides = fair["pinnacle", "Home", -line], fair["pinnacle", "Away", line]
        assert sum(sides) == pytest.approx(1)


def test_best_odds_of_one_outcome_names_every_book_that_offers_it(conn: Conn) -> None:
    said = capture(
        NOON,
        h2h("pinnacle", NOON, 2.1, 1.8),
        h2h("fanduel", NOON, 2.1, 1.85),
        h2h("newbook", NOON, 2.0, 1.7),
    )
    store_history(conn, [said], [1])
    frame = readers.best_odds(conn, "e1", "h2h", "Home")
    assert _rows(frame, "bookmaker_key", "price") == [("fanduel", 2.1), ("pinnacle", 2.1)]
    assert readers.best_odds(conn, "e1", "h2h", at=NOON - MINUTE).empty


# --- line_movement ---


@SETTINGS
@given(history=histories())
def test_line_movement_equals_the_oracle(engine: Engine, history: Sequence[OddsCapture]) -> None:
    with transaction(engine) as conn:
        known = store_history(conn, history, [3, 4])
        for event_id in {e.event.event_id for c in history for e in c.events}:
            for book in BOOKS:
                for market in ("h2h", "spreads"):
                    frame = readers.line_movement(conn, event_id, book, market)
                    found = _rows(frame, "capture_time", "outcome_name", "price", "point")
                    assert sorted(found, key=repr) == _movement(known, event_id, book, market)


def _movement(
    known: Sequence[Known], event_id: str, book: str, market: str
) -> list[tuple[Any, ...]]:
    """Changes between the states at all capture times, each seen whole."""
    rows: list[tuple[Any, ...]] = []
    last: dict[str, tuple[float, float | None]] = {}
    for moment in sorted({k.capture.capture_time for k in known}):
        state = {
            outcome: (price, point)
            for key, market_key, outcome, _, price, point in offers(
                known, event_id, moment, known[-1].known_time
            )
            if (key, market_key) == (book, market)
        }
        for outcome in last.keys() | state.keys():
            if state.get(outcome) != last.get(outcome):
                price, point = state.get(outcome, (None, last.get(outcome, (None, None))[1]))
                rows.append((pd.Timestamp(moment), outcome, price, point))
        last = state
    return sorted(rows, key=repr)


def test_line_movement_tells_withdrawal_return_and_play(conn: Conn) -> None:
    moments = [NOON + i * MINUTE for i in range(5)]
    spread = [
        *((Quote("Home", 1.9, -3.5), Quote("Away", 1.9, 3.5)),) * 2,
        (Quote("Home", 1.9, -4.0), Quote("Away", 1.8, 4.0)),
        (),
        (Quote("Home", 2.0, -4.0),),
    ]
    said = [
        capture(m, board("pinnacle", "spreads", m, *quotes), start=NOON + 2 * MINUTE)
        for m, quotes in zip(moments, spread, strict=True)
    ]
    store_history(conn, said, [5])
    frame = readers.line_movement(conn, "e1", "pinnacle", "spreads")
    home = frame[frame["outcome_name"] == "Home"]
    assert _rows(home, "capture_time", "point", "price", "in_play") == [
        (moments[0], -3.5, 1.9, False),
        (moments[2], -4.0, 1.9, True),
        (moments[3], -4.0, None, True),
        (moments[4], -4.0, 2.0, True),
    ]
    early = readers.line_movement(conn, "e1", "pinnacle", "spreads", at=moments[1])
    assert len(early) == 2
    assert readers.line_movement(conn, "e1", "fanduel", "spreads").empty
    assert readers.line_movement(conn, "nothing", "pinnacle", "h2h").empty


# --- ages ---


def test_max_age_bounds_the_newest_snapshot_that_covers_the_quote(conn: Conn) -> None:
    at = NOON + 10 * MINUTE
    store_history(conn, [capture(NOON, h2h("pinnacle", NOON, 1.9, 1.9))], [1])
    assert len(readers.odds_at(conn, "e1", at, max_age=10 * MINUTE)) == 2
    assert readers.odds_at(conn, "e1", at, max_age=10 * MINUTE - timedelta(seconds=1)).empty
    later = NOON + 5 * MINUTE  # the same prices, seen again: no new rows, but a newer snapshot
    store_history(conn, [capture(later, h2h("pinnacle", later, 1.9, 1.9))], [1])
    frame = readers.odds_at(conn, "e1", at, max_age=5 * MINUTE)
    assert frame["age_seconds"].tolist() == [300.0, 300.0]


def test_max_quote_age_leaves_out_old_and_unknown_updates(conn: Conn) -> None:
    said = capture(
        NOON,
        h2h("pinnacle", NOON, 1.9, 1.9, age=30),
        h2h("fanduel", NOON, 1.9, 1.9, age=31),
        h2h("newbook", NOON, 1.9, 1.9, age=None),
    )
    store_history(conn, [said], [1])
    at = NOON + MINUTE
    frame = readers.odds_at(conn, "e1", at, max_quote_age=timedelta(seconds=90))
    assert set(frame["bookmaker_key"]) == {"pinnacle"}
    assert frame["quote_age_seconds"].tolist() == [90.0, 90.0]
    assert set(readers.odds_at(conn, "e1", at)["bookmaker_key"]) == set(BOOKS)


# --- events_between ---


def _game(event_id: str, start: datetime, sport: str = "basketball_nba") -> EventStated:
    return EventStated(event_id, sport, start, "Home", "Away", "NBA")


def test_events_follow_what_was_stated_by_then(conn: Conn) -> None:
    first, moved = START, START + timedelta(days=1)
    known = [
        _state(conn, NOON, EventStatement(_game("a", first)), EventStatement(_game("b", first))),
        _state(conn, NOON + MINUTE, EventStatement(_game("a", moved))),
        _state(
            conn,
            START + timedelta(hours=2),
            EventStatement(_game("b", first), False, 50, 48, START + timedelta(hours=1)),
        ),
        _state(
            conn,
            START + timedelta(hours=3),
            EventStatement(_game("b", first), True, 101, 99, START + timedelta(hours=3)),
        ),
    ]

    def read(at: datetime, known_by: datetime | None = None) -> list[tuple[Any, ...]]:
        frame = readers.events_between(
            conn, START, START + timedelta(hours=1), at=at, known_by=known_by
        )
        return _rows(frame, "id", "status", "status_inferred", "home_score", "away_score")

    assert read(NOON - MINUTE) == []
    assert read(NOON) == [
        ("a", "scheduled", False, None, None),
        ("b", "scheduled", False, None, None),
    ]
    assert read(NOON + MINUTE) == [("b", "scheduled", False, None, None)]
    assert len(read(NOON + MINUTE, known[0])) == 2
    assert read(START) == [("b", "live", False, None, None)]
    assert read(START + timedelta(hours=2)) == [("b", "live", False, 50, 48)]
    assert read(START + timedelta(hours=3)) == [("b", "final", False, 101, 99)]
    assert read(START + timedelta(hours=3), known[2]) == [("b", "live", False, 50, 48)]
    assert read(START + timedelta(days=1), known[2]) == [("b", "final", True, 50, 48)]
    end_is_open = readers.events_between(conn, NOON, START, at=START)
    assert end_is_open.empty
    assert readers.events_between(conn, NOON, moved + MINUTE, "icehockey_nhl").empty
    both = readers.events_between(conn, NOON, moved + MINUTE, "basketball_nba")
    assert both["id"].tolist() == ["b", "a"]


# --- times ---


def test_times_without_zone_are_refused(conn: Conn) -> None:
    naive = datetime(2026, 3, 1)  # noqa: DTZ001 (what a caller must not pass)
    asks: list[Callable[[], object]] = [
        lambda: readers.odds_at(conn, "e1", naive),
        lambda: readers.odds_at(conn, "e1", NOON, naive),
        lambda: readers.best_odds(conn, "e1", "h2h", at=naive),
        lambda: readers.compare_bookmakers(conn, "e1", "h2h", naive),
        lambda: readers.line_movement(conn, "e1", "pinnacle", "h2h", naive),
        lambda: readers.events_between(conn, naive, NOON),
        lambda: readers.events_between(conn, NOON, naive),
        lambda: readers.events_between(conn, NOON, NOON, at=naive),
    ]
    for ask in asks:
        with pytest.raises(UsageError, match="needs a time zone"):
            ask()


def test_answers_stop_before_what_still_waits(conn: Conn) -> None:
    (before,) = store_history(conn, [capture(NOON, h2h("pinnacle", NOON, 1.9, 1.9))], [1])
    waiting = _store_raw(conn)
    later = NOON + MINUTE
    store_history(conn, [capture(later, h2h("pinnacle", later, 2.5, 1.5))], [1])
    assert set(readers.odds_at(conn, "e1")["price"]) == {1.9}
    assert set(readers.odds_at(conn, "e1", known_by=before.known_time)["price"]) == {1.9}
    for known_by in (waiting.known_time, datetime.now(UTC)):
        with pytest.raises(NotYetNormalised, match="stored but not normalised"):
            readers.odds_at(conn, "e1", known_by=known_by)
    pending = normalisation.Pending(waiting.raw_id, waiting.known_time, False)
    normalisation.mark(conn, 1, [normalisation.Mark(pending)])
    assert set(readers.odds_at(conn, "e1")["price"]) == {2.5, 1.5}


# --- frames ---

READS: dict[str, Callable[[Conn], pd.DataFrame]] = {
    "quotes": lambda conn: readers.odds_at(conn, "e1"),
    "best_odds": lambda conn: readers.best_odds(conn, "e1", "h2h"),
    "compare_bookmakers": lambda conn: readers.compare_bookmakers(conn, "e1", "h2h"),
    "line_movement": lambda conn: readers.line_movement(conn, "e1", "pinnacle", "h2h"),
    "events": lambda conn: readers.events_between(conn, NOON, START + MINUTE),
}


@pytest.mark.parametrize("table", READS)
def test_frames_have_the_documented_columns(conn: Conn, table: str) -> None:
    quotes = Quote("Home", 1.9), Quote("Away", 1.0)
    store_history(
        conn,
        [
            capture(NOON, board("pinnacle", "h2h", NOON, *quotes)),
            capture(NOON + MINUTE, board("pinnacle", "h2h", NOON, Quote("Home", 1.9), age=None)),
        ],
        [2],
    )
    frame = READS[table](conn)
    assert not frame.empty
    assert tuple(frame.columns) == TABLES[table]
    checked = schema(table).validate(frame)
    pd.testing.assert_frame_equal(checked, frame)


@pytest.mark.parametrize("table", READS)
def test_empty_frames_have_the_same_columns_and_types(conn: Conn, table: str) -> None:
    if table == "line_movement":  # needs an event
        _state(conn, NOON, EventStatement(_game("e1", START + timedelta(days=9))))
    frame = READS[table](conn)
    assert frame.empty
    assert tuple(frame.columns) == TABLES[table]
    schema(table).validate(frame)
