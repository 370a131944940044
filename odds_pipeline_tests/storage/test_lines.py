"""``closing_lines`` and ``opening_lines`` against the captures themselves, looked at one by one."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pandas as pd
import psycopg
import pytest
from hypothesis import given
from sqlalchemy import Engine

from odds_pipeline.catalog.fields import TABLES
from odds_pipeline.catalog.observations import (
    Board,
    CaptureBasis,
    EventOdds,
    EventStated,
    OddsCapture,
    Quote,
    Scope,
    UnusableQuote,
)
from odds_pipeline.quality.schemas import schema
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.readers import closing_lines, opening_lines
from odds_pipeline.storage.scoping import answered, covers, covers_start
from odds_pipeline_tests.storage.histories import (
    Known,
    against_the_oracle,
    batch_sizes,
    histories,
    store_history,
)

Conn = psycopg.Connection[Any]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
START = NOON + 6 * HOUR
LIVE = 6 * HOUR  # of a sport the catalog does not know

Key = tuple[str, str | None, float | None]  # outcome, description, point of a ladder's rung
Stated = dict[Key, tuple[float, float | None] | None]  # price and point, None: unusable
Row = tuple[Any, ...]


# --- the oracle ---


class Look(NamedTuple):
    """What one instant says of one book's market: everything stated, nothing at all included."""

    moment: datetime
    stated: Stated


class Oracle:
    """One event as far as it is known, every capture kept whole."""

    def __init__(self, known: Sequence[Known], event: str) -> None:
        self.event = event
        self.known = sorted(known, key=lambda k: (k.capture.capture_time, k.known_time))
        self.starts = [
            (k.capture.capture_time, odds.event.commence_time)
            for k in self.known
            if (odds := self.listed(k.capture)) is not None
        ]

    def listed(self, capture: OddsCapture) -> EventOdds | None:
        return next((e for e in capture.events if e.event.event_id == self.event), None)

    @property
    def true_start(self) -> datetime:
        return self.starts[-1][1]

    def prematch(self, moment: datetime) -> bool:
        """Before the true start, and not in play by the start stated at that moment."""
        stated = [start for since, start in self.starts if since <= moment][-1]
        delay = self.true_start - stated
        return moment < self.true_start and (moment < stated or delay < LIVE)

    def shows_gone(self, place: int) -> bool:
        capture = self.known[place].capture
        scope = answered(capture)
        before = [start for since, start in self.starts if since <= capture.capture_time]
        if not capture.listing_complete or not before:
            return False
        if self.event in capture.event_ids:
            return True
        return scope.lists_all_events and covers_start(scope, before[-1], capture.capture_time)

    def looks(self, book: str, market: str) -> list[Look]:
        """What each instant before the true start says; of two captures the one known last."""
        found: dict[datetime, Look] = {}
        for place, (capture, _) in enumerate((k.capture, k.known_time) for k in self.known):
            moment, odds = capture.capture_time, self.listed(capture)
            if moment >= self.true_start or not covers(answered(capture), book, market):
                continue
            if odds is not None and self.prematch(moment):
                found[moment] = Look(moment, _board(odds, book, market))
            elif odds is None and self.shows_gone(place):
                found[moment] = Look(moment, {})
        return list(found.values())

    def captured(self, book: str, market: str) -> bool:
        return any(
            self.listed(k.capture) is not None
            and self.prematch(k.capture.capture_time)
            and covers(answered(k.capture), book, market)
            for k in self.known
        )

    def expected(self) -> list[tuple[str, str]]:
        books, markets = set(), set()
        for k in self.known:
            odds = self.listed(k.capture)
            if odds is None:
                continue
            scope = answered(k.capture)
            books |= set(scope.bookmakers or ())
            markets |= {m for m in scope.markets or () if not m.endswith("_lay")}
            books |= {b.bookmaker for b in odds.boards if b.quotes or b.unusable}
            markets |= {b.market for b in odds.boards if b.quotes or b.unusable}
        return [(book, market) for book in sorted(books) for market in sorted(markets)]

    def closing(self) -> list[Row]:
        rows: list[Row] = []
        for book, market in self.expected():
            here = [self._close(key, self.looks(book, market)) for key in self._keys(book, market)]
            rows += self._rows(book, market, here)
        return rows

    def opening(self) -> list[Row]:
        rows: list[Row] = []
        for book, market in self.expected():
            here = [self._open(key, self.looks(book, market)) for key in self._keys(book, market)]
            rows += self._rows(book, market, here)
        return rows

    def _keys(self, book: str, market: str) -> set[Key]:
        return {key for look in self.looks(book, market) for key in look.stated}

    def _rows(self, book: str, market: str, lines: list[Row]) -> list[Row]:
        reason = "never offered" if self.captured(book, market) else "not captured before the start"
        lines = lines or [(None, None, None, None, "none", reason)]
        return [(book, market, *line) for line in lines]

    def _close(self, key: Key, looks: list[Look]) -> Row:
        shown = [look for look in looks if key in look.stated]
        said = shown[-1].stated[key]
        if said is None:
            return (key[0], None, None, None, "none", "unusable")
        kind = "exact" if shown[-1] is looks[-1] else "last_active"
        return (key[0], said[1], said[0], shown[-1].moment, kind, None)

    def _open(self, key: Key, looks: list[Look]) -> Row:
        for look in looks:
            said = look.stated.get(key)
            if said is not None:
                return (key[0], said[1], said[0], look.moment, "exact", None)
        return (key[0], None, None, None, "none", "unusable")


