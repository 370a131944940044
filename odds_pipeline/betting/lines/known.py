"""Distributions of scores that are known per sport: the one place where another is entered.

Belongs here: what was measured on closing lines and results, with its source. Does not belong here:
how (``fitting``). A sport that is not here has no line-adjusted value until one is fitted.
"""

from functools import cache

from odds_pipeline.betting.lines.distribution import ScoreDistribution
from odds_pipeline.betting.lines.fitting import key_numbers_from_push_rates

# 10,272 NBA games of 2007-2015 against their closing spread and total.
NBA_MARGIN_SD, NBA_TOTAL_SD = 11.69, 17.38
# 2,956 NFL games of 2011-2021 against their closing spread and total.
NFL_MARGIN_SD, NFL_TOTAL_SD = 13.30, 13.20
# How often those games ended on a closing spread of 3, 4, 6, 7. For 10 and 14 only the share of all
# margins is known (5.31 % and 5.18 %), here by its ratio to a normal's share.
NFL_PUSH_RATES = {3: 0.0909, 4: 0.0441, 6: 0.0405, 7: 0.0723, 10: 0.037, 14: 0.045}


@cache
def known_distribution(sport: str, market: str) -> ScoreDistribution | None:
    """Distribution behind a sport's full-game ``spreads`` or ``totals``; None if not known."""
    match sport, market:
        case "basketball_nba", "spreads":
            return ScoreDistribution(NBA_MARGIN_SD, ties=False)
        case "basketball_nba", "totals":
            return ScoreDistribution(NBA_TOTAL_SD)
        case "americanfootball_nfl", "spreads":
            return key_numbers_from_push_rates(NFL_PUSH_RATES, NFL_MARGIN_SD)
        case "americanfootball_nfl", "totals":
            return ScoreDistribution(NFL_TOTAL_SD)
    return None
