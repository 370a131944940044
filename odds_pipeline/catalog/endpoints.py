"""The kinds of document the platform knows: the provider's endpoints and the file kinds.

Belongs here: their names. Does not belong here: their paths and parameters
(``sources.the_odds_api``), what they cost (``planning.rate_cards``).
"""

from enum import StrEnum


class Endpoint(StrEnum):
    """One kind of document; a live call's is the endpoint that answered it."""

    SPORTS = "sports"
    EVENTS = "events"
    ODDS = "odds"
    SCORES = "scores"
    EVENT_ODDS = "event_odds"
    EVENT_MARKETS = "event_markets"
    PARTICIPANTS = "participants"
    HISTORICAL_ODDS = "historical_odds"
    HISTORICAL_EVENTS = "historical_events"
    HISTORICAL_EVENT_ODDS = "historical_event_odds"
    FLAT_ODDS = "flat_odds"  # a CSV series, one row an outcome
    FLAT_PLAYER_LINES = "flat_player_lines"  # a CSV series, one row a player's line, both sides
    FLAT_SCORES = "flat_scores"  # a CSV list, one row a team's score
    ARCHIVE = "archive"  # past games by a declared layout, prices by phase
