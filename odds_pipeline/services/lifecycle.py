"""When the results of events should be asked for.

Belongs here: the tick of scores, which reads what began and says which sports to ask for. Does not
belong here: the rule (``planning.score_times``), the statuses themselves, which the database
concludes from what was stated (`events_as_of`), making the calls (``collect``).

A tick calls nobody. Scores are asked for in slots of six hours, in each at most once a sport, and
only where an event should have ended or a result may still be corrected.

Units: the provider's credits; UTC times.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from odds_pipeline.catalog.sports import usual_length
from odds_pipeline.planning.captures import Window
from odds_pipeline.planning.fixed import slot_of
from odds_pipeline.planning.score_times import KEPT, is_due
from odds_pipeline.services.calls import forecast
from odds_pipeline.services.collect import DAYS_FROM, SCORES, SCORES_MINUTES
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.sampling import provider_now
from odds_pipeline.sources.the_odds_api.queries import ScoresRequest
from odds_pipeline.storage import readers, slots
from odds_pipeline.storage.engine import transaction

# Results are called completed a while after the end.
MARGIN = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class ScoresTick:
    """The sports whose scores are due now, the slot they fill, the reason, and the credits."""

    sports: tuple[str, ...]
    slot_time: datetime
    reason: str
    credits: int


def scores_tick(platform: Platform) -> ScoresTick:
    """Say which sports' scores are worth asking for now."""
    slot_time = slot_of(provider_now(platform), SCORES_MINUTES)
    due: list[str] = []
    said: list[str] = []
    for sport in platform.settings.sports:
        reason = _reason(platform, sport, slot_time)
        if reason is not None:
            due.append(sport)
            said.append(f"{sport}: {reason}")
    credits = sum(forecast(ScoresRequest(sport, DAYS_FROM)) for sport in due)
    idle = f"no result to ask for; next look {_next(slot_time):%m-%d %H:%M}"
    return ScoresTick(tuple(due), slot_time, "; ".join(said) or idle, credits)


def _reason(platform: Platform, sport: str, slot_time: datetime) -> str | None:
    """Why a sport's scores should be asked for in this slot; ``None`` if not, or asked already."""
    with transaction(platform.engine) as conn:
        asked = slots.between(conn, SCORES, sport, Window(slot_time - KEPT, _next(slot_time)))
        if any(slot.slot_time == slot_time and slot.status != "planned" for slot in asked):
            return None
        begun = readers.begun_events(conn, sport, slot_time - KEPT - usual_length(sport), slot_time)
    lasts = usual_length(sport) + MARGIN
    answered = [slot.slot_time for slot in asked if slot.status == "ok"]
    return is_due(
        slot_time,
        unknown=[event.commence_time + lasts for event in begun if not event.result_known],
        known=[event.commence_time + lasts for event in begun if event.result_known],
        last=max(answered, default=None),
    )


def _next(slot_time: datetime) -> datetime:
    return slot_time + timedelta(minutes=SCORES_MINUTES)
