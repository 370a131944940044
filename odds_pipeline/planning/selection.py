"""Which captures of a plan a budget keeps.

Belongs here: choosing so many captures by what they are worth, with a reason for each that is
left out. Does not belong here: what a capture is worth (``value``), how many may be made
(``budget``).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from heapq import heapify, heappop, heapreplace
from math import sqrt

from odds_pipeline.planning.captures import Plan, PlannedCapture, Refused, utc
from odds_pipeline.planning.value import CLOSING_WITHIN, Seen

GOLDEN = (sqrt(5) - 1) / 2
DIGITS = 9


def choose(captures: Sequence[PlannedCapture], starts: Iterable[datetime], calls: int) -> Plan:
    """Keep at most so many captures, the most valuable ones.

    Each further capture is judged by what it adds to those chosen before it. Of equal ones those
    are taken that lie spread over the window: a budget thins a plan out, it does not end it early.

    Args:
        captures: the whole plan.
        starts: starts of scheduled events, one entry an event.
        calls: how many captures may be made.
    """
    if len(captures) <= calls:
        return Plan(tuple(sorted(captures)))
    seen = Seen(Counter(utc(start) for start in starts))
    heap = [(-_gain(seen, one), _turn(one.slot_time), one) for one in captures]
    heapify(heap)
    kept: list[PlannedCapture] = []
    while heap and len(kept) < calls:
        _, turn, capture = heap[0]
        now = (-_gain(seen, capture), turn, capture)
        # A gain only falls as others are chosen: one that still leads after a fresh look is best.
        if len(heap) > 1 and now > min(heap[1:3]):
            heapreplace(heap, now)
            continue
        heappop(heap)
        kept.append(capture)
        seen.add(capture.slot_time, capture.starts_served)
    left = sorted(capture for _, _, capture in heap)
    return Plan(
        tuple(sorted(kept)),
        tuple(Refused(capture, _reason(seen, capture, len(kept))) for capture in left),
    )


def is_closing(capture: PlannedCapture) -> bool:
    """Whether a capture is there to catch a closing line."""
    return timedelta() <= capture.offset <= CLOSING_WITHIN


def _gain(seen: Seen, capture: PlannedCapture) -> float:
    # Rounded, so that the same values summed in another order are equal.
    return round(seen.gain(capture.slot_time, capture.starts_served), DIGITS)


def _turn(slot_time: datetime) -> float:
    """A place in [0, 1) that depends on the time alone; the first ones taken lie spread.

    Within a day by van der Corput's sequence: the minute's binary digits reversed, so that
    thinning a grid out leaves a coarser grid. From day to day by the golden ratio, so that the
    same minutes are not always first.
    """
    minute = 60 * slot_time.hour + slot_time.minute
    reversed_digits = int(f"{minute:011b}"[::-1], 2) / 2**11
    return (reversed_digits + slot_time.toordinal() * GOLDEN) % 1


def _reason(seen: Seen, capture: PlannedCapture, kept: int) -> str:
    if not kept:
        return "the budget has no call for it"
    worth = _gain(seen, capture)
    return f"worth {worth:.1f} more, no more than any of the {kept:,} captures the budget keeps"
