"""How each bet did, by its event's result.

Belongs here: which rule settles which market. Does not belong here: the rules
(``betting.settlement``), money (``bankroll``).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.betting.settlement import (
    settle_spread,
    settle_three_way,
    settle_total,
    settle_two_way,
)

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
DRAW, OVER, UNDER = "Draw", "Over", "Under"
TEAM_MARKETS = frozenset({"h2h", "h2h_3_way", "spreads", "alternate_spreads"})
TOTALS = frozenset({"totals", "alternate_totals"})


@dataclass(frozen=True, slots=True)
class Graded:
    """Of each bet.

    Args:
        result: share of the stake won or lost, from 1 to -1; NaN while pending.
        void: whether the stake comes back because the bet never stood.
        settled_at: when that was known; NaT while pending.
    """

    result: Floats
    void: Bools
    settled_at: "pd.Series"


def grade(bets: "pd.DataFrame", outcomes: "pd.DataFrame", three_way: Bools) -> Graded:
    """Grade bets.

    Args:
        bets: offers that were bet on.
        outcomes: from ``results.results``.
        three_way: of each bet, whether its money line prices the draw too: then a tie loses on
            either team; otherwise it is a push.

    Raises:
        ValueError: a market or an outcome that scores of a game do not settle.
    """
    of = outcomes.reindex(bets["event_id"])
    home, away = (of[name].to_numpy(dtype=np.float64) for name in ("home_score", "away_score"))
    market = bets["market_key"].to_numpy(dtype=object)
    name = bets["outcome_name"].to_numpy(dtype=object)
    point = bets["point"].to_numpy(dtype=np.float64)
    result = np.full(len(bets), np.nan)
    totals = np.isin(market, list(TOTALS))
    sides = np.isin(market, list(TEAM_MARKETS))
    _require(bets, totals & np.isin(name, (OVER, UNDER)), sides)
    result[totals] = settle_total((home + away)[totals], point[totals], name[totals] == OVER)
    margin = _margin(bets, home - away)
    spread = sides & np.isfinite(point)
    line = sides & ~spread
    result[spread] = settle_spread(margin[spread], point[spread])
    drawn = name == DRAW
    result[line] = np.where(
        three_way[line],
        settle_three_way(margin[line], drawn[line]),
        settle_two_way(margin[line]),
    )
    void = of["void"].fillna(False).to_numpy(dtype=np.bool_)
    return Graded(result, void, of["settled_at"].reset_index(drop=True))


def _margin(bets: "pd.DataFrame", home_lead: Floats) -> Floats:
    """Score of the backed side minus the other's; the home side's for the draw."""
    away = bets["outcome_name"].to_numpy(dtype=object) == bets["away_team"].to_numpy(dtype=object)
    return np.where(away, -home_lead, home_lead)


def _require(bets: "pd.DataFrame", totals: Bools, sides: Bools) -> None:
    name = bets["outcome_name"]
    known = (name == bets["home_team"]) | (name == bets["away_team"]) | (name == DRAW)
    fits = totals | (sides & known.to_numpy(dtype=np.bool_))
    if not fits.all():
        first = bets[~fits].iloc[0]
        raise ValueError(
            f"a bet on {first['outcome_name']!r} in {first['market_key']} of event "
            f"{first['event_id']} is not settled by its score"
        )
