"""Odds ratio margin removal: every outcome's odds are divided by the same factor."""

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.margin_removal.markets import FairMarkets, remove_with
from odds_pipeline.betting.solver import solve


def odds_ratio(prices: ArrayLike, winners: float = 1.0) -> FairMarkets:
    """Fair probabilities r_i / (c + r_i - c r_i), c such that they sum to ``winners``.

    Cheung (2015); the same as shifting every logit by ln c. Always a distribution. The parameter
    is c.

    Args:
        prices: decimal odds, shape (..., n).
        winners: how many outcomes win.

    Raises:
        ValueError: not 0 < winners < n.
    """
    return remove_with(_kernel, prices, winners)


def _kernel(implied: Floats, winners: float) -> tuple[Floats, Floats]:
    against = 1.0 - implied

    def excess(ratio: Floats) -> tuple[Floats, Floats]:
        fair = implied / (implied + ratio * against)
        total = fair.sum(axis=0)
        squares = np.multiply(fair, fair, out=fair).sum(axis=0)
        return total - winners, (squares - total) / ratio

    # The ratio at which one outcome alone would be fair at winners/n: the extremes bracket it.
    share = winners / len(implied)
    alone = implied / against * ((1.0 - share) / share)
    shift = (implied.sum(axis=0) - winners) / (implied * against).sum(axis=0)
    start = np.exp(np.minimum(shift, 50.0))
    ratio = solve(excess, alone.min(axis=0), alone.max(axis=0), start)
    return implied / (implied + ratio * against), ratio
