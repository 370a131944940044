"""Random histories of captures, and the naive oracle that answers for them.

The oracle keeps every capture whole and looks at nothing else: for each selection it takes the
newest capture (by capture time, then known time) that covers the selection, and what that capture
said. It shares the rules of scope with the code under test, and none of its storage.
"""

import os
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from odds_pipeline.catalog.observations import (
    Board,
    CaptureBasis,
    Document,
    EventOdds,
    EventStated,
    OddsCapture,
    Quote,
    Scope,
    UnusableQuote,
)
from odds_pipeline.storage import normalisation, raw
from odds_pipeline.storage.captures import Item
from odds_pipeline.storage.facts import write_documents
from odds_pipeline.storage.memory import Memory, ask_locked_mark, locked_mark, recalled
from odds_pipeline.storage.normalisation import Mark, Pending
from odds_pipeline.storage.scoping import answered, covers, covers_start

START = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
BOOKS = ("pinnacle", "fanduel", "newbook")
MARKETS = ("h2h", "spreads", "alternate_totals")
EVENTS = ("a", "b")

# (bookmaker, market, outcome, description, price, point)
Offer = tuple[str, str, str, str | None, float, float | None]

# How many times the suite's random histories each of these tests runs (`make oracle`).
TIMES = int(os.environ.get("ODDS_TEST_TIMES", "1"))

Test = TypeVar("Test", bound=Callable[..., None])


def against_the_oracle(examples: int) -> Callable[[Test], Test]:
    """Give a test so many histories: the same ones each time, in `make oracle` many new ones."""
    chosen = settings(
        max_examples=examples * TIMES,
        derandomize=TIMES == 1,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )

    def of(test: Test) -> Test:
        marked: Test = pytest.mark.oracle(chosen(test))
        return marked

    return of


PRICES = st.sampled_from((1.5, 1.91, 2.0, 2.5))


@st.composite
def boards(
    draw: st.DrawFn, book: str, market: str, moment: datetime, *, certain: bool = False
) -> Board:
    """One book's market: h2h of two, spreads whose line moves, or a ladder of totals."""
    complete = certain or draw(st.integers(0, 9)) > 0
    if market == "alternate_totals":
        points = draw(st.lists(st.sampled_from((200.5, 201.5)), unique=True, min_size=1))
        entries: list[tuple[str, float | None]] = [("Over", point) for point in points]
    else:
        line = draw(st.sampled_from((3.5, 4.0))) if market == "spreads" else None
        entries = [("Away", line), ("Home", None if line is None else -line)]
    quotes, unusable = [], []
    for outcome, point in entries:
        kind = draw(st.integers(0, 9))
        if kind == 0:
            unusable.append(UnusableQuote(outcome, point))
        elif kind > 1:
            quotes.append(Quote(outcome, draw(PRICES), point))
    age = draw(st.sampled_from((-1, 0, 30, 40_000, None)))
    update = None if age is None else moment.replace(microsecond=0) - timedelta(seconds=age)
    return Board(book, market, update, tuple(quotes), tuple(unusable), complete)


@st.composite
def captures(draw: st.DrawFn, sport: str, *, certain: bool = False) -> OddsCapture:
    """One capture over two UTC days, of any scope, listing any of the events."""
    moment = START + timedelta(hours=draw(st.integers(0, 9)), microseconds=500_000)
    books = draw(st.sampled_from((None, BOOKS, BOOKS[:1], BOOKS[1:])))
    markets = draw(st.sampled_from((None, MARKETS, MARKETS[:1], MARKETS[1:])))
    listing = draw(st.booleans())
    events = []
    for name in EVENTS:
        if draw(st.integers(0, 3)) == 0:
            continue
        stated = EventStated(
            f"{sport}-{name}",
            sport,
            START + timedelta(hours=draw(st.sampled_from((5, 6, 30)))),
            "Home",
            "Away",
        )
        offered = [
            draw(boards(book, market, moment, certain=certain))
            for book in books or BOOKS
            for market in markets or MARKETS
            if draw(st.integers(0, 3))
        ]
        events.append(
            EventOdds(stated, tuple(offered), complete=certain or draw(st.integers(0, 9)) > 0)
        )
    asked = () if listing else tuple(f"{sport}-{n}" for n in EVENTS if draw(st.booleans()))
    return OddsCapture(
        moment,
        CaptureBasis.TIMESTAMP,
        Scope(sport, books, None, markets, listing),
        tuple(events),
        event_ids=asked,
        listing_complete=draw(st.integers(0, 9)) > 0,
    )


@st.composite
def histories(draw: st.DrawFn, *, certain: bool = False) -> list[OddsCapture]:
    """Captures of one sport in the order in which they become known.

    ``certain`` leaves out unreadable entries, which make what is missing unusable.
    """
    sport = f"sport_{uuid.uuid4().hex[:12]}"
    return draw(st.lists(captures(sport, certain=certain), min_size=1, max_size=7))


