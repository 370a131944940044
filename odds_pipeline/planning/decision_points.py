"""Which captures a day needs, chosen by when its events start.

Belongs here: the plan by decision points and its credits. Does not belong here: fixed grids
(``fixed``), what a small budget leaves out (``selection``), knowing the starts, making the
calls. Times are UTC; credits are the provider's.

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
from datetime import date, datetime, timedelta

from odds_pipeline.errors import UsageError
from odds_pipeline.planning.captures import DAY, PlannedCapture, Window, day_window, distinct

DEFAULT_OFFSETS = (
    timedelta(hours=24),
    timedelta(hours=6),
    timedelta(minutes=60),
    timedelta(minutes=15),
    timedelta(minutes=2),
)
FEED_STEP = timedelta(minutes=5)


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
    return plan_window(day_window(day), starts, offsets, feed_step)


def plan_window(
    window: Window,
    starts: Iterable[datetime],
    offsets: Sequence[timedelta] = DEFAULT_OFFSETS,
    feed_step: timedelta = FEED_STEP,
) -> list[PlannedCapture]:
    """The captures of a window, as of ``plan_day``: those of its days that lie in it.

    Raises:
        UsageError: a start without time zone, a negative offset or an impossible feed step.
    """
    _check(offsets, feed_step)
    # Steps begin at midnight. Those that the window cuts are seen whole: what shares a capture
    # does not depend on where planning begins.
    midnight = day_window(window.begin.date()).begin
    steps: dict[int, list[tuple[datetime, datetime, timedelta]]] = {}
    for start in distinct(starts):
        for offset in offsets:
            if midnight + offset <= start < window.end + feed_step + offset:
                need = (start - offset).replace(second=0, microsecond=0)
                step = (need - midnight) // feed_step
                steps.setdefault(step, []).append((need, start, offset))
    captures = [_capture(steps[step]) for step in sorted(steps)]
    return [c for c in captures if window.begin <= c.slot_time < window.end]


def credits(plan: Sequence[PlannedCapture], credits_per_call: int) -> int:
    """Credits the plan costs at so many a call."""
    return len(plan) * credits_per_call


def _capture(needs: list[tuple[datetime, datetime, timedelta]]) -> PlannedCapture:
    offset, start = min((offset, start) for _, start, offset in needs)
    served = tuple(sorted({start for _, start, _ in needs}))
    others = f" and {len(served) - 1} more" if len(served) > 1 else ""
    return PlannedCapture(
        slot_time=min(need for need, _, _ in needs),
        starts_served=served,
        offset=offset,
        why=f"T-{spelled(offset)} of {start:%H:%M}{others}",
    )


def spelled(offset: timedelta) -> str:
    """An offset in a few characters: 24h, 90m."""
    minutes = offset // timedelta(minutes=1)
    return f"{minutes // 60}h" if minutes and minutes % 60 == 0 else f"{minutes}m"


def _check(offsets: Sequence[timedelta], feed_step: timedelta) -> None:
    if any(offset < timedelta(0) for offset in offsets):
        raise UsageError("an offset is negative: captures are planned before the start")
    if feed_step < timedelta(minutes=1) or feed_step % timedelta(minutes=1) or DAY % feed_step:
        raise UsageError(f"feed step {feed_step} is not whole minutes that divide a day")
