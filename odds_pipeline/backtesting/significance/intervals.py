"""Bootstrap intervals of a yield, by event-day.

Belongs here: intervals of figures that are ratios of sums over days. Does not belong here: the
draws (``resampling``).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.backtesting.significance.resampling import independent_days

DRAWS = 10_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, its interval, and the share of draws at or below zero."""

    value: float
    low: float
    high: float
    not_positive: float


def yield_interval(
    profits: ArrayLike,
    stakes: ArrayLike,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """The yield and its percentile interval over days drawn again.

    Args:
        profits: profit of each day that had bets.
        stakes: money staked on that day.
        level: of the interval.
        draws: how many.
        seed: the same seed gives the same interval.

    Raises:
        ValueError: fewer than two days, or different lengths.
    """
    gained = np.asarray(profits, dtype=np.float64)
    staked = np.asarray(stakes, dtype=np.float64)
    if gained.shape != staked.shape or gained.size < 2:
        raise ValueError(f"profits {gained.shape} and stakes {staked.shape}: two days or more")
    counts = independent_days(len(gained), draws, seed)
    drawn = (counts @ gained) / (counts @ staked)
    low, high = np.quantile(drawn, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return Interval(
        value=float(gained.sum() / staked.sum()),
        low=float(low),
        high=float(high),
        not_positive=float((drawn <= 0.0).mean()),
    )
