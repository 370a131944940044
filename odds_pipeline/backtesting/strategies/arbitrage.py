"""Back every side where the best prices together cost less than they pay."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.backtesting.boards import boards
from odds_pipeline.backtesting.strategy import Parameters, Picks, ThresholdStrategy
from odds_pipeline.betting.arbitrage import arbitrage, best_prices

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ArbitrageParameters(Parameters):
    """Parameters.

    Args:
        min_profit_margin: certain profit a unit staked in all, at least.
        market: the market; legs stand on the same line.
    """

    min_profit_margin: float = 0.01
    market: str = "h2h"


class Legs(NamedTuple):
    """All sides of each board at the best prices: positions, shares of the stake, board, profit."""

    rows: Ints
    weight: Floats
    board: Ints
    profit: Floats


class ArbitrageStrategy(ThresholdStrategy[Legs]):
    """All sides of a market at the best prices, where that is a certain profit."""

    name: ClassVar[str] = "arbitrage"
    summary: ClassVar[str] = "All sides at once, where the best prices pay more than they cost."
    parameters_class = ArbitrageParameters
    thresholds = frozenset({"min_profit_margin"})

    def candidates(self, offers: "pd.DataFrame") -> Legs:
        """All sides of every board that prices them all."""
        of = boards(offers, self.parameters.market)
        three = np.isfinite(of.prices[:, :, 2]).any(axis=1)
        parts = []
        for which, outcomes in ((~three, 2), (three, 3)):
            board = np.flatnonzero(which)
            best = best_prices(of.prices[board, :, :outcomes])
            found = arbitrage(best.prices)
            whole = np.isfinite(found.profit)
            legs = of.rows[board[whole, None], best.books[whole], np.arange(outcomes)]
            each, profit = (np.repeat(values[whole], outcomes) for values in (board, found.profit))
            parts.append((legs.ravel(), found.shares[whole].ravel(), each, profit))
        return Legs(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def chosen(self, candidates: Legs) -> Picks:
        """Those that pay more than asked; a group's stake is its whole stake."""
        sure = candidates.profit > self.parameters.min_profit_margin
        rows = candidates.rows[sure]
        _, group = np.unique(candidates.board[sure], return_inverse=True)
        return Picks(rows, np.full(len(rows), np.nan), candidates.weight[sure], group)
