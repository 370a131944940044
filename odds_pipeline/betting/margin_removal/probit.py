"""Probit margin removal: every outcome's normal quantile shifts by the same amount."""

import math

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.margin_removal.markets import FairMarkets, remove_with
from odds_pipeline.betting.solver import solve

DENSITY_AT_ZERO = 1.0 / math.sqrt(2.0 * math.pi)


def probit(prices: ArrayLike, winners: float = 1.0) -> FairMarkets:
    """Fair probabilities Phi(Phi^-1(r_i) - c), c such that they sum to ``winners``.

    Always a distribution, between additive and power. The parameter is c.

    Args:
        prices: decimal odds, shape (..., n).
        winners: how many outcomes win.

    Raises:
        ValueError: not 0 < winners < n.
    """
    return remove_with(_kernel, prices, winners)


def _kernel(implied: Floats, winners: float) -> tuple[Floats, Floats]:
    from scipy.special import ndtr, ndtri  # slow to import, and only needed here

    quantiles = ndtri(implied)

    def excess(shift: Floats) -> tuple[Floats, Floats]:
        moved = quantiles - shift
        density = np.exp(-0.5 * moved * moved).sum(axis=0)
        return ndtr(moved).sum(axis=0) - winners, -DENSITY_AT_ZERO * density

    # The shift at which one outcome alone would be fair at winners/n: the extremes bracket it.
    alone = quantiles - ndtri(winners / len(implied))
    density = np.exp(-0.5 * quantiles * quantiles).sum(axis=0)
    start = (implied.sum(axis=0) - winners) / (DENSITY_AT_ZERO * density)
    shift = solve(excess, alone.min(axis=0), alone.max(axis=0), start)
    return ndtr(quantiles - shift), shift
