"""Worst-case margin removal: the least that any method gives an outcome."""

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.margin_removal.additive import additive
from odds_pipeline.betting.margin_removal.markets import FairMarkets
from odds_pipeline.betting.margin_removal.multiplicative import multiplicative
from odds_pipeline.betting.margin_removal.odds_ratio import odds_ratio
from odds_pipeline.betting.margin_removal.power import power
from odds_pipeline.betting.margin_removal.probit import probit
from odds_pipeline.betting.margin_removal.shin import shin


def worst_case(prices: ArrayLike, winners: float = 1.0) -> FairMarkets:
    """The smallest probability of each outcome over the methods that solve its market.

    A screen for expected value that no choice of method can explain away; not a distribution, for
    it sums to less than ``winners``. Methods: multiplicative, additive, power, odds ratio, probit,
    and Shin where one outcome wins. There is no parameter (NaN).

    Args:
        prices: decimal odds, shape (..., n).
        winners: how many outcomes win.

    Raises:
        ValueError: not 0 < winners < n.
    """
    least: Floats = multiplicative(prices, winners).probabilities
    others = [additive, power, odds_ratio, probit] + [shin] * (winners == 1.0)
    for method in others:
        least = np.fmin(least, method(prices, winners).probabilities)
    return FairMarkets(least, np.full(least.shape[:-1], np.nan))
