"""How often to capture, by how near the next start is.

Belongs here: the tiers and the grid they make. Does not belong here: fixed grids (``fixed``),
captures chosen start by start (``decision_points``).

At each minute the nearest start ahead decides the tier, and a capture is due where the tier's
interval divides the minutes since midnight. The grid therefore depends on nothing but the starts:
any process finds the same slots, and planning two windows is planning both together.

Units: intervals in whole minutes that divide a day; times UTC.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from odds_pipeline.planning.captures import PlannedCapture, Window, distinct, next_starts
from odds_pipeline.planning.fixed import grid, slots_a_day
from odds_pipeline.planning.value import FARTHEST


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


FOREVER = timedelta.max
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
    due = [
        (moment, f"{tier.name}: every {tier.minutes} min")
        for stretch, tier in _stretches(window, known, tiers)
        for moment in grid(stretch, tier.minutes)
    ]
    found = next_starts(known, [moment for moment, _ in due], FARTHEST)
    return [
        PlannedCapture(moment, near, start - moment, why)
        for (moment, why), (start, near) in zip(due, found, strict=True)
    ]


def _stretches(
    window: Window, known: Iterable[datetime], tiers: tuple[Tier, ...]
) -> Iterator[tuple[Window, Tier]]:
    """The parts of a window in which one tier holds, by time."""
    begin = window.begin
    for start in known:
        if start <= begin:
            continue
        if begin >= window.end:
            return
        parts, end = [], start
        for tier in tiers:
            since = start - min(tier.within, start - begin)
            parts.append((Window(since, min(end, window.end)), tier))
            end = since
        yield from reversed(parts)
        begin = start
