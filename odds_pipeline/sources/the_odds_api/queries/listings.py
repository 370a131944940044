"""Questions for lists without prices: sports, events, participants, scores."""

from dataclasses import dataclass
from datetime import datetime

from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.planning.rate_cards import CostInputs
from odds_pipeline.sources.the_odds_api.queries import spelling
from odds_pipeline.sources.the_odds_api.queries.base import ProviderRequest
from odds_pipeline.sources.the_odds_api.queries.spelling import Detail


@dataclass(frozen=True, slots=True)
class SportsRequest(ProviderRequest):
    """The sports. Free.

    Args:
        out_of_season: whether those out of season are listed too.
    """

    out_of_season: bool = True
    endpoint = Endpoint.SPORTS

    @property
    def path(self) -> str:
        """See ``ProviderRequest``."""
        return "/v4/sports"

    def query(self) -> dict[str, str]:
        """See ``ProviderRequest``."""
        return {"all": "true" if self.out_of_season else "false"}


@dataclass(frozen=True, slots=True)
class EventsRequest(ProviderRequest):
    """A sport's events that have not ended. Free.

    Args:
        sport: sport key.
        event_ids: only these events; empty = all.
        starts_from: only events that start at or after this time.
        starts_to: only events that start at or before this time.
        details: rotation numbers are all that is offered.
    """

    sport: str
    event_ids: tuple[str, ...] = ()
    starts_from: datetime | None = None
    starts_to: datetime | None = None
    details: frozenset[Detail] = frozenset()
    endpoint = Endpoint.EVENTS

    @property
    def path(self) -> str:
        """See ``ProviderRequest``."""
        return f"/v4/sports/{spelling.segment(self.sport)}/events"

    def query(self) -> dict[str, str]:
        """See ``ProviderRequest``."""
        return {
            "dateFormat": "iso",
            **spelling.filters(self.event_ids, self.starts_from, self.starts_to),
            **spelling.flags(self.details, spelling.LISTED),
        }


@dataclass(frozen=True, slots=True)
class ParticipantsRequest(ProviderRequest):
    """The teams or players of a sport, inactive ones too; no rosters. One credit.

    Args:
        sport: sport key.
    """

    sport: str
    endpoint = Endpoint.PARTICIPANTS

    @property
    def path(self) -> str:
        """See ``ProviderRequest``."""
        return f"/v4/sports/{spelling.segment(self.sport)}/participants"

    def query(self) -> dict[str, str]:
        """See ``ProviderRequest``."""
        return {}


@dataclass(frozen=True, slots=True)
class ScoresRequest(ProviderRequest):
    """A sport's scores, live and of up to three past days.

    Args:
        sport: sport key.
        days_from: past days to include (1 to 3); ``None`` = live and upcoming only, one credit.
        event_ids: only these events; empty = all.
    """

    sport: str
    days_from: int | None = None
    event_ids: tuple[str, ...] = ()
    endpoint = Endpoint.SCORES

    @property
    def path(self) -> str:
        """See ``ProviderRequest``."""
        return f"/v4/sports/{spelling.segment(self.sport)}/scores"

    def query(self) -> dict[str, str]:
        """See ``ProviderRequest``."""
        return {
            "dateFormat": "iso",
            **spelling.days(self.days_from),
            **spelling.filters(self.event_ids, None, None),
        }

    def cost_inputs(self) -> CostInputs:
        """See ``ProviderRequest``."""
        return {"days_from": self.days_from is not None}
