"""How often to capture, by how near the next start is.

Belongs here: the tiers and the grid they make. Does not belong here: fixed grids (``sampling``),
captures chosen start by start (``decision_points``).

At each minute of a day the nearest start ahead decides the tier, and a capture is due where the
tier's interval divides the minutes since midnight. The grid therefore depends on nothing but the
starts: any process finds the same slots, and planning two windows is planning both together.

Units: intervals in whole minutes that divide a day; times UTC.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from odds_pipeline.planning.captures import PlannedCapture, Window, ahead, day_window, distinct
from odds_pipeline.planning.sampling import MINUTES_A_DAY, slots_a_day
from odds_pipeline.planning.value import FARTHEST

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier: from how far before a start it holds, and how often it captures.

    Args:
        name: what people call it.
        within: it holds while the next start is at most this far away.
        minutes: its interval.
    """

    name: str
    within: timedelta
    minutes: int


FOREVER = timedelta(days=3650)
BOUNDS: Mapping[str, timedelta] = {
    "imminent": timedelta(hours=1),
    "near": timedelta(hours=3),
    "medium": timedelta(hours=24),
    "far": FOREVER,
}
DEFAULT_MINUTES: Mapping[str, int] = {"imminent": 1, "near": 5, "medium": 15, "far": 30}


def tiers_of(minutes: Mapping[str, int]) -> tuple[Tier, ...]:
    """The tiers, nearest first, with these intervals in minutes.

    Raises:
        UsageError: an interval does not divide a day.
        KeyError: a tier has no interval.
    """
    tiers = tuple(Tier(name, within, minutes[name]) for name, within in BOUNDS.items())
    for tier in tiers:
        slots_a_day(tier.minutes)
    return tiers


def tier_at(tiers: Iterable[Tier], until_start: timedelta) -> Tier:
    """The tier in force while the next start is so far away."""
    return next(tier for tier in tiers if until_start <= tier.within)


def plan_adaptive(
    window: Window, starts: Iterable[datetime], tiers: tuple[Tier, ...]
) -> list[PlannedCapture]:
    """The captures of a window, by time; none where no start lies ahead.

    Args:
        window: what to plan, UTC.
        starts: starts of scheduled events.
        tiers: nearest first.

    Raises:
        UsageError: a start has no time zone.
    """
    known = distinct(starts)
    return [
        capture
        for day in window.days()
        for capture in _of_day(day_window(day).begin, known, tiers)
        if window.begin <= capture.slot_time < window.end
    ]


def _of_day(
    midnight: datetime, known: list[datetime], tiers: tuple[Tier, ...]
) -> Iterator[PlannedCapture]:
    minute = 0
    while minute < MINUTES_A_DAY:
        moment = midnight + minute * MINUTE
        place = bisect_right(known, moment)
        if place == len(known):
            return
        offset = known[place] - moment
        tier = tier_at(tiers, offset)
        if not minute % tier.minutes:
            served = ahead(known, moment, FARTHEST)
            yield PlannedCapture(moment, served, offset, f"{tier.name}: every {tier.minutes} min")
        minute += _until_next(minute, offset, tier, tiers)


def _until_next(minute: int, offset: timedelta, tier: Tier, tiers: tuple[Tier, ...]) -> int:
    """Minutes to the tier's next capture, or to where a nearer tier or another start begins."""
    nearer = [other.within for other in tiers if other.within < offset]
    bound = offset - max(nearer, default=timedelta())
    return min(tier.minutes - minute % tier.minutes, max(1, -(-bound // MINUTE)))
