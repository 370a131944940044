"""Which markets exist for one event besides the featured ones, and who prices each.

Belongs here: the table of event markets of a sport. Does not belong here: how they are priced.

Periods are shut once the game has begun, and exchanges offer none of these markets.
"""

from dataclasses import replace
from functools import cache

from odds_pipeline.simulator.pricing import lines, props, results
from odds_pipeline.simulator.pricing.outcomes import Ask, Outcomes
from odds_pipeline.simulator.pricing.parts import of_period, periods_of
from odds_pipeline.simulator.sports import SIMULATED_SPORTS, Scoring

_FEATURED = frozenset({"h2h", "spreads", "totals"})


def price(market: str, ask: Ask) -> Outcomes:
    """The outcomes of one event market; none where the sport or the book has no such market."""
    if ask.book.lays or market not in event_markets(ask.life.fixture.sport_key):
        return ()
    if (pricer := results.PRICERS.get(market)) is not None:
        return pricer(ask)
    if market.startswith("player_"):
        return props.price(market, ask)
    if market in lines.PRICERS:
        return lines.PRICERS[market](ask)
    return _period(market, ask)


@cache
def event_markets(sport_key: str) -> frozenset[str]:
    """Keys of a sport's event markets."""
    sport = SIMULATED_SPORTS[sport_key]
    of_period = {f"{market}_{period}" for market in lines.PRICERS for period in periods_of(sport)}
    of_draws = results.PRICERS.keys() if sport.scoring is Scoring.GOALS else set()
    whole = lines.PRICERS.keys() - _FEATURED
    return frozenset({*whole, *of_period, *of_draws, *props.markets_of(sport_key)})


def _period(market: str, ask: Ask) -> Outcomes:
    if ask.in_play:
        return ()
    plain, _, period = market.rpartition("_")
    share = periods_of(ask.life.sport)[period]
    return lines.PRICERS[plain](replace(ask, belief=of_period(ask.belief, share)))
