"""Back every side where the best prices together cost less than they pay."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from odds_pipeline.backtesting.boards import boards
from odds_pipeline.backtesting.strategy import Parameters, Picks, Strategy
from odds_pipeline.betting.arbitrage import arbitrage, best_prices

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class ArbitrageParameters(Parameters):
    """Parameters.

    Args:
        min_profit_margin: certain profit a unit staked in all, at least.
        market: the market; legs stand on the same line.
    """

    min_profit_margin: float = 0.01
    market: str = "h2h"


class ArbitrageStrategy(Strategy):
    """All sides of a market at the best prices, where that is a certain profit."""

    name: ClassVar[str] = "arbitrage"
    summary: ClassVar[str] = "All sides at once, where the best prices pay more than they cost."
    parameters_class = ArbitrageParameters

    def opportunities(self, offers: "pd.DataFrame") -> Picks:
        """See ``Strategy``; a group's stake is its whole stake."""
        of = boards(offers, self.parameters.market)
        three = np.isfinite(of.prices[:, :, 2]).any(axis=1)
        rows, weights, groups = [], [], []
        first = 0
        for which, outcomes in ((~three, 2), (three, 3)):
            board = np.flatnonzero(which)
            best = best_prices(of.prices[board, :, :outcomes])
            found = arbitrage(best.prices)
            sure = np.nan_to_num(found.profit, nan=-np.inf) > self.parameters.min_profit_margin
            legs = of.rows[board[sure, None], best.books[sure], np.arange(outcomes)]
            rows.append(legs.ravel())
            weights.append(found.shares[sure].ravel())
            groups.append(first + np.repeat(np.arange(int(sure.sum())), outcomes))
            first += int(sure.sum())
        places = np.concatenate(rows)
        return Picks(
            places,
            np.full(len(places), np.nan),
            np.concatenate(weights),
            np.concatenate(groups).astype(np.int64),
        )