def _board(odds: EventOdds, book: str, market: str) -> Stated:
    stated: Stated = {}
    for board in odds.boards:
        if (board.bookmaker, board.market) != (book, market):
            continue
        entries: list[Quote | UnusableQuote] = [*board.quotes, *board.unusable]
        names = [entry.outcome for entry in entries]
        for entry in entries:
            rung = entry.point if names.count(entry.outcome) > 1 else None
            price = (entry.price, entry.point) if isinstance(entry, Quote) else None
            stated[entry.outcome, entry.description, rung] = price
    return stated


# --- equality with it ---


def _plain(frame: pd.DataFrame) -> dict[str, list[Row]]:
    columns = ["bookmaker_key", "market_key", "outcome_name", "point", "price", "capture_time"]
    columns += ["kind", "missing_reason"]
    rows = frame[columns].astype(object).where(frame[columns].notna(), None)
    found: dict[str, list[Row]] = {}
    for event, row in zip(frame["event_id"], rows.itertuples(index=False), strict=True):
        found.setdefault(event, []).append(tuple(row))
    return {event: sorted(lines, key=repr) for event, lines in found.items()}


def _wanted(rows: Sequence[Row]) -> list[Row]:
    return sorted(
        ((*row[:5], None if row[5] is None else pd.Timestamp(row[5]), *row[6:]) for row in rows),
        key=repr,
    )


def _certain(history: Sequence[OddsCapture]) -> bool:
    """No unreadable entry: what is missing beside one is unusable if it was ever seen."""
    return all(
        odds.complete and all(board.complete for board in odds.boards)
        for capture in history
        for odds in capture.events
    )


@pytest.mark.parametrize("reader", [closing_lines, opening_lines])
@against_the_oracle(30)
@given(history=histories(certain=True), sizes=batch_sizes())
def test_lines_equal_the_oracle(
    engine: Engine,
    reader: Callable[..., pd.DataFrame],
    history: Sequence[OddsCapture],
    sizes: Sequence[int],
) -> None:
    assert _certain(history)
    with transaction(engine) as conn:
        known = store_history(conn, history, sizes)
        events = sorted({e.event.event_id for c in history for e in c.events})
        for place, last in enumerate(known, start=1):
            found = _plain(reader(conn, events, last.known_time))
            for event in events:
                oracle = Oracle(known[:place], event)
                wanted: list[Row] = []
                if oracle.starts:
                    closing = reader is closing_lines
                    wanted = oracle.closing() if closing else oracle.opening()
                assert found.get(event, []) == _wanted(wanted)


