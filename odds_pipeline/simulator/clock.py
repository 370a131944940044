"""What time it is at the provider.

Belongs here: the real clock, one that stands still until told and one that runs from an instant
at its own speed. Does not belong here: the frequency limit, which measures elapsed time.
Times are timezone-aware UTC; speed is provider seconds per machine second.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Protocol

from odds_pipeline.errors import UsageError


class Clock(Protocol):
    """Tells the provider's time."""

    def now(self) -> datetime:
        """The present instant, UTC."""


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, UTC."""
        return datetime.now(UTC)


class SteppedClock:
    """A clock that stands still at a given instant until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The instant it stands at."""
        return self._now

    def set(self, instant: datetime) -> None:
        """Move it to an instant, forwards or back."""
        self._now = instant.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Move it by a duration."""
        self._now += by


class DrivenClock:
    """A clock that starts at an instant and runs faster or slower than the machine's.

    It follows the machine's monotonic clock, so a correction of the wall clock does not move it.

    Args:
        start: what it shows when it is made.
        speed: provider seconds per machine second; a season at 3600 takes minutes.
        monotonic: seconds of a clock that never goes back.

    Raises:
        UsageError: the start has no zone, or the speed is not a positive number.
    """

    def __init__(
        self, start: datetime, speed: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        if start.tzinfo is None:
            raise UsageError(f"{start.isoformat()} has no zone: end it in Z")
        if not (isfinite(speed) and speed > 0):
            raise UsageError(f"a clock cannot run {speed:g} times as fast: the speed is above 0")
        self._start = start.astimezone(UTC)
        self._speed = speed
        self._monotonic = monotonic
        self._began = monotonic()

    def now(self) -> datetime:
        """The present instant, UTC; never before an earlier answer."""
        return self._start + timedelta(seconds=self._speed * (self._monotonic() - self._began))
