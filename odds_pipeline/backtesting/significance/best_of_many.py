"""Whether the best of many strategies is better than luck: White's and Hansen's tests.

Belongs here: tests over the daily returns of all strategies of a sweep. Does not belong here: the
draws (``resampling``), corrections that know a number of trials only (``sharpe``).

The benchmark is not betting: returns are profits, and the null hypothesis is that no strategy has
a positive mean. Sources: White, A Reality Check for Data Snooping (2000); Hansen, A Test for
Superior Predictive Ability (2005).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from odds_pipeline.backtesting.significance.resampling import stationary_blocks

DRAWS = 2_000
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BestOfMany:
    """Chances of a best mean like this without any skill.

    ``reality_check`` is White's; ``lower``, ``consistent`` and ``upper`` are Hansen's, which
    studentise and leave hopeless strategies out of the null: ``consistent`` is the one to quote.
    """

    reality_check: float
    lower: float
    consistent: float
    upper: float


def best_of_many(
    returns: ArrayLike, mean_block: float, draws: int = DRAWS, seed: int = 0
) -> BestOfMany:
    """Test the best of many strategies.

    Args:
        returns: (days, strategies) returns, every strategy that was tried.
        mean_block: mean length, in days, of the runs drawn; about days^(1/3), or how long bets stay
            open.
        draws: how many.
        seed: the same seed gives the same result.

    Raises:
        ValueError: no strategy that varies, or fewer than two days.
    """
    series = np.asarray(returns, dtype=np.float64)
    if series.ndim != 2 or len(series) < 2:
        raise ValueError(f"returns {series.shape}: days by strategies, two days or more")
    varies = np.ptp(series, axis=0) > 0.0
    if not varies.any():
        raise ValueError("no strategy's returns vary")
    series = series[:, varies]
    days = len(series)
    means = series.mean(axis=0)
    counts = stationary_blocks(days, draws, mean_block, seed)
    drawn = counts @ series / days
    plain = np.sqrt(days) * (drawn - means).max(axis=1)
    return BestOfMany(
        _share(plain, np.sqrt(days) * means.max()), *_superior(series, means, drawn, mean_block)
    )


def _superior(
    series: Floats, means: Floats, drawn: Floats, mean_block: float
) -> tuple[float, float, float]:
    days = len(series)
    deviation = np.sqrt(_long_run_variance(series - means, mean_block))
    seen = max(0.0, (np.sqrt(days) * means / deviation).max())
    hopeless = -deviation / np.sqrt(days) * np.sqrt(2.0 * np.log(np.log(max(days, 3))))
    centres = (np.maximum(means, 0.0), np.where(means >= hopeless, means, 0.0), means)
    lower, consistent, upper = (
        _share(np.sqrt(days) * ((drawn - centre) / deviation).max(axis=1), seen)
        for centre in centres
    )
    return lower, consistent, upper


def _long_run_variance(centred: Floats, mean_block: float) -> Floats:
    """Variance of sqrt(days) x mean under the stationary bootstrap, in closed form."""
    days = len(centred)
    renewed = 1.0 / mean_block
    total = (centred**2).mean(axis=0)
    for lag in range(1, days):
        weight = (days - lag) / days * (1.0 - renewed) ** lag
        weight += lag / days * (1.0 - renewed) ** (days - lag)
        if weight < np.finfo(float).eps:
            continue
        total += 2.0 * weight * (centred[lag:] * centred[:-lag]).sum(axis=0) / days
    # Strong negative correlation in a short series can bring the estimate below zero.
    return np.asarray(np.maximum(total, np.finfo(float).tiny))


def _share(drawn: Floats, seen: float) -> float:
    """Share of draws at or above what was seen, to rounding."""
    return float((np.maximum(drawn, 0.0) >= seen - 1e-12).mean())