# --- single cases ---


@pytest.fixture
def conn(engine: Engine) -> Iterator[Conn]:
    with transaction(engine) as opened:
        yield opened


def capture(
    moment: datetime,
    price: float | None,
    start: datetime = START,
    *,
    books: tuple[str, ...] = ("pinnacle",),
    day_only: bool = False,
) -> OddsCapture:
    """One game's h2h at Pinnacle: priced, or suspended."""
    event = EventStated("e1", "basketball_nba", start, "Home", "Away", "NBA", day_only)
    quotes = () if price is None else (Quote("Home", price),)
    scope = Scope("basketball_nba", books, None, ("h2h",), True)
    board = Board("pinnacle", "h2h", moment, quotes)
    return OddsCapture(moment, CaptureBasis.CLOCK, scope, (EventOdds(event, (board,)),))


def _closed(conn: Conn, **asked: Any) -> list[tuple[Any, ...]]:
    frame = closing_lines(conn, ["e1"], **asked)
    columns = ["bookmaker_key", "price", "kind", "gap_seconds", "missing_reason"]
    rows = frame[columns].astype(object).where(frame[columns].notna(), None)
    return [tuple(row) for row in rows.itertuples(index=False)]


def test_the_last_price_before_the_start_closes(conn: Conn) -> None:
    said = [
        capture(NOON, 1.5),
        capture(START - timedelta(minutes=2), 2.0),
        capture(START, 9.0),  # in play from its very first moment
        capture(START + HOUR, 9.5),
    ]
    store_history(conn, said, [4])
    assert _closed(conn) == [("pinnacle", 2.0, "exact", 120.0, None)]
    frame = opening_lines(conn, ["e1"])
    assert frame[["price", "gap_seconds", "at_first_sight"]].values.tolist() == [[1.5, 0.0, True]]


def test_a_delayed_start_keeps_its_last_real_price(conn: Conn) -> None:
    late = START + HOUR
    said = [
        capture(NOON, 1.5),
        capture(START + 30 * timedelta(minutes=1), 2.0),  # says 18:00, but has not begun
        capture(late + HOUR, 9.0, late),
    ]
    store_history(conn, said, [3])
    assert _closed(conn) == [("pinnacle", 2.0, "exact", 1800.0, None)]


def test_the_prices_of_an_interrupted_game_never_close(conn: Conn) -> None:
    again = START + 24 * HOUR
    said = [
        capture(START - HOUR, 1.5),
        capture(START + HOUR, 9.0),  # in play
        capture(START + 5 * HOUR, 8.0),
        capture(again + HOUR, 9.5, again),
    ]
    known = store_history(conn, said, [2, 2])
    assert _closed(conn) == [("pinnacle", 1.5, "exact", 25 * 3600.0, None)]
    before = _closed(conn, known_by=known[2].known_time)
    assert before == [("pinnacle", 1.5, "exact", 3600.0, None)]
    store_history(conn, [capture(again - HOUR, 1.8, again)], [1])  # restarts with new prices
    assert _closed(conn) == [("pinnacle", 1.8, "exact", 3600.0, None)]


def test_an_event_that_left_the_feed_in_play_shows_no_price_of_that_moment(conn: Conn) -> None:
    again, moment = START + 24 * HOUR, START + HOUR
    other = Scope("basketball_nba", ("pinnacle",), None, ("h2h", "spreads"), True)
    gone = OddsCapture(moment, CaptureBasis.CLOCK, other, ())
    said = [
        capture(START - 2 * HOUR, 1.5),
        gone,
        capture(moment, 9.0),  # another document of that very moment still listed it
        capture(again + HOUR, 9.5, again),
    ]
    store_history(conn, said, [4])
    assert _closed(conn, markets=["h2h"]) == [("pinnacle", 1.5, "last_active", 26 * 3600.0, None)]


