"""What can be asked of The Odds API.

Belongs here: one typed request an endpoint, and how it is spelled on the wire. Does not belong
here: sending (``client``), cost (``planning.rate_cards``).

A request knows its path and parameters and never the key. ``described()`` is what is stored with
the answer: the query parameters as sent, and ``sport`` and ``event_id`` for the path. Keys are
sorted, so that the same question is spelled the same. Times are sent as ``YYYY-MM-DDTHH:MM:SSZ``:
the provider refuses offsets and fractions. What cannot be asked is refused when it is stated: a
request that exists can be sent.
"""

from odds_pipeline.sources.the_odds_api.queries.base import (
    PricedRequest,
    ProviderRequest,
    without_markets,
)
from odds_pipeline.sources.the_odds_api.queries.historical import (
    HistoricalEventOddsRequest,
    HistoricalEventsRequest,
    HistoricalOddsRequest,
)
from odds_pipeline.sources.the_odds_api.queries.listings import (
    EventsRequest,
    ParticipantsRequest,
    ScoresRequest,
    SportsRequest,
)
from odds_pipeline.sources.the_odds_api.queries.odds import (
    EventMarketsRequest,
    EventOddsRequest,
    OddsRequest,
)
from odds_pipeline.sources.the_odds_api.queries.spelling import Detail, strict_time

__all__ = [
    "Detail",
    "EventMarketsRequest",
    "EventOddsRequest",
    "EventsRequest",
    "HistoricalEventOddsRequest",
    "HistoricalEventsRequest",
    "HistoricalOddsRequest",
    "OddsRequest",
    "ParticipantsRequest",
    "PricedRequest",
    "ProviderRequest",
    "ScoresRequest",
    "SportsRequest",
    "strict_time",
    "without_markets",
]
