"""The margin inside a market's prices.

Belongs here: overround, hold and the proportional removal of a margin. Does not belong here:
which market's margin is plausible (``quality``), other ways of removing it.

Units and shapes: decimal odds in, shape (..., n): the outcomes of one market lie on the last
axis. A market with fewer than two outcomes, or with one that is missing (NaN) or not above 1,
has no margin: NaN.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def overround(prices: ArrayLike) -> Floats:
    """Sum of implied probabilities minus 1 of each market, shape (...); negative under-round."""
    return np.asarray(_implied(prices).sum(axis=-1) - 1.0)


def hold(prices: ArrayLike) -> Floats:
    """Share of turnover a balanced book keeps, 1 - 1/B with B the booksum, shape (...)."""
    return np.asarray(1.0 - 1.0 / _implied(prices).sum(axis=-1))


def fair_probabilities(prices: ArrayLike) -> Floats:
    """Implied probabilities scaled to sum to 1 (multiplicative method), shape (..., n)."""
    implied = _implied(prices)
    return np.asarray(implied / implied.sum(axis=-1, keepdims=True))


def _implied(prices: ArrayLike) -> Floats:
    decimal = np.atleast_1d(np.asarray(prices, dtype=np.float64))
    priced = np.isfinite(decimal) & (decimal > 1.0)
    if decimal.shape[-1] < 2:
        priced = np.zeros_like(priced)
    return np.where(priced, 1.0 / np.where(priced, decimal, 2.0), np.nan)
