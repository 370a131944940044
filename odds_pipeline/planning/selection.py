"""Which captures of a plan a budget keeps.

Belongs here: choosing so many captures by what they are worth, with a reason for each that is
left out. Does not belong here: what a capture is worth (``value``), how many may be made
(``budget``).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from heapq import heapify, heappop, heapreplace

from odds_pipeline.planning.captures import Plan, PlannedCapture, Refused, utc
from odds_pipeline.planning.value import CLOSING_WITHIN, Seen


def choose(captures: Sequence[PlannedCapture], starts: Iterable[datetime], calls: int) -> Plan:
    """Keep at most so many captures, the most valuable ones.

    Each further capture is judged by what it adds to those chosen before it; of equal ones the
    earlier is taken.

    Args:
        captures: the whole plan.
        starts: starts of scheduled events, one entry an event.
        calls: how many captures may be made.
    """
    if len(captures) <= calls:
        return Plan(tuple(sorted(captures)))
    seen = Seen(Counter(utc(start) for start in starts))
    heap = [(-_gain(seen, capture), capture) for capture in captures]
    heapify(heap)
    kept: list[PlannedCapture] = []
    while heap and len(kept) < calls:
        _, capture = heap[0]
        now = -_gain(seen, capture)
        # A gain only falls as others are chosen: one that still leads after a fresh look is best.
        if len(heap) > 1 and (now, capture) > min(heap[1:3]):
            heapreplace(heap, (now, capture))
            continue
        heappop(heap)
        kept.append(capture)
        seen.add(capture.slot_time, capture.starts_served)
    left = sorted((capture, -gain) for gain, capture in heap)
    return Plan(
        tuple(sorted(kept)),
        tuple(Refused(capture, _reason(seen, capture, calls)) for capture, _ in left),
    )


def is_closing(capture: PlannedCapture) -> bool:
    """Whether a capture is there to catch a closing line."""
    return timedelta() <= capture.offset <= CLOSING_WITHIN


def _gain(seen: Seen, capture: PlannedCapture) -> float:
    return seen.gain(capture.slot_time, capture.starts_served)


def _reason(seen: Seen, capture: PlannedCapture, calls: int) -> str:
    worth = _gain(seen, capture)
    return f"worth {worth:.1f} more, less than each of the {calls:,} captures the budget keeps"
