"""Odds conversion over arrays.

Belongs here: the array forms of ``odds``. Does not belong here: scalars (kept free of numpy, for
the parser's hot path), margins (``margin``).

Units and shapes: any shape in, the same shape out, float64. What has no value in the other form
is NaN: a broken row must not stop a million good ones.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def decimal_from_american(prices: ArrayLike) -> Floats:
    """Decimal odds of American prices; NaN for |a| < 100 and for what is not finite."""
    american = np.asarray(prices, dtype=np.float64)
    possible = np.isfinite(american) & (np.abs(american) >= 100.0)
    safe = np.where(possible, american, 100.0)
    decimal = 1.0 + np.where(safe > 0.0, safe / 100.0, -100.0 / safe)
    return np.where(possible, decimal, np.nan)


def american_from_decimal(
    prices: ArrayLike,
) -> np.ma.MaskedArray[tuple[int, ...], np.dtype[np.int64]]:
    """American integers of decimal odds; masked for price 1, below 1 and not finite."""
    decimal = np.asarray(prices, dtype=np.float64)
    possible = np.isfinite(decimal) & (decimal > 1.0)
    profit = np.where(possible, decimal, 2.0) - 1.0
    american = np.rint(np.where(profit >= 1.0, 100.0 * profit, -100.0 / profit)).astype(np.int64)
    american[american == -100] = 100
    return np.ma.MaskedArray(american, mask=~possible)


def implied_probability(decimals: ArrayLike) -> Floats:
    """Implied probabilities 1/d; NaN below 1 and for what is not finite."""
    decimal = np.asarray(decimals, dtype=np.float64)
    possible = np.isfinite(decimal) & (decimal >= 1.0)
    return np.where(possible, 1.0 / np.where(possible, decimal, 1.0), np.nan)
