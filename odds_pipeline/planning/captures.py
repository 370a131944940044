"""What a plan is made of: a window, captures, and what was left out of them.

Belongs here: the values that every sampling policy gives and everything else takes. Does not
belong here: choosing them (the policies). Times are UTC; an offset is how long before a start.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from odds_pipeline.errors import UsageError

DAY = timedelta(days=1)


class Window(NamedTuple):
    """From ``begin`` up to, without, ``end``."""

    begin: datetime
    end: datetime

    def days(self) -> list[date]:
        """The UTC days it touches."""
        if self.begin >= self.end:
            return []
        first, last = self.begin.date(), (self.end - timedelta(microseconds=1)).date()
        return [first + DAY * place for place in range((last - first).days + 1)]


@dataclass(frozen=True, slots=True, order=True)
class PlannedCapture:
    """One capture to make.

    Args:
        slot_time: when, UTC, on a whole minute.
        starts_served: the distinct starts it serves, sorted.
        offset: the smallest offset among the needs it serves.
        why: what it is for, in a few words for people.
    """

    slot_time: datetime
    starts_served: tuple[datetime, ...]
    offset: timedelta
    why: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A capture that the plan left out, and why."""

    capture: PlannedCapture
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The captures to make, by time, and those that were refused."""

    captures: tuple[PlannedCapture, ...]
    refused: tuple[Refused, ...] = ()


def day_window(day: date) -> Window:
    """One UTC day."""
    midnight = datetime.combine(day, time(), UTC)
    return Window(midnight, midnight + DAY)


def distinct(starts: Iterable[datetime]) -> list[datetime]:
    """The different starts, sorted, in UTC.

    Raises:
        UsageError: a start has no time zone.
    """
    return sorted({utc(start) for start in starts})


def utc(start: datetime) -> datetime:
    """The same moment in UTC.

    Raises:
        UsageError: it has no time zone.
    """
    if start.tzinfo is None:
        raise UsageError(f"start {start} has no time zone: pass timezone-aware times")
    return start.astimezone(UTC)


def ahead(known: Sequence[datetime], moment: datetime, within: timedelta) -> tuple[datetime, ...]:
    """The starts that lie after a moment, at most so far away.

    Args:
        known: distinct starts, sorted.
        moment: a capture's time.
        within: the farthest that counts.
    """
    return tuple(known[bisect_right(known, moment) : bisect_right(known, moment + within)])


def next_starts(
    known: Sequence[datetime], moments: Iterable[datetime], within: timedelta
) -> Iterator[tuple[datetime, tuple[datetime, ...]]]:
    """For each moment the next start after it, and all that ``ahead`` gives.

    Args:
        known: distinct starts, sorted.
        moments: capture times, sorted, each before the last start.
        within: the farthest that counts.
    """
    first = last = 0
    found: tuple[datetime, ...] = ()
    for moment in moments:
        before, farthest = (first, last), moment + within
        while known[first] <= moment:
            first += 1
        while last < len(known) and known[last] <= farthest:
            last += 1
        if (first, last) != before:
            found = tuple(known[first:last])
        yield known[first], found
