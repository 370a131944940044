"""Which historical calls close which gaps, and in which order they are worth their credits.

Belongs here: the grouping and the choice. Does not belong here: what a capture is worth
(``value``), which gaps there are (``storage.gaps``), paying.

One call answers for a whole snapshot, and a snapshot is the answer for every slot from it up to
the next one: gaps a minute apart are closed together. The call asks for the earliest of them, so
that the answer lies after none. Where the real snapshots lie a little differently than expected,
the calls after it are planned anew from what is still open.

Units: UTC times; values as in ``value``.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import heapify, heappop, heapreplace
from itertools import groupby

from odds_pipeline.planning.captures import ahead, distinct
from odds_pipeline.planning.snapshots import expected
from odds_pipeline.planning.value import FARTHEST, Seen


@dataclass(frozen=True, slots=True)
class HealingCall:
    """One historical call: the time to ask for, the slots it should close, what it is worth.

    ``value`` is what it adds to the captures there are and to the calls before it.
    """

    ask_at: datetime
    slot_times: tuple[datetime, ...]
    value: float


def healing_calls(
    missing: Iterable[datetime], made: Iterable[datetime], starts: Sequence[datetime]
) -> list[HealingCall]:
    """The calls that close all gaps of one sport, the most valuable next one each time.

    Args:
        missing: slot times without a capture.
        made: times of the captures there are around them.
        starts: starts of the events that were to be played, one entry an event.
    """
    known = distinct(starts)
    seen = Seen(Counter(starts))
    for moment in made:
        seen.add(moment, ahead(known, moment, FARTHEST))
    slots = {snapshot: tuple(times) for snapshot, times in groupby(sorted(missing), expected)}
    served = {snapshot: ahead(known, snapshot, FARTHEST) for snapshot in slots}
    queue = [(-seen.gain(snapshot, served[snapshot]), snapshot) for snapshot in slots]
    heapify(queue)
    calls = []
    while queue:
        snapshot = queue[0][1]
        gain = seen.gain(snapshot, served[snapshot])
        # A gain only falls as others are chosen: one that still leads after a fresh look is best.
        if len(queue) > 1 and (-gain, snapshot) > min(queue[1:3]):
            heapreplace(queue, (-gain, snapshot))
            continue
        heappop(queue)
        seen.add(snapshot, served[snapshot])
        calls.append(HealingCall(slots[snapshot][0], slots[snapshot], gain))
    return calls
