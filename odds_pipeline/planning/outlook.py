"""What a plan gives and costs: calls, credits, and how near the start its last captures lie.

Belongs here: the figures by which plans are compared. Does not belong here: making plans.

Units: credits; gaps as time from the last capture before a start to the start, one an event.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from odds_pipeline.planning.captures import PlannedCapture, utc


class Outlook(NamedTuple):
    """The figures of one plan.

    ``missed`` counts events without any capture before their start in the plan's reach; they are
    in no gap. The gaps are ``None`` where no event has one.
    """

    calls: int
    credits: float
    mean_gap: timedelta | None
    p95_gap: timedelta | None
    missed: int


def outlook(
    captures: Sequence[PlannedCapture],
    starts: Iterable[datetime],
    credits_per_call: float,
    reach: timedelta = timedelta(hours=24),
) -> Outlook:
    """The figures of a plan.

    Args:
        captures: the plan, in any order.
        starts: starts of the events it is judged by, one entry an event.
        credits_per_call: what one capture costs.
        reach: a capture farther before a start is none of its event's.
    """
    times = sorted(capture.slot_time for capture in captures)
    gaps = []
    missed = 0
    for start in map(utc, starts):
        place = bisect_left(times, start)
        gap = start - times[place - 1] if place else None
        if gap is None or gap > reach:
            missed += 1
        else:
            gaps.append(gap)
    gaps.sort()
    return Outlook(
        len(captures),
        len(captures) * credits_per_call,
        sum(gaps, timedelta()) / len(gaps) if gaps else None,
        gaps[-(-len(gaps) * 95 // 100) - 1] if gaps else None,
        missed,
    )
