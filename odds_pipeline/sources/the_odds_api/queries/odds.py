"""Questions for prices as they are now, and for the markets of an event."""

from dataclasses import dataclass
from datetime import datetime

from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.catalog.observations import OddsFormat
from odds_pipeline.sources.the_odds_api.queries import spelling
from odds_pipeline.sources.the_odds_api.queries.base import PricedRequest, ProviderRequest
from odds_pipeline.sources.the_odds_api.queries.spelling import Detail


@dataclass(frozen=True, slots=True)
class OddsRequest(PricedRequest):
    """The odds of a sport's events. Costs markets times regions.

    Args:
        sport: sport key, or `upcoming`.
        markets: market keys, featured markets only.
        bookmakers: bookmaker keys; override the regions.
        regions: provider regions; used only without bookmakers.
        odds_format: format of the prices.
        event_ids: only these events; empty = all.
        starts_from: only events that start at or after this time.
        starts_to: only events that start at or before this time.
        details: what to send beside the prices; multipliers are not offered.
    """

    sport: str
    markets: tuple[str, ...]
    bookmakers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    odds_format: OddsFormat = OddsFormat.AMERICAN
    event_ids: tuple[str, ...] = ()
    starts_from: datetime | None = None
    starts_to: datetime | None = None
    details: frozenset[Detail] = frozenset()
    endpoint = Endpoint.ODDS

    @property
    def path(self) -> str:
        """See ``ProviderRequest``."""
        return f"/v4/sports/{spelling.segment(self.sport)}/odds"

    def query(self) -> dict[str, str]:
        """See ``ProviderRequest``."""
        return self._priced() | spelling.filters(self.event_ids, self.starts_from, self.starts_to)


@dataclass(frozen=True, slots=True)
class EventOddsRequest(PricedRequest):
    """The odds of one event, in any market. Costs the markets returned times regions.

    Args:
        sport: sport key.
        event_id: the event.
        markets: market keys of any kind: props, alternates and periods too.
        bookmakers: bookmaker keys; override the regions.
        regions: provider regions; used only without bookmakers.
        odds_format: format of the prices.
        details: what to send beside the prices.
    """

    sport: str
    event_id: str
    markets: tuple[str, ...]
    bookmakers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    odds_format: OddsFormat = OddsFormat.AMERICAN
    details: frozenset[Detail] = frozenset()
    endpoint = Endpoint.EVENT_ODDS
    offered = spelling.EVENT_PRICED

    @property
    def path(self) -> str:
        """See ``ProviderRequest``."""
        event = spelling.event_segment(self.event_id)
        return f"/v4/sports/{spelling.segment(self.sport)}/events/{event}/odds"

    def query(self) -> dict[str, str]:
        """See ``ProviderRequest``."""
        return self._priced()


@dataclass(frozen=True, slots=True)
class EventMarketsRequest(ProviderRequest):
    """The markets in which each bookmaker was seen lately for one event. One credit.

    Args:
        sport: sport key.
        event_id: the event.
        bookmakers: bookmaker keys; override the regions.
        regions: provider regions; used only without bookmakers.
    """

    sport: str
    event_id: str
    bookmakers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    endpoint = Endpoint.EVENT_MARKETS

    @property
    def path(self) -> str:
        """See ``ProviderRequest``."""
        event = spelling.event_segment(self.event_id)
        return f"/v4/sports/{spelling.segment(self.sport)}/events/{event}/markets"

    def query(self) -> dict[str, str]:
        """See ``ProviderRequest``."""
        return spelling.sellers(self.bookmakers, self.regions) | {"dateFormat": "iso"}
