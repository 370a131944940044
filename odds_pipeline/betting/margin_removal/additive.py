"""Additive margin removal: every implied probability shrinks by the same amount."""

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.margin_removal.markets import FairMarkets, remove_with


def additive(prices: ArrayLike, winners: float = 1.0) -> FairMarkets:
    """Fair probabilities r_i - (B - winners)/n, with r = 1/price and B their sum.

    The same as Buchdahl's "margin proportional to the odds". A market whose longshot would fall to
    0 or below has no solution. The parameter is the amount taken from each outcome.

    Args:
        prices: decimal odds, shape (..., n).
        winners: how many outcomes win.

    Raises:
        ValueError: not 0 < winners < n.
    """
    return remove_with(_kernel, prices, winners)


def _kernel(implied: Floats, winners: float) -> tuple[Floats, Floats]:
    share = (implied.sum(axis=0) - winners) / len(implied)
    return np.asarray(implied - share), share
