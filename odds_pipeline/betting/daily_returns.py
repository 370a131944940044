"""Returns by calendar day, and their ratio to risk: Sharpe, Sortino, Calmar.

Belongs here: bets summed to days, days without bets included, and ratios of such a series. Does
not belong here: whether a ratio is luck (``backtesting.significance``).

By day, because the bets of one day are not independent and a day without bets is part of the
record: ratios by bet look better than they are. Annual figures count 365 days.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

DAYS_A_YEAR = 365
Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]


def daily_sums(values: ArrayLike, days: ArrayLike) -> tuple[Days, Floats]:
    """Sum values by day, from the first day to the last, with 0 for days without any.

    Args:
        values: one entry a bet.
        days: its UTC day, ``datetime64[D]`` or what numpy makes one of.

    Raises:
        ValueError: different lengths, or no bets.
    """
    summed = np.asarray(values, dtype=np.float64)
    on = np.asarray(days, dtype="datetime64[D]")
    if not summed.size or summed.shape != on.shape:
        raise ValueError(f"values {summed.shape} and days {on.shape}: one entry a bet each")
    first = on.min()
    places = (on - first).astype(np.int64)
    count = int(places.max()) + 1
    sums = np.bincount(places, weights=summed, minlength=count).astype(np.float64)
    return first + np.arange(count), sums


def sharpe_ratio(returns: ArrayLike, periods: int = DAYS_A_YEAR) -> float:
    """Mean over standard deviation (n - 1) of a series, for a year; NaN where it does not vary.

    Args:
        returns: one entry a period, as a share of the starting bankroll.
        periods: how many make a year; 1 leaves the ratio by period.
    """
    series = np.asarray(returns, dtype=np.float64)
    if len(series) < 2 or np.ptp(series) == 0.0:
        return np.nan
    return float(series.mean() / series.std(ddof=1) * np.sqrt(periods))


def sortino_ratio(returns: ArrayLike, periods: int = DAYS_A_YEAR) -> float:
    """Mean over the root of the mean squared loss, all periods counted; infinite without losses."""
    series = np.asarray(returns, dtype=np.float64)
    if not series.size:
        return np.nan
    downside = np.sqrt(np.mean(np.minimum(series, 0.0) ** 2))
    if downside == 0.0:
        return np.inf if series.mean() > 0.0 else np.nan
    return float(series.mean() / downside * np.sqrt(periods))


def calmar_ratio(returns: ArrayLike, periods: int = DAYS_A_YEAR) -> float:
    """A year's mean return over the deepest fall of the summed series, both in starting bankrolls.

    Infinite where it never fell.
    """
    series = np.asarray(returns, dtype=np.float64)
    if not series.size:
        return np.nan
    curve = np.concatenate(([0.0], np.cumsum(series)))
    fall = float((np.maximum.accumulate(curve) - curve).max())
    annual = float(series.mean()) * periods
    return annual / fall if fall else (np.inf if annual > 0.0 else np.nan)
