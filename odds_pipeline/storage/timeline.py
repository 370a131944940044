"""One event's quote states through time: which rows a new capture must write.

Belongs here: the change-only rules of append-only quotes, as pure logic on values in memory.
Does not belong here: SQL, dimensions, parsing.

The stored rows of a UTC day answer "what did the book show at T, as known by K" on their own:
the newest row with capture <= T and known <= K. Captures are applied in known order. For each
selection a new capture

1. writes its state if that differs from the state the day's rows give at its capture time (the
   first capture of a day therefore writes everything: the keyframe), and
2. if it wrote, and a later capture of the same day that covers the selection has no row of its
   own in between, writes that capture's own state under that capture's time and the new known
   time, so that a late capture never leaks into the captures that follow it.

Units: decimal prices; aware UTC times.
"""

from bisect import bisect_right, insort
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from msgspec import Struct

DAY = timedelta(days=1)

PRICED, REMOVED_CODE, UNUSABLE_CODE = 0, 1, 2


class State(NamedTuple):
    """State of a selection: priced (decimal price, point), removed, or seen but unusable."""

    code: int
    price: float | None = None
    point: float | None = None


REMOVED = State(REMOVED_CODE)
UNUSABLE = State(UNUSABLE_CODE)


class Mark(NamedTuple):
    """A stored snapshot of the event: when, under which scope, listed or not.

    ``stated_at`` is the known time of the capture that shows it. It orders captures of one
    instant; a snapshot stored because of a late capture is known later than it was stated.
    """

    capture_time: datetime
    stated_at: datetime
    scope_id: int
    listed: bool
    commence_time: datetime
    snapshot_id: int


class Row(NamedTuple):
    """One stored state of one selection."""

    capture_time: datetime
    known_time: datetime
    state: State


class NewRow(Struct, frozen=True, gc=False):
    """One row to write, its fields named as the columns of ``quotes``."""

    capture_time: datetime
    known_time: datetime
    price: float | None
    point: float | None
    event_no: int
    selection_id: int
    state: int


Covers = Callable[[int, int], bool]  # (scope_id, selection_id) -> inside the scope?
Missing = Callable[[int], State]  # selection_id -> what it is when in scope and not stated


