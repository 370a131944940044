"""Final scores of the simulated market's past days, as a file that somebody kept would have them.

Belongs here: the content of such a file. Does not belong here: the provider's own scores, which
reach back three days at most (``endpoints``). Units: days.
"""

from collections.abc import Iterable
from datetime import datetime

from odds_pipeline.simulator.feed import MarketFeed, Moment
from odds_pipeline.simulator.market import Market
from odds_pipeline.simulator.parameters import EventFilter, Spelling
from odds_pipeline.simulator.wire import JsonObject


def past_results(
    seed: int, sport_keys: Iterable[str], until: datetime, days: int
) -> list[JsonObject]:
    """Every game that was over by a moment, of those that began within ``days`` before it.

    Args:
        seed: of the simulated market.
        sport_keys: of the sports.
        until: the moment; nothing later is told.
        days: how far to look back.
    """
    feed, at = MarketFeed(Market(seed)), Moment(int(until.timestamp()))
    spelling = Spelling("decimal", unix_dates=False)
    return [
        score
        for sport_key in sport_keys
        for score in feed.scores(sport_key, at, days, EventFilter(), spelling)
        if score["completed"]
    ]
