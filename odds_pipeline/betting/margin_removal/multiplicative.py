"""Multiplicative margin removal: every implied probability shrinks by the same factor."""

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.margin_removal.markets import FairMarkets, remove_with


def multiplicative(prices: ArrayLike, winners: float = 1.0) -> FairMarkets:
    """Fair probabilities r_i / B (times ``winners``), with r = 1/price and B their sum.

    Always a distribution for one winner; ignores the favourite-longshot bias. The parameter is B.

    Args:
        prices: decimal odds, shape (..., n).
        winners: how many outcomes win.

    Raises:
        ValueError: not 0 < winners < n.
    """
    return remove_with(_kernel, prices, winners)


def _kernel(implied: Floats, winners: float) -> tuple[Floats, Floats]:
    booksum = implied.sum(axis=0)
    return np.asarray(implied * (winners / booksum)), booksum
