"""When fixed-interval captures are due and what they cost.

Belongs here: the grid of a UTC day and its credits. Does not belong here: captures chosen by
start times (``adaptive``, ``decision_points``), asking the clock (callers pass ``now``).
Intervals are whole minutes that divide a day, so that every day has the same slots; credits are
the provider's.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from odds_pipeline.errors import UsageError
from odds_pipeline.planning.captures import (
    PlannedCapture,
    Window,
    day_window,
    distinct,
    next_starts,
)
from odds_pipeline.planning.value import FARTHEST

MINUTES_A_DAY = 1440


def fixed_slots(day: date, interval_minutes: int) -> list[datetime]:
    """The slot times of one UTC day, from midnight on.

    Raises:
        UsageError: the interval does not divide a day.
    """
    midnight = datetime.combine(day, time(), UTC)
    count = slots_a_day(interval_minutes)
    return [midnight + timedelta(minutes=i * interval_minutes) for i in range(count)]


def grid(window: Window, interval_minutes: int) -> list[datetime]:
    """The slot times in a window, of whichever days it touches.

    Raises:
        UsageError: the interval does not divide a day.
    """
    slots_a_day(interval_minutes)
    interval = timedelta(minutes=interval_minutes)
    midnight = day_window(window.begin.date()).begin
    first = -((midnight - window.begin) // interval)
    count = -((midnight - window.end) // interval)
    return [midnight + place * interval for place in range(first, count)]


def slot_of(now: datetime, interval_minutes: int) -> datetime:
    """The newest slot time at or before ``now``, in UTC.

    Raises:
        UsageError: the interval does not divide a day, or ``now`` has no time zone.
    """
    slots_a_day(interval_minutes)
    if now.tzinfo is None:
        raise UsageError(f"{now} has no time zone: pass a timezone-aware time")
    now = now.astimezone(UTC)
    midnight = datetime.combine(now.date(), time(), UTC)
    interval = timedelta(minutes=interval_minutes)
    return midnight + (now - midnight) // interval * interval


def plan_fixed(
    window: Window, starts: Iterable[datetime], interval_minutes: int
) -> list[PlannedCapture]:
    """The slots of a window after which some event still starts: without one nothing is asked.

    Raises:
        UsageError: the interval does not divide a day, or a start has no time zone.
    """
    known = distinct(starts)
    why = f"every {interval_minutes} min"
    last = known[-1] if known else window.begin
    slots = grid(Window(window.begin, min(window.end, last)), interval_minutes)
    return [
        PlannedCapture(slot, near, start - slot, why)
        for slot, (start, near) in zip(slots, next_starts(known, slots, FARTHEST), strict=True)
    ]


def month_cost(credits_per_call: int, interval_minutes: int, days: int) -> int:
    """Credits for one call a slot over so many days.

    Raises:
        UsageError: the interval does not divide a day.
    """
    return credits_per_call * slots_a_day(interval_minutes) * days


def slots_a_day(interval_minutes: int) -> int:
    """How many slots a day has.

    Raises:
        UsageError: the interval does not divide a day.
    """
    if interval_minutes < 1 or MINUTES_A_DAY % interval_minutes:
        raise UsageError(
            f"interval {interval_minutes} is not a whole number of minutes that divides 1,440"
        )
    return MINUTES_A_DAY // interval_minutes
