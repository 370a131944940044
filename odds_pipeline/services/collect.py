"""Live collection: the current slot of each sport's odds, events and scores.

Belongs here: which request serves which live slot. Does not belong here: the steps of a call
(``calls``), past days (``history``).

Every function is safe to repeat: a slot that is made, or being made elsewhere, costs nothing.
Units: credits; UTC times.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from odds_pipeline.errors import BudgetExceeded, OddsPipelineError, ProviderError
from odds_pipeline.planning.budget import Purpose
from odds_pipeline.planning.fixed import fixed_slots, slot_of
from odds_pipeline.services.answers import Fetched
from odds_pipeline.services.calls import fetch_slot, forecast
from odds_pipeline.services.platform import Platform
from odds_pipeline.settings import Settings
from odds_pipeline.sources.the_odds_api.queries import (
    EventsRequest,
    OddsRequest,
    ProviderRequest,
    ScoresRequest,
)
from odds_pipeline.storage import slots
from odds_pipeline.storage.engine import transaction

LIVE, EVENTS, SCORES = "live", "events", "scores"
EVENTS_MINUTES = 60
SCORES_MINUTES = 360
DAYS_FROM = 3


@dataclass(frozen=True, slots=True)
class Collected:
    """What a pass over the current slots did."""

    made: tuple[Fetched, ...]
    skipped: int

    @property
    def credits(self) -> float:
        """Credits the pass cost."""
        return sum(fetched.credits for fetched in self.made)

    @property
    def refused(self) -> tuple[str, ...]:
        """Markets that the provider refused somewhere; the others were captured."""
        return tuple(sorted({market for fetched in self.made for market in fetched.refused}))


def odds_request(settings: Settings, sport: str) -> OddsRequest:
    """The live question: the configured markets at the configured bookmakers or regions."""
    return OddsRequest(
        sport,
        settings.markets,
        settings.bookmakers,
        () if settings.bookmakers else settings.regions,
    )


def live_cost(settings: Settings) -> int:
    """Credits one live tick costs at most, over all sports."""
    return sum(forecast(odds_request(settings, sport)) for sport in settings.sports)


def collect_odds(
    platform: Platform,
    sports: Sequence[str] | None = None,
    slot_time: datetime | None = None,
    spent_on: Purpose = Purpose.LIVE,
) -> Collected:
    """Capture one slot of every sport's odds.

    Args:
        platform: the parts to work with.
        sports: which sports; default: the configured ones.
        slot_time: the slot that is due; default: the current one of the fixed grid, and the rest
            of the day's grid is planned.
        spent_on: what the credits count as.

    Raises:
        ProviderError: a slot could not be made; it stands as a gap with its reason. The other
            sports' slots were tried all the same.
        BudgetExceeded: the month's credits do not allow it; likewise.
    """
    settings = platform.settings
    return _collect(
        platform,
        LIVE,
        slot_time or _on_the_grid(platform, sports or settings.sports),
        sports,
        lambda sport: odds_request(settings, sport),
        spent_on,
    )


def _on_the_grid(platform: Platform, sports: Sequence[str]) -> datetime:
    interval = platform.settings.fixed_interval_minutes
    slot_time = slot_of(platform.now(), interval)
    later = [t for t in fixed_slots(slot_time.date(), interval) if t >= slot_time]
    with transaction(platform.engine) as conn:
        for sport in sports:
            slots.plan(conn, LIVE, sport, later)
    return slot_time


def collect_events(platform: Platform, sports: Sequence[str] | None = None) -> Collected:
    """Ask for the current events of every sport; free."""
    slot_time = slot_of(platform.now(), EVENTS_MINUTES)
    return _collect(platform, EVENTS, slot_time, sports, EventsRequest)


def collect_scores(platform: Platform, sports: Sequence[str] | None = None) -> Collected:
    """Ask for every sport's scores of the last three days: two credits a sport."""
    slot_time = slot_of(platform.now(), SCORES_MINUTES)
    return _collect(
        platform, SCORES, slot_time, sports, lambda sport: ScoresRequest(sport, DAYS_FROM)
    )


def scores_reach(platform: Platform, day: date) -> bool:
    """Whether the provider still tells the scores of that UTC day."""
    today = platform.now().date()
    return today - timedelta(days=DAYS_FROM) <= day <= today


def _collect(
    platform: Platform,
    purpose: str,
    slot_time: datetime,
    sports: Sequence[str] | None,
    request: Callable[[str], ProviderRequest],
    spent_on: Purpose | None = None,
) -> Collected:
    made = []
    failures: list[OddsPipelineError] = []
    asked = sports or platform.settings.sports
    for sport in asked:
        try:
            fetched = fetch_slot(platform, purpose, sport, slot_time, request(sport), spent_on)
        except (ProviderError, BudgetExceeded) as failure:
            failures.append(failure)  # one sport's fault is no reason to miss the others
            continue
        if fetched is not None:
            made.append(fetched)
    if failures:
        raise failures[0]
    return Collected(tuple(made), len(asked) - len(made))