@lru_cache(maxsize=256)  # a capture's is asked for of every event and selection
def day_start(moment: datetime) -> datetime:
    """Midnight UTC at or before ``moment``."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


class Timeline:
    """The stored marks and rows of one event, as far as they matter to captures yet to come."""

    __slots__ = ("_shortened", "_taken", "event_no", "marks", "new_rows", "rows")

    def __init__(self, event_no: int, marks: Iterable[Mark] = ()) -> None:
        self.event_no = event_no
        self.marks: list[Mark] = sorted(marks)
        self.rows: dict[int, list[Row]] = {}
        self.new_rows: dict[tuple[int, datetime, datetime], NewRow] = {}
        self._taken = 0
        self._shortened: datetime | None = None  # the day whose older rows are gone already

    def load(self, selection_id: int, row: Row) -> None:
        """Take in a stored row."""
        insort(self.rows.setdefault(selection_id, []), row, key=_times)

    def state_at(self, selection_id: int, moment: datetime) -> State | None:
        """The state the rows of ``moment``'s UTC day give; ``None`` where the day has none."""
        return _state(self.rows.get(selection_id), moment, day_start(moment))

    def observe(
        self,
        mark: Mark,
        known_time: datetime,
        states: Mapping[int, State],
        covers: Covers,
        missing: Missing,
        open_before: Collection[int] | None = None,
    ) -> int:
        """Apply a capture: rows to write go to ``new_rows``; returns how many states changed.

        Args:
            mark: the capture.
            known_time: of the rows to write; later than every known time here.
            states: what it states, by selection.
            covers: whether a scope covers a selection.
            missing: what a covered selection that is not stated has become.
            open_before: the selections that may be missing, where the caller knows of all others
                that they are as they were; by default every one that has a row.
        """
        before = self.rows.keys() if open_before is None else open_before
        changed = self._changes(mark, states, covers, missing, before)
        for selection_id, old, new in changed:
            follow_up = self._successor(mark, selection_id, covers)
            self._write(selection_id, mark.capture_time, known_time, new)
            if follow_up is not None:
                self._write(selection_id, follow_up, known_time, old or REMOVED)
        return len(changed)

    def remember(self, mark: Mark) -> None:
        """Take in a snapshot that was stored."""
        insort(self.marks, mark)

    def take_new(self) -> list[NewRow]:
        """The rows to write that came since the last call.

        Only captures of one document replace each other's, so call it between documents.
        """
        rows = list(islice(self.new_rows.values(), self._taken, None))
        self._taken = len(self.new_rows)
        return rows

    def shorten(self) -> None:
        """Keep only what a capture after all of these can depend on, as if loaded anew.

        That is the newest mark of each scope, and the newest row of each selection if it is of
        the newest capture's day.
        """
        if not self.marks:
            return
        self.marks = sorted({mark.scope_id: mark for mark in self.marks}.values())
        day = day_start(self.marks[-1].capture_time)
        if day == self._shortened:
            for selection_id, _, _ in self.new_rows:
                del self.rows[selection_id][:-1]
        else:
            self.rows = {
                selection_id: rows[-1:]
                for selection_id, rows in self.rows.items()
                if rows[-1].capture_time >= day
            }
            self._shortened = day
        self.new_rows = {}
        self._taken = 0

    def _changes(
        self,
        mark: Mark,
        states: Mapping[int, State],
        covers: Covers,
        missing: Missing,
        before: Collection[int],
    ) -> list[tuple[int, State | None, State]]:
        moment, day = mark.capture_time, day_start(mark.capture_time)
        changed = []
        stored = self.rows.get
        for selection_id, new in states.items():
            old = _state(stored(selection_id), moment, day)
            if old != new:
                changed.append((selection_id, old, new))
        for selection_id in before:
            if selection_id in states:
                continue
            old = _state(stored(selection_id), moment, day)
            if old is None or old.code == REMOVED_CODE or not covers(mark.scope_id, selection_id):
                continue
            new = missing(selection_id)
            if new != old:
                changed.append((selection_id, old, new))
        return changed

    def _successor(self, mark: Mark, selection_id: int, covers: Covers) -> datetime | None:
        """The next covering capture of the day, unless the selection has a row up to it."""
        if not self.marks or self.marks[-1].capture_time <= mark.capture_time:
            return None
        end = day_start(mark.capture_time) + DAY
        place = bisect_right(self.marks, mark.capture_time, key=_capture_time)
        for later in self.marks[place:]:
            if later.capture_time >= end:
                return None
            if self._has_row(selection_id, mark.capture_time, later.capture_time):
                return None
            if covers(later.scope_id, selection_id):
                return later.capture_time
        return None

    def _has_row(self, selection_id: int, after: datetime, until: datetime) -> bool:
        rows = self.rows.get(selection_id, [])
        place = bisect_right(rows, after, key=_capture_time)
        return place < len(rows) and rows[place].capture_time <= until

    def _write(
        self, selection_id: int, capture_time: datetime, known_time: datetime, state: State
    ) -> None:
        rows = self.rows.setdefault(selection_id, [])
        place = bisect_right(rows, (capture_time, known_time), key=_times)
        row = Row(capture_time, known_time, state)
        if place and _times(rows[place - 1]) == (capture_time, known_time):
            # Two captures of one document: the later one corrects the first one's follow-up.
            rows[place - 1] = row
        else:
            rows.insert(place, row)
        self.new_rows[selection_id, capture_time, known_time] = NewRow(
            capture_time,
            known_time,
            state.price,
            state.point,
            self.event_no,
            selection_id,
            state.code,
        )


def _state(rows: list[Row] | None, moment: datetime, day: datetime) -> State | None:
    """The state that rows in capture order give at a moment of the UTC day."""
    if not rows:
        return None
    row = rows[-1]
    if row.capture_time > moment:
        place = bisect_right(rows, moment, key=_capture_time)
        if not place:
            return None
        row = rows[place - 1]
    return row.state if row.capture_time >= day else None


def _times(row: Row) -> tuple[datetime, datetime]:
    return row.capture_time, row.known_time


def _capture_time(item: Row | Mark) -> datetime:
    return item.capture_time
