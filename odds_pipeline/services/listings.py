"""When events should be listed.

Belongs here: the tick of the free event list. Does not belong here: making the call (``collect``),
when scores are due (``lifecycle``).

Every hour, and at once after a stop: which games there are decides what is worth paying for.
Units: UTC times.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from odds_pipeline.planning.captures import Window
from odds_pipeline.planning.fixed import slot_of
from odds_pipeline.services.collect import EVENTS, EVENTS_MINUTES
from odds_pipeline.services.pauses import current_pause
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import slots
from odds_pipeline.storage.engine import transaction


@dataclass(frozen=True, slots=True)
class ListingTick:
    """The sports whose events are to be listed now, the slot they fill, and the reason."""

    sports: tuple[str, ...]
    slot_time: datetime
    reason: str


def listing_tick(platform: Platform) -> ListingTick:
    """Say which sports' events nobody listed this hour; while calls pause, none."""
    slot_time = slot_of(platform.now(), EVENTS_MINUTES)
    window = Window(slot_time, slot_time + timedelta(minutes=EVENTS_MINUTES))
    due = []
    for sport in platform.settings.sports:
        with transaction(platform.engine) as conn:
            asked = slots.between(conn, EVENTS, sport, window)
        if not any(slot.status != "planned" for slot in asked):
            due.append(sport)
    if not due:
        return ListingTick((), slot_time, f"listed this hour; next look {window.end:%H:%M}")
    pause = current_pause(platform, paid=False)
    if pause is not None:
        return ListingTick(
            (), slot_time, f"nothing is asked until {pause.until:%H:%M}: {pause.reason}"
        )
    return ListingTick(tuple(due), slot_time, f"events of {', '.join(due)} are to be listed; free")
