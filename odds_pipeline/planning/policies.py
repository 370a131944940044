"""The sampling policies by mode. Times are UTC."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Protocol

from odds_pipeline.planning.captures import Plan, PlannedCapture, Refused, Window
from odds_pipeline.planning.decision_points import plan_day

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class Policy(Protocol):
    """When to capture."""

    def plan(self, window: Window, starts: Sequence[datetime], calls: int | None = None) -> Plan:
        """The captures of a window."""


class Fixed:
    """Every so many minutes."""

    def __init__(self, minutes: int) -> None:
        self._minutes = minutes

    def plan(self, window: Window, starts: Sequence[datetime], calls: int | None = None) -> Plan:
        """See ``Policy``."""
        return _every(window, starts, calls, lambda _: self._minutes)


class Adaptive:
    """By the nearest start."""

    def __init__(self, minutes: Sequence[int]) -> None:
        self._minutes = minutes

    def plan(self, window: Window, starts: Sequence[datetime], calls: int | None = None) -> Plan:
        """See ``Policy``."""

        def interval(ahead: timedelta) -> int:
            bounds = (24, 3, 1, 0)
            for hours, minutes in zip(bounds, self._minutes, strict=True):
                if ahead > timedelta(hours=hours):
                    return minutes
            return self._minutes[-1]

        return _every(window, starts, calls, interval)


class Planned:
    """By decision points."""

    def plan(self, window: Window, starts: Sequence[datetime], calls: int | None = None) -> Plan:
        """See ``Policy``."""
        found = []
        day = window.begin.date()
        while datetime.combine(day, time(), UTC) < window.end:
            found += [
                PlannedCapture(c.slot_time, c.starts_served, c.offset, f"T-{c.offset // MINUTE}")
                for c in plan_day(day, starts, feed_step=MINUTE)
                if window.begin <= c.slot_time < window.end
            ]
            day += DAY
        return _capped(found, calls)


def _every(window, starts, calls, interval) -> Plan:  # type: ignore[no-untyped-def]
    found = []
    at = window.begin.replace(second=0, microsecond=0)
    while at < window.end:
        ahead = [s for s in starts if s > at]
        if at >= window.begin and ahead:
            minutes = interval(min(ahead) - at)
            if (at.hour * 60 + at.minute) % minutes == 0:
                found.append(
                    PlannedCapture(at, (min(ahead),), min(ahead) - at, f"every {minutes} min")
                )
        at += MINUTE
    return _capped(found, calls)


def _capped(found, calls) -> Plan:  # type: ignore[no-untyped-def]
    if calls is None or len(found) <= calls:
        return Plan(tuple(found), ())
    best = sorted(found, key=lambda c: (c.offset, c.slot_time))
    return Plan(tuple(sorted(best[:calls])), tuple(Refused(c, "budget") for c in best[calls:]))
