"""Back the favourite, or the underdog, of every game: what betting without thought costs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from odds_pipeline.backtesting.boards import boards
from odds_pipeline.backtesting.strategy import Parameters, Picks, Strategy
from odds_pipeline.betting.arbitrage import best_prices

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class FavouriteParameters(Parameters):
    """Parameters.

    Args:
        market: key of a market without lines.
        bookmaker: only this one's prices; empty for the best price of each side.
    """

    market: str = "h2h"
    bookmaker: str = ""


class FavouriteStrategy(Strategy):
    """Back the side with the strictly lowest price; a tie is no bet."""

    name: ClassVar[str] = "favourite"
    summary: ClassVar[str] = "The lowest price of every game."
    parameters_class = FavouriteParameters
    highest: ClassVar[bool] = False

    def opportunities(self, offers: "pd.DataFrame") -> Picks:
        """See ``Strategy``."""
        wanted = self.parameters.bookmaker
        shown = offers[offers["bookmaker_key"] == wanted] if wanted else offers
        of = boards(shown, self.parameters.market)
        best = best_prices(of.prices)
        prices = -best.prices if self.highest else best.prices
        ordered = np.sort(np.nan_to_num(prices, nan=np.inf), axis=1)
        # Both sides must have a price: a game with one is no choice.
        clear = np.isfinite(best.prices[:, :2]).all(axis=1) & (ordered[:, 0] < ordered[:, 1])
        board = np.flatnonzero(clear)
        side = np.argmin(np.nan_to_num(prices, nan=np.inf), axis=1)[board]
        rows = of.rows[board, best.books[board, side], side]
        return Picks.single(shown.index.to_numpy(dtype=np.int64)[rows])


class UnderdogStrategy(FavouriteStrategy):
    """Back the side with the strictly highest price; a tie is no bet."""

    name: ClassVar[str] = "underdog"
    summary: ClassVar[str] = "The highest price of every game."
    highest: ClassVar[bool] = True
