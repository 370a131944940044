"""Questions for what the provider said at a past time; ten times the price of now."""

from dataclasses import dataclass
from datetime import datetime

from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.catalog.observations import OddsFormat
from odds_pipeline.sources.the_odds_api.queries import spelling
from odds_pipeline.sources.the_odds_api.queries.base import PricedRequest, ProviderRequest
from odds_pipeline.sources.the_odds_api.queries.spelling import Detail


@dataclass(frozen=True, slots=True)
class HistoricalOddsRequest(PricedRequest):
    """The odds as the provider had them at a past time: ten times the price of odds.

    Args:
        sport: sport key.
        date: the snapshot wanted; the answer is the one at or before it.
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
    date: datetime
    markets: tuple[str, ...]
    bookmakers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    odds_format: OddsFormat = OddsFormat.AMERICAN
    event_ids: tuple[str, ...] = ()
    starts_from: datetime | None = None
    starts_to: datetime | None = None
    details: frozenset[Detail] = frozenset()
    endpoint = Endpoint.HISTORICAL_ODDS

    @property
    def path(self) -> str:
        """See ``ProviderRequest``."""
        return f"/v4/historical/sports/{spelling.segment(self.sport)}/odds"

    def query(self) -> dict[str, str]:
        """See ``ProviderRequest``."""
        filters = spelling.filters(self.event_ids, self.starts_from, self.starts_to)
        return {"date": spelling.strict_time(self.date)} | self._priced() | filters


@dataclass(frozen=True, slots=True)
class HistoricalEventsRequest(ProviderRequest):
    """The events that had odds at a past time. One credit.

    Args:
        sport: sport key.
        date: the snapshot wanted; the answer is the one at or before it.
        event_ids: only these events; empty = all.
        starts_from: only events that start at or after this time.
        starts_to: only events that start at or before this time.
        details: rotation numbers are all that is offered.
    """

    sport: str
    date: datetime
    event_ids: tuple[str, ...] = ()
    starts_from: datetime | None = None
    starts_to: datetime | None = None
    details: frozenset[Detail] = frozenset()
    endpoint = Endpoint.HISTORICAL_EVENTS

    @property
    def path(self) -> str:
        """See ``ProviderRequest``."""
        return f"/v4/historical/sports/{spelling.segment(self.sport)}/events"

    def query(self) -> dict[str, str]:
        """See ``ProviderRequest``."""
        return {
            "date": spelling.strict_time(self.date),
            "dateFormat": "iso",
            **spelling.filters(self.event_ids, self.starts_from, self.starts_to),
            **spelling.flags(self.details, spelling.LISTED),
        }


@dataclass(frozen=True, slots=True)
class HistoricalEventOddsRequest(PricedRequest):
    """The odds of one event at a past time: ten times the markets returned times regions.

    Args:
        sport: sport key.
        event_id: the event.
        date: the snapshot wanted; the answer is the one at or before it.
        markets: market keys of any kind: props, alternates and periods too.
        bookmakers: bookmaker keys; override the regions.
        regions: provider regions; used only without bookmakers.
        odds_format: format of the prices.
        details: what to send beside the prices.
    """

    sport: str
    event_id: str
    date: datetime
    markets: tuple[str, ...]
    bookmakers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    odds_format: OddsFormat = OddsFormat.AMERICAN
    details: frozenset[Detail] = frozenset()
    endpoint = Endpoint.HISTORICAL_EVENT_ODDS
    offered = spelling.EVENT_PRICED

    @property
    def path(self) -> str:
        """See ``ProviderRequest``."""
        event = spelling.event_segment(self.event_id)
        return f"/v4/historical/sports/{spelling.segment(self.sport)}/events/{event}/odds"

    def query(self) -> dict[str, str]:
        """See ``ProviderRequest``."""
        return {"date": spelling.strict_time(self.date)} | self._priced()
