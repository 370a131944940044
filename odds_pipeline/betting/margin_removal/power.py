"""Power margin removal: every implied probability is raised to the same power."""

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.margin_removal.markets import FairMarkets, remove_with
from odds_pipeline.betting.solver import solve


def power(prices: ArrayLike, winners: float = 1.0) -> FairMarkets:
    """Fair probabilities r_i ** k, k such that they sum to ``winners``.

    Clarke, Kovalchik & Ingram (2017); Vovk & Zhdanov (2009). One solution for every market, never
    outside 0 to 1; k is below 1 for an under-round market. The parameter is k.

    Args:
        prices: decimal odds, shape (..., n).
        winners: how many outcomes win.

    Raises:
        ValueError: not 0 < winners < n.
    """
    return remove_with(_kernel, prices, winners)


def _kernel(implied: Floats, winners: float) -> tuple[Floats, Floats]:
    logs = np.log(implied)

    def excess(exponent: Floats) -> tuple[Floats, Floats]:
        fair = np.exp(exponent * logs)
        high = fair.sum(axis=0) - winners
        return high, np.multiply(fair, logs, out=fair).sum(axis=0)

    # With the exponent at which one outcome alone would be fair at winners/n, all others of a
    # market lie on one side: the extremes bracket the root.
    share = np.log(winners / len(implied))
    booksum = implied.sum(axis=0)
    start = 1.0 - np.log(booksum / winners) * booksum / (implied * logs).sum(axis=0)
    exponent = solve(excess, share / logs.min(axis=0), share / logs.max(axis=0), start)
    return np.exp(exponent * logs), exponent
