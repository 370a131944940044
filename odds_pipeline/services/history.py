"""Past days: exactly the planned captures that are missing, from the historical endpoint.

Belongs here: planning a past day once, and filling it. Does not belong here: when a capture is
worth its credits (``planning``), the steps of a call (``calls``).

A day is planned from the events listed at its first moment, by decision points, and its plan is
kept: doing a day again buys only what is still missing. A day that was collected live has its
live slots as its plan, and a missed one is healed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from odds_pipeline.errors import ProviderError, UsageError
from odds_pipeline.planning.decision_points import plan_day
from odds_pipeline.services.answers import Fetched
from odds_pipeline.services.calls import fetch_slot, forecast, is_final_refusal
from odds_pipeline.services.collect import LIVE
from odds_pipeline.services.platform import Platform
from odds_pipeline.settings import Settings
from odds_pipeline.sources.the_odds_api.queries import (
    HistoricalEventsRequest,
    HistoricalOddsRequest,
)
from odds_pipeline.storage import readers, slots
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.slots import Slot

HISTORY, LISTING = "history", "listing"
DAY = timedelta(days=1)
DONE = frozenset({"ok", "healed"})

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class DayDone:
    """A past day's slots after a pass: planned, ok (healed included), gaps, and the cost.

    ``refused`` names markets that the provider refused for some slot; the others were captured.
    """

    day: date
    planned: int
    ok: int
    gaps: int
    credits: float
    refused: tuple[str, ...] = ()


def list_events(platform: Platform, day: date) -> float:
    """Ask once which events were listed as the day began; returns credits paid now.

    Raises:
        UsageError: the day has not ended yet.
    """
    _require_ended(platform, day)
    credits = 0.0
    for sport in platform.settings.sports:
        request = HistoricalEventsRequest(sport, _midnight(day))
        fetched = fetch_slot(platform, LISTING, sport, _midnight(day), request)
        credits += 0.0 if fetched is None else fetched.credits
    return credits


def plan_history(platform: Platform, day: date) -> int:
    """Plan a past day's captures, once; returns how many slots it has.

    Raises:
        UsageError: the day has not ended yet.
    """
    _require_ended(platform, day)
    with transaction(platform.engine) as conn:
        present = slots.of_day(conn, day, [HISTORY, LIVE])
        planned = {slot.sport_key for slot in present}
    for sport in platform.settings.sports:
        if sport not in planned:
            _plan_sport(platform, sport, day)
    with transaction(platform.engine) as conn:
        return len(slots.of_day(conn, day, [HISTORY, LIVE]))


def _plan_sport(platform: Platform, sport: str, day: date) -> None:
    start = _midnight(day)
    with transaction(platform.engine) as conn:
        events = readers.events_between(conn, start, start + 2 * DAY, sport)
        starts = [moment.to_pydatetime() for moment in events["commence_time"]]
        times = [capture.slot_time for capture in plan_day(day, starts)]
        slots.plan(conn, HISTORY, sport, times)


def complete_day(platform: Platform, day: date, progress: Progress | None = None) -> DayDone:
    """Make a past day complete: list, plan, and buy what is missing.

    Args:
        platform: the parts to work with.
        day: a UTC day that has ended.
        progress: told after each slot: (slots done, slots planned).

    Raises:
        UsageError: the day has not ended yet.
        ProviderError: the key is refused; what was bought stays, the rest can be resumed.
        BudgetExceeded: likewise, the month's credits being used up.
    """
    credits = list_events(platform, day)
    plan_history(platform, day)
    with transaction(platform.engine) as conn:
        plan = slots.of_day(conn, day, [HISTORY, LIVE])
    missing = [slot for slot in plan if _worth_buying(slot)]
    refused: set[str] = set()
    for place, slot in enumerate(missing, len(plan) - len(missing) + 1):
        fetched = _fill(platform, slot)
        if fetched is not None:
            credits += fetched.credits
            refused.update(fetched.refused)
        if progress is not None:
            progress(place, len(plan))
    with transaction(platform.engine) as conn:
        after = slots.of_day(conn, day, [HISTORY, LIVE])
    ok = sum(slot.status in DONE for slot in after)
    return DayDone(day, len(after), ok, len(after) - ok, credits, tuple(sorted(refused)))


def _worth_buying(slot: Slot) -> bool:
    """Whether the capture is missing and was not bought before, with an answer of another time."""
    return slot.status not in DONE and slot.reason != slots.NOT_THERE


def slot_cost(settings: Settings) -> int:
    """Credits one past capture of one sport costs at most."""
    return forecast(_request(settings, settings.sports[0], settings.history_starts_at))


def _request(settings: Settings, sport: str, moment: datetime) -> HistoricalOddsRequest:
    return HistoricalOddsRequest(
        sport,
        moment,
        settings.markets,
        settings.bookmakers,
        () if settings.bookmakers else settings.regions,
    )


def _fill(platform: Platform, slot: Slot) -> Fetched | None:
    request = _request(platform.settings, slot.sport_key, slot.slot_time)
    try:
        return fetch_slot(platform, slot.purpose, slot.sport_key, slot.slot_time, request)
    except ProviderError as failure:
        if is_final_refusal(failure):
            raise
        return None  # the slot stands as a gap with the provider's reason


def _require_ended(platform: Platform, day: date) -> None:
    if _midnight(day) + DAY > platform.now():
        raise UsageError(f"{day} has not ended yet: history begins where live collection ends")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
