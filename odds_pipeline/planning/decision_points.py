"""Which captures a day needs, chosen by when its events start.

Belongs here: the plan by decision points and its credits. Does not belong here: fixed grids
(``sampling``), knowing the starts, making the calls. Times are UTC; credits are the provider's.

A *need* is one start minus one offset: the time at which somebody decides, so a capture serves
it only if taken at or before it. One call answers for every event of the sport, so equal needs
share a capture, and so do needs in the same feed step (the provider takes a snapshot about every
five minutes, and a historical lookup answers with the one equal or earlier): asking twice within
a step would mostly buy the same snapshot. The shared capture stands at the *earliest* need of
the step. The latest would give a fresher price to some, but lie after the others: an as-of
reader would then rightly not see it, and near the start it could be in play. So a capture is
never after a need it serves, and less than one feed step before it.

Needs are cut to the whole minute, because starts are rewritten by seconds once an event begins
and a capture already paid for must keep its slot. Steps are counted from midnight UTC, so a day
is planned alone and the days' plans add up to the plan of the whole range.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from odds_pipeline.errors import UsageError

DAY = timedelta(days=1)
DEFAULT_OFFSETS = (
    timedelta(hours=24),
    timedelta(hours=6),
    timedelta(minutes=60),
    timedelta(minutes=15),
    timedelta(minutes=2),
)
FEED_STEP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, order=True)
class PlannedCapture:
    """One capture to make.

    Args:
        slot_time: when, UTC, on a whole minute.
        starts_served: the distinct starts it serves, sorted.
        offset: the smallest offset among the needs it serves.
    """

    slot_time: datetime
    starts_served: tuple[datetime, ...]
    offset: timedelta


def plan_day(
    day: date,
    starts: Iterable[datetime],
    offsets: Sequence[timedelta] = DEFAULT_OFFSETS,
    feed_step: timedelta = FEED_STEP,
) -> list[PlannedCapture]:
    """The captures of one UTC day, sorted, each slot time once.

    Args:
        day: the UTC day the captures fall on.
        starts: starts of all events concerned, later days' included: an event at 00:01 has its
            closing capture the day before.
        offsets: how long before each start to capture; none negative.
        feed_step: the provider's snapshot interval; whole minutes that divide a day.

    Raises:
        UsageError: a start without time zone, a negative offset or an impossible feed step.
    """
    _check(offsets, feed_step)
    midnight = datetime.combine(day, time(), UTC)
    steps: dict[int, list[tuple[datetime, datetime, timedelta]]] = {}
    for start in sorted({_utc(start) for start in starts}):
        for offset in offsets:
            need = (start - offset).replace(second=0, microsecond=0)
            if midnight <= need < midnight + DAY:
                steps.setdefault((need - midnight) // feed_step, []).append((need, start, offset))
    return [_capture(steps[step]) for step in sorted(steps)]


def credits(plan: Sequence[PlannedCapture], credits_per_call: int) -> int:
    """Credits the plan costs at so many a call."""
    return len(plan) * credits_per_call


def _capture(needs: list[tuple[datetime, datetime, timedelta]]) -> PlannedCapture:
    return PlannedCapture(
        slot_time=min(need for need, _, _ in needs),
        starts_served=tuple(sorted({start for _, start, _ in needs})),
        offset=min(offset for _, _, offset in needs),
    )


def _utc(start: datetime) -> datetime:
    if start.tzinfo is None:
        raise UsageError(f"start {start} has no time zone: pass timezone-aware times")
    return start.astimezone(UTC)


def _check(offsets: Sequence[timedelta], feed_step: timedelta) -> None:
    if any(offset < timedelta(0) for offset in offsets):
        raise UsageError("an offset is negative: captures are planned before the start")
    if feed_step < timedelta(minutes=1) or feed_step % timedelta(minutes=1) or DAY % feed_step:
        raise UsageError(f"feed step {feed_step} is not whole minutes that divide a day")
