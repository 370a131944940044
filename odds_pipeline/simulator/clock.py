"""What time it is at the provider.

Belongs here: the real clock and one that stands still until told. Does not belong here: the
frequency limit, which measures elapsed time. Times are timezone-aware UTC.
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol


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
