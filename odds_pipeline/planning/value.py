"""What captures are worth: the closing line first, then the moments at which people decide.

Belongs here: the value of a set of captures to one event, and of one more. Does not belong here:
choosing under a budget (``selection``), knowing the starts.

For one event the value of a set is the best closing price it gives, plus each decision band it
touches. A closing price fades with its gap to the start: worth 100 at the start, e times less
every ten minutes. A band counts once, however many captures lie in it, and so little that the
close of one game outweighs those of a whole slate: closes come first. So values never fall when a
capture is added, and one more is worth less the more there are: choosing the best next one again
and again is then within 1 - 1/e of the best choice (Nemhauser, Wolsey, Fisher 1978,
doi:10.1007/BF01588971).

Units: points without a unit; only their order and ratios mean anything. Change the data below to
change what a small budget gives up first.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from math import exp

CLOSING = 100.0
FADING = timedelta(minutes=10)
# How far before a start, at most, and what it is worth to have looked there.
BANDS: tuple[tuple[timedelta, float], ...] = (
    (timedelta(minutes=5), 0.0),  # the close itself
    (timedelta(minutes=20), 0.4),
    (timedelta(minutes=90), 0.3),
    (timedelta(hours=8), 0.2),
    (timedelta(hours=30), 0.1),
)
CLOSING_WITHIN = BANDS[0][0]
FARTHEST = BANDS[-1][0]


class Seen:
    """What the captures chosen so far give each start.

    Args:
        events: how many events share each start.
    """

    def __init__(self, events: Mapping[datetime, int]) -> None:
        self._events = events
        self._closing: dict[datetime, float] = {}
        self._bands: set[tuple[datetime, int]] = set()

    def gain(self, slot_time: datetime, starts: Iterable[datetime]) -> float:
        """What one more capture would add."""
        total = 0.0
        for start in starts:
            closing, band = _worth(start - slot_time)
            better = max(0.0, closing - self._closing.get(start, 0.0))
            if band is not None and (start, band) not in self._bands:
                better += BANDS[band][1]
            total += self._events.get(start, 1) * better
        return total

    def add(self, slot_time: datetime, starts: Iterable[datetime]) -> None:
        """Count a capture as made."""
        for start in starts:
            closing, band = _worth(start - slot_time)
            self._closing[start] = max(self._closing.get(start, 0.0), closing)
            if band is not None:
                self._bands.add((start, band))


def closing_value(gap: timedelta) -> float:
    """What a last price is worth that was taken so long before the start; 0 after it."""
    return CLOSING * exp(-(gap / FADING)) if gap >= timedelta() else 0.0


@lru_cache(1 << 14)  # captures ask for the same minutes again and again
def _worth(offset: timedelta) -> tuple[float, int | None]:
    """The closing value of a capture so long before a start, and the band it lies in."""
    return closing_value(offset), _band(offset)


def _band(offset: timedelta) -> int | None:
    if offset < timedelta():
        return None
    return next((place for place, (within, _) in enumerate(BANDS) if offset <= within), None)
