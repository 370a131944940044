"""Turns what a capture says of an event into numbered states: the writer's second step.

Belongs here: selections of a board, ladders, the last_update vector, the snapshot's stable id.
Does not belong here: what is written because of it (``timeline``), SQL.

A board that says what the event's last one said is the same object, so that whoever compares two
captures sees at once which boards are unchanged.

Units: decimal prices; ages are whole seconds from last_update to the capture's whole second.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

from odds_pipeline.catalog.observations import Board, EventOdds, Quote, UnusableQuote
from odds_pipeline.storage.dimensions import Dimensions, SelectionKey
from odds_pipeline.storage.timeline import DAY, PRICED, REMOVED, UNUSABLE, State

ABSENT, UNKNOWN_AGE, FAR_AGE = -32768, -32767, -32766
FARTHEST = 32_765

CERTAIN: frozenset[int] = frozenset()


class PreparedBoard:
    """What one book's one market says: ``states`` by selection, once its names are numbered."""

    __slots__ = ("pair", "quotes", "states", "unusable")

    def __init__(self, number: int, board: Board) -> None:
        self.pair = number
        self.quotes = board.quotes
        self.unusable = board.unusable
        self.states: dict[int, State] = {}

    def says(self, board: Board) -> bool:
        """Whether the board says the same."""
        if self.quotes is board.quotes and not self.unusable and not board.unusable:
            return True  # as a parser that remembers what it read makes them
        return self.quotes == board.quotes and self.unusable == board.unusable


class PreparedEvent(NamedTuple):
    """One event of one capture: its boards and their last_update ages, by book-market."""

    event_no: int
    matchup_id: int
    commence_time: datetime
    day_only: bool
    boards: dict[int, PreparedBoard]
    ages: dict[int, int | None]
    bookmaker_count: int
    unsure: frozenset[int] | None

    def in_play(self, moment: datetime) -> bool:
        """Whether it had surely started by then, as far as its start is stated."""
        return moment >= self.commence_time + (DAY if self.day_only else timedelta())

    def content(self) -> str:
        """What its snapshot says besides the quotes, as one text."""
        return repr((self.commence_time, self.matchup_id, sorted(self.ages.items())))

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


class Preparer:
    """Prepares events in the order in which they are applied.

    Args:
        dims: every key but the names of outcomes must have been resolved in it.
        shown: boards by book-market that each event showed before.
    """

    def __init__(self, dims: Dimensions, shown: Mapping[int, Mapping[int, PreparedBoard]]) -> None:
        self._dims = dims
        self._shown = dict(shown)
        self._pairs = _Pairs(dims)
        self._ages: dict[datetime, _Ages] = {}
        self.new: list[PreparedBoard] = []

    def event(self, event: EventOdds, capture_time: datetime) -> PreparedEvent:
        """Number an event; boards that say something new wait in ``new`` for their states."""
        dims, stated = self._dims, event.event
        event_no = dims.event_nos[stated.event_id]
        before = self._shown.get(event_no, {})
        boards: dict[int, PreparedBoard] = {}
        ages: dict[int, int | None] = {}
        unsure: list[int] = []
        age_of = self._ages.get(capture_time)
        if age_of is None:
            age_of = self._ages[capture_time] = _Ages(capture_time)
        pairs = self._pairs
        for board in event.boards:
            number = pairs[board.bookmaker, board.market]
            ages[number] = age_of[board.last_update]
            known = before.get(number)
            if known is None or not known.says(board):
                known = PreparedBoard(number, board)
                self.new.append(known)
            boards[number] = known
            if not board.complete:
                unsure.append(number)
        self._shown[event_no] = boards
        return PreparedEvent(
            event_no,
            dims.matchup_ids[stated.home_team, stated.away_team],
            stated.commence_time,
            stated.day_only,
            boards,
            ages,
            len({board.bookmaker for board in event.boards}),
            frozenset(unsure) if event.complete else None,
        )


class _Pairs(dict[tuple[str, str], int]):
    """The number of each (bookmaker, market)."""

    def __init__(self, dims: Dimensions) -> None:
        super().__init__()
        self._dims = dims

    def __missing__(self, keys: tuple[str, str]) -> int:
        book, market = keys
        number = pair(self._dims.bookmaker_ids[book], self._dims.market_ids[market])
        self[keys] = number
        return number


class _Ages(dict[datetime | None, int | None]):
    """Seconds from a last_update to the capture's whole second; each one is worked out once."""

    def __init__(self, capture_time: datetime) -> None:
        super().__init__({None: None})
        self._second = capture_time.replace(microsecond=0)

    def __missing__(self, update: datetime) -> int:
        age = self[update] = int((self._second - update).total_seconds())
        return age


def names_of(boards: Iterable[PreparedBoard]) -> set[str]:
    """Every outcome name and description that the boards state."""
    names: set[str] = set()
    for board in boards:
        entries: Iterable[Quote | UnusableQuote] = (*board.quotes, *board.unusable)
        for entry in entries:
            names.add(entry.outcome)
            if entry.description is not None:
                names.add(entry.description)
    return names


def states_of(board: PreparedBoard, name_ids: Mapping[str, int]) -> dict[SelectionKey, State]:
    """What a board says of each selection; every name must have been resolved before."""
    book, market = divmod(board.pair, 65536)
    states: dict[SelectionKey, State] = {}
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
    return states


def _ladder(board: PreparedBoard) -> frozenset[tuple[str, str | None]]:
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
    if _all_near(ages.values()):
        return [ages.get(number, ABSENT) for number in pairs], None  # type: ignore[misc]
    near: list[int] = []
    far: dict[str, int] = {}
    for place, number in enumerate(pairs):
        age = ages.get(number, ABSENT)
        if age is None:
            near.append(UNKNOWN_AGE)
        elif number not in ages or abs(age) <= FARTHEST:
            near.append(age)
        else:
            near.append(FAR_AGE)
            far[str(place)] = age
    return near, far or None


def _all_near(ages: Collection[int | None]) -> bool:
    stated = [age for age in ages if age is not None]
    if not stated or len(stated) < len(ages):
        return False
    return min(stated) >= -FARTHEST and max(stated) <= FARTHEST


def snapshot_id(scope_key: str, capture_time: datetime, event_id: str, content: str) -> int:
    """A signed 64-bit id that equal snapshots share in every process and database."""
    text = f"{event_id}|{capture_time.isoformat()}|{scope_key}|{content}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)
