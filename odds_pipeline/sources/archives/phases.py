"""The ordered phases of a source that tells no clock times, and the instants that stand for them.

Belongs here: which phase comes before which, and when each is taken to have been captured. Does
not belong here: what was offered then (``reading``).

Many archives say "opening", "early" and "closing", never when. A phase therefore becomes an
instant that orders it, and nothing else: its capture is marked ``CaptureBasis.PHASE``. Prices
taken days before are placed on the day of the game, so that nobody is shown them before the day
they could have been known; closing prices stand a second before the event has surely started.

Units: UTC times.
"""

from datetime import datetime, time, timedelta
from enum import StrEnum

DAY = timedelta(days=1)
EARLY_AFTER = timedelta(hours=6)
STEP = timedelta(seconds=1)


class Phase(StrEnum):
    """When in an event's market a price was taken, in order."""

    OPEN = "open"
    EARLY = "early"  # some day before, as a weekly collector does
    CLOSE = "close"


def instant_of(phase: Phase, commence_time: datetime, day_only: bool) -> datetime:
    """The capture time that stands for a phase of an event.

    Args:
        phase: which.
        commence_time: the stated start, UTC; of a start known to the day that day's midnight.
        day_only: whether the start is known to the day only.
    """
    started = commence_time + DAY if day_only else commence_time
    close = started - STEP
    if phase is Phase.CLOSE:
        return close
    midnight = datetime.combine(commence_time.date(), time(), commence_time.tzinfo)
    if phase is Phase.EARLY:
        return min(midnight + EARLY_AFTER, close - STEP)
    return min(midnight, close - 2 * STEP)