@st.composite
def feeds(draw: st.DrawFn) -> list[OddsCapture]:
    """As ``histories``, as a feed brings them: each capture after all before, but for a late one.

    Boards are drawn anew for few of them: most captures state what the one before stated.
    """
    sport = f"sport_{uuid.uuid4().hex[:12]}"
    drawn = draw(
        st.lists(captures(sport), min_size=2, max_size=7, unique_by=lambda c: c.capture_time)
    )
    drawn.sort(key=lambda capture: capture.capture_time)
    told = drawn[:1]
    for capture in drawn[1:]:
        kept = msgspec.structs.replace(told[-1], capture_time=capture.capture_time)
        told.append(draw(st.sampled_from((capture, kept, _blended(told[-1], capture)))))
    if draw(st.integers(0, 2)) == 0:
        told.insert(draw(st.integers(0, len(told) - 1)), told.pop())
    return told


def _blended(before: OddsCapture, now: OddsCapture) -> OddsCapture:
    """What the capture says of its first event, the rest and the scope as before."""
    events = {event.event.event_id: event for event in (*before.events, *now.events[:1])}
    return msgspec.structs.replace(
        before, capture_time=now.capture_time, events=tuple(events.values())
    )


def forget_facts(conn: psycopg.Connection[Any]) -> None:
    """Remove every fact, so that a history begins with nothing stored."""
    conn.execute("TRUNCATE quotes, snapshots, captures, event_scopes, normalisations CASCADE")


def batch_sizes() -> st.SearchStrategy[list[int]]:
    """How many documents each transaction takes."""
    return st.lists(st.integers(1, 4), min_size=7, max_size=7)


@dataclass(frozen=True)
class Known:
    """One capture as stored: with its known time."""

    capture: OddsCapture
    known_time: datetime


def store_history(
    conn: psycopg.Connection[Any],
    history: Sequence[OddsCapture],
    sizes: Sequence[int],
    remember: bool = False,
) -> list[Known]:
    """Store each capture as a document of its own, in batches of the given sizes.

    Either nothing is remembered from batch to batch, as when each has a process of its own, or
    everything that still holds, as in one process.
    """
    stored: list[tuple[Item, Known]] = []
    for capture in history:
        record = raw.RawRecord(
            uuid.uuid4(), "test", "odds", {}, b"{}", capture.capture_time, CaptureBasis.CLOCK
        )
        put = raw.store(conn, record)
        document = Document(odds=(capture,))
        stored.append((Item(put.raw_id, put.known_time, document), Known(capture, put.known_time)))
    waiting = [item for item, _ in stored]
    memory = Memory()
    for size in sizes:
        batch, waiting = waiting[:size], waiting[size:]
        memory = recalled(memory, locked_mark(ask_locked_mark(conn))) if remember else Memory()
        write_documents(conn, memory, batch)
        for item in batch:
            pending = Pending(item.raw_id, item.known_time, False)
            normalisation.mark(conn, 1, [Mark(pending)])
    return [known for _, known in stored]


def offers(known: Sequence[Known], event_id: str, at: datetime, known_by: datetime) -> set[Offer]:
    """What the oracle says was on offer."""
    return {offer for _, offer in read_at(known, event_id, at, known_by)}


def read_at(
    known: Sequence[Known], event_id: str, at: datetime, known_by: datetime
) -> set[tuple[datetime, Offer]]:
    """What the oracle says was on offer, with the capture time of the snapshot it is read in."""
    usable = [k for k in known if k.capture.capture_time <= at and k.known_time <= known_by]
    usable.sort(key=lambda k: (k.capture.capture_time, k.known_time))
    found: set[tuple[datetime, Offer]] = set()
    for book in BOOKS:
        for market in (*MARKETS, "h2h_lay"):
            newest = _newest_covering(usable, event_id, book, market)
            if newest is not None:
                stated = _stated(newest, event_id, book, market)
                found |= {(newest.capture_time, offer) for offer in stated}
    return found


def _newest_covering(
    usable: Sequence[Known], event_id: str, book: str, market: str
) -> OddsCapture | None:
    for place in range(len(usable) - 1, -1, -1):
        capture = usable[place].capture
        scope = answered(capture)
        if not covers(scope, book, market):
            continue
        if any(event.event.event_id == event_id for event in capture.events):
            return capture
        if _absence_counts(usable[: place + 1], capture, scope, event_id):
            return capture
    return None


def _absence_counts(
    before: Sequence[Known], capture: OddsCapture, scope: Scope, event_id: str
) -> bool:
    if not capture.listing_complete:
        return False
    if event_id in capture.event_ids:
        return True
    starts = [
        event.event.commence_time
        for k in before
        for event in k.capture.events
        if event.event.event_id == event_id
    ]
    return (
        bool(starts)
        and scope.lists_all_events
        and covers_start(scope, starts[-1], capture.capture_time)
    )


def _stated(capture: OddsCapture, event_id: str, book: str, market: str) -> set[Offer]:
    return {
        (book, market, quote.outcome, quote.description, quote.price, quote.point)
        for event in capture.events
        if event.event.event_id == event_id
        for board in event.boards
        if board.bookmaker == book and board.market == market
        for quote in board.quotes
    }
