"""When to ask for scores.

Belongs here: which slots of the day's grid are worth their credits. Does not belong here: asking.

The provider tells the results of the last three days and no older ones, and corrects some late.
So a slot is due when an event should have ended whose result is not known, and once a day while
any result of the last three days could still be corrected. A day without games costs nothing.

Units: UTC times.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from odds_pipeline.planning.captures import Window
from odds_pipeline.planning.fixed import fixed_slots

EVERY_MINUTES = 360
KEPT = timedelta(days=3)
CONFIRM_EVERY = timedelta(days=1)


def is_due(
    now: datetime,
    unknown: Iterable[datetime],
    known: Iterable[datetime],
    last: datetime | None,
) -> str | None:
    """Why scores should be asked for now; ``None`` if they need not be.

    Args:
        now: the present.
        unknown: when events without a result should have ended.
        known: when events with a result should have ended.
        last: when scores were last asked for.
    """
    oldest = now - KEPT
    waiting = sum(1 for end in unknown if oldest <= end <= now)
    if waiting:
        return f"{waiting} ended without a result"
    if last is not None and now - last < CONFIRM_EVERY:
        return None
    late = sum(1 for end in known if oldest <= end <= now)
    return f"{late} results of three days may be corrected" if late else None


def score_times(window: Window, ends: Sequence[datetime]) -> list[datetime]:
    """The slots of a window at which scores will be asked for, if results come as games end."""
    known: list[datetime] = []
    waiting = sorted(ends)
    last: datetime | None = None
    times = []
    for day in window.days():
        for slot in fixed_slots(day, EVERY_MINUTES):
            if not window.begin <= slot < window.end:
                continue
            if is_due(slot, waiting, known, last) is None:
                continue
            times.append(slot)
            last = slot
            known += [end for end in waiting if end <= slot]
            waiting = [end for end in waiting if end > slot]
    return times
