"""Shin's margin removal: a share z of the turnover is placed by people who know the winner."""

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.margin_removal.markets import FairMarkets, remove_with
from odds_pipeline.betting.solver import solve


def shin(prices: ArrayLike, winners: float = 1.0) -> FairMarkets:
    """Fair probabilities (sqrt(z^2 + 4 (1-z) r_i^2 / B) - z) / (2 (1-z)) that sum to 1.

    Shin (1992, 1993); Jullien & Salanie (1994). With r = 1/price and B their sum: 0 < z < 1 for a
    market with a margin, z < 0 under-round. For two outcomes it equals ``additive`` exactly. The
    parameter is z.

    Args:
        prices: decimal odds, shape (..., n).
        winners: 1; Shin's model has one winner.

    Raises:
        ValueError: another number of winners.
    """
    if winners != 1.0:
        raise ValueError(f"Shin's model has one winner, not {winners:g}")
    return remove_with(_kernel, prices, winners)


def _kernel(implied: Floats, winners: float) -> tuple[Floats, Floats]:
    booksum = implied.sum(axis=0)
    outcomes = len(implied)
    if outcomes == 2:
        return _two_outcomes(implied, booksum)
    squares = (4.0 / booksum) * implied * implied

    def excess(insiders: Floats) -> tuple[Floats, Floats]:
        """2 (1-z) (sum of the probabilities - 1), which is convex in z."""
        roots = np.sqrt(insiders * insiders + (1.0 - insiders) * squares)
        high = roots.sum(axis=0) - (outcomes - 2.0) * insiders - 2.0
        slopes = np.divide(2.0 * insiders - squares, roots, out=roots)
        return high, 0.5 * slopes.sum(axis=0) - (outcomes - 2.0)

    # The z at which one outcome alone would be fair at 1/n: the extremes bracket the root.
    share = 1.0 / outcomes
    alone = (0.25 * squares - share * share) / (share - share * share)
    least = np.where(booksum > 1.0, 0.0, alone.min(axis=0))
    most = np.where(booksum > 1.0, 1.0, 0.0)
    start = (booksum - 1.0) / (outcomes - 1.0)  # z of a balanced book (Fingleton & Waldron)
    insiders = solve(excess, least, most, start)
    return _fair(insiders, squares), insiders


def _fair(insiders: Floats, squares: Floats) -> Floats:
    """Two forms of the same; each is the one that subtracts nothing on its side of z = 0."""
    apart = np.sqrt(insiders * insiders + (1.0 - insiders) * squares) + np.abs(insiders)
    if insiders.min() >= 0.0:
        return np.asarray(0.5 * squares / apart)
    rising = apart / (2.0 - 2.0 * np.minimum(insiders, 0.0))
    return np.where(insiders >= 0.0, 0.5 * squares / apart, rising)


def _two_outcomes(implied: Floats, booksum: Floats) -> tuple[Floats, Floats]:
    apart = (implied[0] - implied[1]) ** 2
    insiders = (booksum - 1.0) * (apart - booksum) / (booksum * (apart - 1.0))
    return np.asarray(implied - (booksum - 1.0) / 2.0), insiders
