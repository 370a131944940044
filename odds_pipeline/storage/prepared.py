"""Turns what a capture says of an event into numbered states: the writer's second step.

Belongs here: selections of a board, ladders, the last_update vector, the snapshot's stable id.
Does not belong here: what is written because of it (``timeline``), SQL.

Units: decimal prices; ages are whole seconds from last_update to the capture's whole second.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

from odds_pipeline.catalog.observations import Board, EventOdds, Quote, UnusableQuote
from odds_pipeline.storage.dimensions import Dimensions, SelectionKey
from odds_pipeline.storage.timeline import DAY, PRICED, REMOVED, UNUSABLE, State

ABSENT, UNKNOWN_AGE, FAR_AGE = -32768, -32767, -32766
FARTHEST = 32_765


class PreparedEvent(NamedTuple):
    """One event of one capture: its selections' states and its boards' last_update ages."""

    event_no: int
    matchup_id: int
    commence_time: datetime
    day_only: bool
    states: dict[SelectionKey, State]
    ages: dict[int, int | None]
    bookmaker_count: int
    unsure: frozenset[int] | None

    def in_play(self, moment: datetime) -> bool:
        """Whether it had surely started by then, as far as its start is stated."""
        return moment >= self.commence_time + (DAY if self.day_only else timedelta())

    def missing(self, selections: dict[int, SelectionKey]) -> Callable[[int], State]:
        """What a covered selection has become that this event does not state.

        It is unusable, not removed, where an unreadable entry may have been that selection:
        ``unsure`` holds the pairs of such boards, ``None`` stands for the whole event.
        """
        unsure = self.unsure
        if unsure is None:
            return lambda _: UNUSABLE
        if not unsure:
            return lambda _: REMOVED
        return lambda number: UNUSABLE if pair(*selections[number][:2]) in unsure else REMOVED


def pair(bookmaker_id: int, market_id: int) -> int:
    """One number for a book's market, as layouts hold it."""
    return bookmaker_id * 65536 + market_id


def prepare(event: EventOdds, capture_time: datetime, dims: Dimensions) -> PreparedEvent:
    """Number an event's boards; every key and name must have been resolved before."""
    stated = event.event
    states: dict[SelectionKey, State] = {}
    ages: dict[int, int | None] = {}
    second = capture_time.replace(microsecond=0)
    for board in event.boards:
        book, market = dims.bookmaker_ids[board.bookmaker], dims.market_ids[board.market]
        update = board.last_update
        ages[pair(book, market)] = (
            None if update is None else int((second - update).total_seconds())
        )
        _states_of(board, book, market, dims.name_ids, states)
    unsure = {
        pair(dims.bookmaker_ids[board.bookmaker], dims.market_ids[board.market])
        for board in event.boards
        if not board.complete
    }
    return PreparedEvent(
        dims.event_nos[stated.event_id],
        dims.matchup_ids[stated.home_team, stated.away_team],
        stated.commence_time,
        stated.day_only,
        states,
        ages,
        len({board.bookmaker for board in event.boards}),
        frozenset(unsure) if event.complete else None,
    )


def _states_of(
    board: Board,
    book: int,
    market: int,
    name_ids: dict[str, int],
    states: dict[SelectionKey, State],
) -> None:
    ladder = _ladder(board)
    for quote in board.quotes:
        description = None if quote.description is None else name_ids[quote.description]
        line = quote.point if (quote.outcome, quote.description) in ladder else None
        key = (book, market, name_ids[quote.outcome], description, line)
        states[key] = State(PRICED, quote.price, quote.point)
    for bad in board.unusable:
        description = None if bad.description is None else name_ids[bad.description]
        line = bad.point if (bad.outcome, bad.description) in ladder else None
        states[book, market, name_ids[bad.outcome], description, line] = UNUSABLE


def _ladder(board: Board) -> frozenset[tuple[str, str | None]]:
    """Outcomes this board prices at several points at once: their line is part of the key."""
    if not board.unusable and len({quote.outcome for quote in board.quotes}) == len(board.quotes):
        return frozenset()
    entries: Iterable[Quote | UnusableQuote] = (*board.quotes, *board.unusable)
    names = [(entry.outcome, entry.description) for entry in entries]
    if len(names) == len(set(names)):
        return frozenset()
    return frozenset(name for name, count in Counter(names).items() if count > 1)


def vector(
    ages: dict[int, int | None], pairs: tuple[int, ...]
) -> tuple[list[int], dict[str, int] | None]:
    """The ages in the layout's order, and those too far away for it, by position from 0."""
    near: list[int] = []
    far: dict[str, int] = {}
    for place, number in enumerate(pairs):
        if number not in ages:
            near.append(ABSENT)
            continue
        age = ages[number]
        if age is None:
            near.append(UNKNOWN_AGE)
        elif abs(age) <= FARTHEST:
            near.append(age)
        else:
            near.append(FAR_AGE)
            far[str(place)] = age
    return near, far or None


def snapshot_id(scope_key: str, capture_time: datetime, event_id: str, content: str) -> int:
    """A signed 64-bit id that equal snapshots share in every process and database."""
    text = f"{event_id}|{capture_time.isoformat()}|{scope_key}|{content}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)
