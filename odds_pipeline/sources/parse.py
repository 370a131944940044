"""From a stored document to what it says: the one door to every parser.

Belongs here: which parser reads which kind of document. Does not belong here: reading one.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.catalog.observations import Document, RawDocument
from odds_pipeline.errors import MalformedResponse
from odds_pipeline.sources.archives.parse import parse_archive
from odds_pipeline.sources.files.flat_odds import parse_flat_odds
from odds_pipeline.sources.files.flat_scores import parse_flat_scores
from odds_pipeline.sources.files.player_lines import parse_player_lines
from odds_pipeline.sources.the_odds_api.event_markets import parse_event_markets
from odds_pipeline.sources.the_odds_api.listings import (
    parse_events,
    parse_historical_events,
    parse_participants,
    parse_scores,
    parse_sports,
)
from odds_pipeline.sources.the_odds_api.odds import (
    parse_event_odds,
    parse_historical_event_odds,
    parse_historical_odds,
    parse_odds,
)

PARSER_VERSION = 1

PARSERS: Mapping[str, Callable[[RawDocument], Document]] = MappingProxyType(
    {
        Endpoint.SPORTS: parse_sports,
        Endpoint.EVENTS: parse_events,
        Endpoint.ODDS: parse_odds,
        Endpoint.SCORES: parse_scores,
        Endpoint.EVENT_ODDS: parse_event_odds,
        Endpoint.EVENT_MARKETS: parse_event_markets,
        Endpoint.PARTICIPANTS: parse_participants,
        Endpoint.HISTORICAL_ODDS: parse_historical_odds,
        Endpoint.HISTORICAL_EVENTS: parse_historical_events,
        Endpoint.HISTORICAL_EVENT_ODDS: parse_historical_event_odds,
        Endpoint.FLAT_ODDS: parse_flat_odds,
        Endpoint.FLAT_PLAYER_LINES: parse_player_lines,
        Endpoint.FLAT_SCORES: parse_flat_scores,
        Endpoint.ARCHIVE: parse_archive,
    }
)


def parse_document(raw: RawDocument) -> Document:
    """Read one document: pure, so that the same document always says the same.

    Raises:
        MalformedResponse: the body cannot be read at all, or no parser reads its kind.
    """
    parser = PARSERS.get(raw.endpoint)
    if parser is None:
        raise MalformedResponse(f"no parser reads documents of kind {raw.endpoint!r}")
    return parser(raw)
