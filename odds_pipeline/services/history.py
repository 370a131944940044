"""Past days: exactly the planned captures that are missing, from the historical endpoint.

Belongs here: what a past day's plan is, and filling it. Does not belong here: several days and
their cost (``backfill``), when a capture is worth its credits (``planning``), the steps of a call
(``calls``).

A day is planned by decision points from the events listed as it began, as they were stated then:
whatever is learned later, the plan is the same, so doing a day again buys only what is missing.
A snapshot that is stored already makes every slot of its time. A day that was collected live has
its live slots as its plan, and a missed one is healed.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from math import inf

from odds_pipeline.errors import BudgetExceeded, OutOfCredits, ProviderError, UsageError
from odds_pipeline.planning.captures import day_window
from odds_pipeline.planning.decision_points import plan_day
from odds_pipeline.planning.representative import Game
from odds_pipeline.planning.snapshots import step_at
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
from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.slots import Slot

HISTORY, LISTING = "history", "listing"
DAY = timedelta(days=1)
DONE = frozenset({"ok", "healed"})

Progress = Callable[[int, int], None]
Chosen = Set[str]  # ids of the only events that matter


@dataclass(frozen=True, slots=True)
class DayDone:
    """A past day's slots after a pass: planned, ok (healed included), gaps, and the cost.

    ``refused`` names markets that the provider refused for some slot; the others were captured.
    ``stopped`` is the refusal by a budget that ended the pass, if one did.
    """

    day: date
    planned: int
    ok: int
    gaps: int
    credits: float
    refused: tuple[str, ...] = ()
    stopped: BudgetExceeded | OutOfCredits | None = None


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
    listing = list_events(platform, day)
    done = fill_day(platform, day, progress)
    if done.stopped is not None:
        raise done.stopped
    return replace(done, credits=listing + done.credits)


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


def plan_history(platform: Platform, day: date, chosen: Chosen | None = None) -> list[Slot]:
    """Plan a past day's captures; returns its slots.

    Raises:
        UsageError: the day has not ended yet.
    """
    _require_ended(platform, day)
    with transaction(platform.engine) as conn:
        for slot in day_slots(conn, platform.settings, day, chosen):
            if not slot.slot_id:
                slots.plan(conn, slot.purpose, slot.sport_key, [slot.slot_time])
        for sport in platform.settings.sports:
            slots.share(conn, sport, day_window(day))
        return day_slots(conn, platform.settings, day, chosen)


def fill_day(
    platform: Platform,
    day: date,
    progress: Progress | None = None,
    chosen: Chosen | None = None,
    limit: float = inf,
) -> DayDone:
    """Plan a listed day and buy what is missing; a budget ends it, and the rest can be resumed.

    Args:
        platform: the parts to work with.
        day: a UTC day that has ended.
        progress: told after each slot: (slots done, slots planned).
        chosen: ids of the only events that matter; ``None`` = all.
        limit: credits that this pass may cost.

    Raises:
        UsageError: the day has not ended yet.
        ProviderError: the key is refused; what was bought stays.
    """
    plan = plan_history(platform, day, chosen)
    missing = [slot for slot in plan if is_missing(slot)]
    credits = 0.0
    refused: set[str] = set()
    stopped: BudgetExceeded | OutOfCredits | None = None
    for place, slot in enumerate(missing, len(plan) - len(missing) + 1):
        try:
            fetched = _fill(platform, slot, limit - credits)
        except (BudgetExceeded, OutOfCredits) as budget:
            stopped = budget
            break
        if fetched is not None:
            credits += fetched.credits
            refused.update(fetched.refused)
        if progress is not None:
            progress(place, len(plan))
    with transaction(platform.engine) as conn:
        after = day_slots(conn, platform.settings, day, chosen)
    ok = sum(slot.status in DONE for slot in after)
    return DayDone(day, len(after), ok, len(after) - ok, credits, tuple(sorted(refused)), stopped)


def day_slots(
    conn: Connection, settings: Settings, day: date, chosen: Chosen | None = None
) -> list[Slot]:
    """The slots that make a past day complete, whether planned yet (``slot_id`` 0) or not.

    Args:
        conn: a connection; nothing is changed.
        settings: the sports.
        day: a listed day.
        chosen: ids of the only events that matter; ``None`` = all, and whatever was planned.
    """
    present = slots.of_day(conn, day, [HISTORY, LIVE])
    live = {slot.sport_key for slot in present if slot.purpose == LIVE}
    found = present if chosen is None else []
    for sport in settings.sports:
        if sport in live:
            continue
        planned = {slot.slot_time: slot for slot in present if slot.sport_key == sport}
        for moment in _planned_times(conn, sport, day, chosen):
            if moment not in planned:
                found.append(Slot(0, HISTORY, sport, moment, "planned", None, None))
            elif chosen is not None:
                found.append(planned[moment])
    return sorted(found, key=lambda slot: (slot.slot_time, slot.sport_key))


def listed_games(conn: Connection, sport: str, day: date) -> list[Game]:
    """The sport's scheduled events of a day and the one after it, as stated when it began."""
    begin = _midnight(day)
    events = readers.events_between(conn, begin, begin + 2 * DAY, sport, at=begin)
    scheduled = events[events["status"] == "scheduled"]
    columns = [scheduled[name] for name in ("id", "commence_time", "home_team", "away_team")]
    return [
        Game(event, start.to_pydatetime(), home, away)
        for event, start, home, away in zip(*columns, strict=True)
    ]


