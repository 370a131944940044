"""The margin inside a market's prices.

Belongs here: overround, hold, and what makes a market's prices unusable. Does not belong here:
which market's margin is plausible (``quality``), removing it (``margin_removal``).

Units and shapes: decimal odds in, shape (..., n): the outcomes of one market lie on the last
axis. A market with fewer than two outcomes, or with one that is missing (NaN) or not above 1,
has no margin: NaN.
"""

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats, Texts

ONE_SIDED = "one-sided market"
MISSING = "price missing"
NOT_FINITE = "price not finite"
NOT_ABOVE_ONE = "price not above 1"


def overround(prices: ArrayLike) -> Floats:
    """Sum of implied probabilities minus 1 of each market, shape (...); negative under-round."""
    return np.asarray(_implied(prices).sum(axis=-1) - 1.0)


def hold(prices: ArrayLike) -> Floats:
    """Share of turnover a balanced book keeps, 1 - 1/B with B the booksum, shape (...).

    On the best prices of several books it is the *low hold*: what backing every outcome costs,
    negative where it is an arbitrage.
    """
    return np.asarray(1.0 - 1.0 / _implied(prices).sum(axis=-1))


def market_fault(prices: ArrayLike) -> Texts:
    """Why a market's margin cannot be removed, shape (...); empty text for a sound market.

    One of ``ONE_SIDED`` (fewer than two prices), ``MISSING``, ``NOT_FINITE``, ``NOT_ABOVE_ONE``.
    """
    decimal = np.atleast_1d(np.asarray(prices, dtype=np.float64))
    missing = np.isnan(decimal)
    faults = [
        ((~missing).sum(axis=-1) < 2, ONE_SIDED),
        (missing.any(axis=-1), MISSING),
        (np.isinf(decimal).any(axis=-1), NOT_FINITE),
        ((decimal <= 1.0).any(axis=-1), NOT_ABOVE_ONE),
    ]
    return np.asarray(np.select([found for found, _ in faults], [text for _, text in faults], ""))


def _implied(prices: ArrayLike) -> Floats:
    decimal = np.atleast_1d(np.asarray(prices, dtype=np.float64))
    priced = np.isfinite(decimal) & (decimal > 1.0)
    if decimal.shape[-1] < 2:
        priced = np.zeros_like(priced)
    return np.where(priced, 1.0 / np.where(priced, decimal, 2.0), np.nan)
