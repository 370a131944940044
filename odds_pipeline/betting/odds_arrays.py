"""Odds conversion over arrays.

Belongs here: the array forms of ``odds``, and the forms of Asian books. Does not belong here:
scalars (kept free of numpy, for the parser's hot path), margins (``margin``).

Units and shapes: any shape in, the same shape out, float64. What has no value in the other form
is NaN: a broken row must not stop a million good ones.
"""

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats


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
    return np.ma.MaskedArray(np.where(american == -100, 100, american), mask=~possible)


def implied_probability(decimals: ArrayLike) -> Floats:
    """Implied probabilities 1/d; NaN below 1 and for what is not finite."""
    decimal = np.asarray(decimals, dtype=np.float64)
    possible = np.isfinite(decimal) & (decimal >= 1.0)
    return np.where(possible, 1.0 / np.where(possible, decimal, 1.0), np.nan)


def decimal_from_probability(probabilities: ArrayLike) -> Floats:
    """Fair decimal odds 1/p; NaN unless 0 < p <= 1."""
    chance = np.asarray(probabilities, dtype=np.float64)
    possible = (chance > 0.0) & (chance <= 1.0)
    return np.where(possible, 1.0 / np.where(possible, chance, 1.0), np.nan)


def decimal_from_hong_kong(prices: ArrayLike) -> Floats:
    """Decimal odds of Hong Kong prices (profit of one unit staked); NaN unless positive."""
    profit = np.asarray(prices, dtype=np.float64)
    return np.where((profit > 0.0) & np.isfinite(profit), 1.0 + profit, np.nan)


def decimal_from_indonesian(prices: ArrayLike) -> Floats:
    """Decimal odds of Indonesian prices, American ones divided by 100; NaN for |price| < 1."""
    return decimal_from_american(100.0 * np.asarray(prices, dtype=np.float64))


def decimal_from_malay(prices: ArrayLike) -> Floats:
    """Decimal odds of Malay prices; NaN unless 0 < |price| <= 1.

    A positive price is the profit of one unit staked, a negative one the stake that wins one unit.
    """
    price = np.asarray(prices, dtype=np.float64)
    possible = (np.abs(price) > 0.0) & (np.abs(price) <= 1.0)
    safe = np.where(possible, price, 1.0)
    return np.where(possible, 1.0 + np.where(safe > 0.0, safe, -1.0 / safe), np.nan)


def cents(decimals: ArrayLike) -> Floats:
    """Prices on the cents scale, on which evens are 0, -105 is -5 and +120 is +20.

    American odds cannot be subtracted, for nothing lies between -100 and +100; cents can.
    """
    profit = np.asarray(decimals, dtype=np.float64) - 1.0
    possible = np.isfinite(profit) & (profit > 0.0)
    safe = np.where(possible, profit, 1.0)
    scaled = np.where(safe >= 1.0, 100.0 * (safe - 1.0), -100.0 * (1.0 / safe - 1.0))
    return np.where(possible, scaled, np.nan)


def after_commission(decimals: ArrayLike, commission: ArrayLike) -> Floats:
    """Decimal odds an exchange really pays: commission is a share of the net winnings."""
    price = np.asarray(decimals, dtype=np.float64)
    return np.asarray(1.0 + (price - 1.0) * (1.0 - np.asarray(commission, dtype=np.float64)))