def is_listed(conn: Connection, settings: Settings, day: date) -> bool:
    """Whether the events listed as the day began are known, for every sport."""
    listed = {slot.sport_key for slot in slots.of_day(conn, day, [LISTING]) if slot.status == "ok"}
    return listed.issuperset(settings.sports)


def is_missing(slot: Slot) -> bool:
    """Whether the capture is missing and was not bought before, with an answer of another time."""
    return slot.status not in DONE and slot.reason != slots.NOT_THERE


def slot_cost(settings: Settings) -> int:
    """Credits one past capture of one sport costs at most."""
    return forecast(odds_request_at(settings, settings.sports[0], settings.history_starts_at))


def listing_cost(settings: Settings) -> int:
    """Credits that the listing of one day costs at most, over all sports."""
    begin = settings.history_starts_at
    return sum(forecast(HistoricalEventsRequest(sport, begin)) for sport in settings.sports)


def odds_request_at(settings: Settings, sport: str, moment: datetime) -> HistoricalOddsRequest:
    """The live question, asked of the past."""
    return HistoricalOddsRequest(
        sport,
        moment,
        settings.markets,
        settings.bookmakers,
        () if settings.bookmakers else settings.regions,
    )


def _planned_times(
    conn: Connection, sport: str, day: date, chosen: Chosen | None
) -> list[datetime]:
    games = listed_games(conn, sport, day)
    starts = [game.commence_time for game in games if chosen is None or game.event_id in chosen]
    captures = plan_day(day, starts, feed_step=step_at(_midnight(day)))
    return [capture.slot_time for capture in captures]


def _fill(platform: Platform, slot: Slot, limit: float) -> Fetched | None:
    """Buy one slot, unless an answer to one before it made it too."""
    with transaction(platform.engine) as conn:
        if slots.is_made(conn, slot.slot_id):
            return None
    cost = slot_cost(platform.settings)
    if cost > limit:
        raise BudgetExceeded(f"a capture costs {cost} credits, {limit:g} may be spent")
    request = odds_request_at(platform.settings, slot.sport_key, slot.slot_time)
    try:
        return fetch_slot(platform, slot.purpose, slot.sport_key, slot.slot_time, request)
    except OutOfCredits:
        raise
    except ProviderError as failure:
        if is_final_refusal(failure):
            raise
        return None  # the slot stands as a gap with the provider's reason


def _require_ended(platform: Platform, day: date) -> None:
    if _midnight(day) + DAY > platform.now():
        raise UsageError(f"{day} has not ended yet: history begins where live collection ends")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
