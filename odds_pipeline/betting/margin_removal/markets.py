"""What every margin removal shares: checking markets, and working on them piece by piece.

Belongs here: the result type, shapes, unusable markets, pieces that fit a processor's cache. Does
not belong here: any method.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats

# Implied probabilities (n outcomes, m markets) and winners -> probabilities (n, m), parameter (m).
Kernel = Callable[[Floats, float], tuple[Floats, Floats]]

PIECE = 8192  # markets: large enough to hide the cost of a call, small enough for a cache


class FairMarkets(NamedTuple):
    """Markets without their margin.

    Args:
        probabilities: shape (..., n), NaN for a market without a solution.
        parameter: the method's one number, shape (...).
    """

    probabilities: Floats
    parameter: Floats


def remove_with(kernel: Kernel, prices: ArrayLike, winners: float) -> FairMarkets:
    """Apply a method to every market.

    Raises:
        ValueError: prices without an outcome axis, or not 0 < winners < n.
    """
    decimal = np.asarray(prices, dtype=np.float64)
    if decimal.ndim == 0:
        raise ValueError("a market is an array of prices, its outcomes on the last axis")
    outcomes = decimal.shape[-1]
    if outcomes < 2:
        nothing = np.full(decimal.shape, np.nan)
        return FairMarkets(nothing, np.full(decimal.shape[:-1], np.nan))
    if not 0.0 < winners < outcomes:
        raise ValueError(f"winners must lie between 0 and the {outcomes} outcomes, not {winners:g}")
    markets = decimal.reshape(-1, outcomes)
    probabilities = np.empty_like(markets)
    parameter = np.empty(len(markets))
    for begin in range(0, len(markets), PIECE):
        piece = slice(begin, begin + PIECE)
        fair, parameter[piece] = _remove(kernel, markets[piece], winners)
        probabilities[piece] = fair.T
    return FairMarkets(probabilities.reshape(decimal.shape), parameter.reshape(decimal.shape[:-1]))


def _remove(kernel: Kernel, markets: Floats, winners: float) -> tuple[Floats, Floats]:
    prices = np.ascontiguousarray(markets.T)
    sound = ((prices > 1.0) & (prices < np.inf)).all(axis=0)
    if not sound.all():
        # A fair market in its place: a broken row must not stop a million good ones.
        prices = np.where(sound, prices, len(prices) / winners)
    probabilities, parameter = kernel(1.0 / prices, winners)
    solved = np.abs(probabilities.sum(axis=0) - winners) <= 1e-12
    proper = solved & (probabilities.min(axis=0) > 0.0) & (probabilities.max(axis=0) < 1.0) & sound
    if not proper.all():
        probabilities[:, ~proper] = np.nan
        parameter[~proper] = np.nan
    return probabilities, parameter
