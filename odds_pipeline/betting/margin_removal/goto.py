"""Goto margin removal: every outcome gives up the same number of standard errors."""

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.margin_removal.markets import FairMarkets, remove_with


def goto(prices: ArrayLike, winners: float = 1.0) -> FairMarkets:
    """Fair probabilities r_i - s sqrt(1 - r_i), s = (B - winners) / sum sqrt(1 - r).

    The ``goto_conversion`` of Goto (2023). Many longshots leave a market without a solution, as
    with ``additive``. The parameter is s.

    Args:
        prices: decimal odds, shape (..., n).
        winners: how many outcomes win.

    Raises:
        ValueError: not 0 < winners < n.
    """
    return remove_with(_kernel, prices, winners)


def _kernel(implied: Floats, winners: float) -> tuple[Floats, Floats]:
    errors = np.sqrt(1.0 - implied)
    steps = (implied.sum(axis=0) - winners) / errors.sum(axis=0)
    return np.asarray(implied - steps * errors), steps