@pytest.mark.parametrize("sizes", [[3], [1, 1, 1]], ids=["one batch", "three"])
def test_of_one_instant_the_document_known_last_states_the_start(
    conn: Conn, sizes: list[int]
) -> None:
    """Also when it repeats what its scope said before another one's document came between."""
    said = [
        capture(NOON, 1.5),
        capture(NOON, 1.5, START + HOUR, books=("pinnacle", "fanduel")),
        capture(NOON, 1.5),
    ]
    known = store_history(conn, said, sizes)
    gaps = [_closed(conn, known_by=k.known_time)[-1][3] for k in known]
    assert gaps == [6 * 3600.0, 7 * 3600.0, 6 * 3600.0]


def test_a_suspended_price_was_last_active(conn: Conn) -> None:
    said = [
        capture(NOON, 1.5),
        capture(NOON + HOUR, 1.5),  # unchanged: no row of its own, but it still showed it
        capture(NOON + 2 * HOUR, None),
        capture(NOON + 3 * HOUR, None),
    ]
    store_history(conn, said, [4])
    assert _closed(conn) == [("pinnacle", 1.5, "last_active", 5 * 3600.0, None)]


def test_a_price_of_yesterday_is_still_the_last_active_one(conn: Conn) -> None:
    start = START + 24 * HOUR
    said = [capture(NOON, 1.5, start), capture(NOON + 24 * HOUR, None, start)]
    store_history(conn, said, [2])
    assert _closed(conn) == [("pinnacle", 1.5, "last_active", 30 * 3600.0, None)]


def test_nothing_closes_before_the_start(conn: Conn) -> None:
    start = datetime.now(UTC) + HOUR
    store_history(conn, [capture(NOON, 1.5, start)], [1])
    assert _closed(conn) == [("pinnacle", None, "none", None, "not started")]
    assert opening_lines(conn, ["e1"])["price"].tolist() == [1.5]


def test_a_start_known_to_the_day_closes_at_its_end(conn: Conn) -> None:
    day = NOON.replace(hour=0)
    said = [
        capture(day - HOUR, 1.5, day, day_only=True),
        capture(day + 23 * HOUR, 2.0, day, day_only=True),
        capture(day + 24 * HOUR, 9.0, day, day_only=True),
    ]
    store_history(conn, said, [3])
    assert _closed(conn) == [("pinnacle", 2.0, "exact", None, None)]
    assert closing_lines(conn, ["e1"])["start_precision"].tolist() == ["day"]


def test_every_expected_book_and_market_has_a_row_and_a_reason(conn: Conn) -> None:
    asked = ("fanduel", "pinnacle")
    said = [capture(NOON, 1.5, books=asked), capture(START + HOUR, 9.0, books=(*asked, "late"))]
    store_history(conn, said, [2])
    assert _closed(conn) == [
        ("fanduel", None, "none", None, "never offered"),
        ("late", None, "none", None, "not captured before the start"),
        ("pinnacle", 1.5, "exact", 6 * 3600.0, None),
    ]
    books, markets = ["betmgm", "fanduel", "pinnacle"], ["h2h", "totals"]
    for reader in (closing_lines, opening_lines):
        frame = reader(conn, ["e1", "e1"], bookmakers=books, markets=markets)
        found = frame.groupby(["event_id", "bookmaker_key", "market_key"]).size()
        assert len(found) == len(books) * len(markets)
    pd.testing.assert_frame_equal(
        closing_lines(conn, ["e1", "nothing"]), closing_lines(conn, ["e1"])
    )


@pytest.mark.parametrize("table", ["closing_lines", "opening_lines"])
def test_the_frames_have_the_documented_columns(conn: Conn, table: str) -> None:
    reader = {"closing_lines": closing_lines, "opening_lines": opening_lines}[table]
    store_history(conn, [capture(NOON, 1.5, books=("fanduel", "pinnacle"))], [1])
    for events in (["e1"], []):
        frame = reader(conn, events)
        assert tuple(frame.columns) == TABLES[table]
        pd.testing.assert_frame_equal(schema(table).validate(frame), frame)
