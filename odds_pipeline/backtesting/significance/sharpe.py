"""The probabilistic and the deflated Sharpe ratio.

Belongs here: how sure a Sharpe ratio is, given the series' shape and the number of trials. Does
not belong here: the ratio (``betting.daily_returns``).

Every ratio here is by period (a day), never annual; kurtosis is 3 for a normal series. Sources:
Bailey and Lopez de Prado, The Sharpe Ratio Efficient Frontier (2012); The Deflated Sharpe Ratio
(2014).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from odds_pipeline.betting.daily_returns import sharpe_ratio


@dataclass(frozen=True, slots=True)
class Shape:
    """A series' Sharpe ratio by period, its length, skewness and (non-excess) kurtosis."""

    ratio: float
    periods: int
    skewness: float = 0.0
    kurtosis: float = 3.0


def shape(returns: ArrayLike) -> Shape:
    """The shape of a series of returns by period; the ratio is NaN where it does not vary."""
    series = np.asarray(returns, dtype=np.float64)
    ratio = sharpe_ratio(series, periods=1)
    if np.isnan(ratio):
        return Shape(ratio, len(series))
    skewness = float(stats.skew(series))
    return Shape(ratio, len(series), skewness, float(stats.kurtosis(series, fisher=False)))


def probabilistic_sharpe(of: Shape, threshold: float = 0.0) -> float:
    """Chance that the true ratio exceeds a threshold.

    Phi((SR - SR*) sqrt(n - 1) / sqrt(1 - g3 SR + (g4 - 1) / 4 SR^2)).

    Args:
        of: the series.
        threshold: a ratio by period.
    """
    variance = 1.0 - of.skewness * of.ratio + (of.kurtosis - 1.0) / 4.0 * of.ratio**2
    z = (of.ratio - threshold) * np.sqrt(of.periods - 1) / np.sqrt(variance)
    return float(stats.norm.cdf(z))


def expected_best(trials: int, variance: float) -> float:
    """Ratio that the best of so many trials without skill is expected to show.

    sqrt(V) ((1 - g) Phi^-1(1 - 1/N) + g Phi^-1(1 - 1/(N e))), g being Euler's constant.

    Args:
        trials: how many were made, at least 1; 0 is expected of one.
        variance: of the trials' ratios by period.
    """
    if trials < 1 or variance < 0.0:
        raise ValueError("at least one trial, and a variance of 0 or more")
    if trials == 1:
        return 0.0
    common, rare = stats.norm.isf([1.0 / trials, 1.0 / (trials * np.e)])
    return float(np.sqrt(variance) * ((1.0 - np.euler_gamma) * common + np.euler_gamma * rare))


def deflated_sharpe(of: Shape, trials: int, variance: float) -> float:
    """Chance that the true ratio exceeds what the best of all trials would show by luck.

    Args:
        of: the series of the strategy that was chosen.
        trials: every one ever made on the data, sweeps included.
        variance: of the trials' ratios by period.
    """
    return probabilistic_sharpe(of, expected_best(trials, variance))
