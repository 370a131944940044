"""Pricing any number from a ladder of lines.

Belongs here: one mean and standard deviation behind the lines that are quoted, and what they leave
over. Does not belong here: a single line (``mean``), the distribution itself.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.lines.distribution import LineChances, ScoreDistribution
from odds_pipeline.betting.lines.mean import solve_mean


@dataclass(frozen=True, slots=True)
class Ladder:
    """A fitted ladder of one game's lines.

    Args:
        distribution: with the standard deviation that fits the lines.
        handicaps: of the quoted lines, ascending, shape (k,).
        means: the mean that each quoted line states on its own, shape (k,). A perfect fit has them
            all alike; between lines they are interpolated, so that every quoted price comes back.
    """

    distribution: ScoreDistribution
    handicaps: Floats
    means: Floats

    def chances(self, handicaps: ArrayLike) -> LineChances:
        """Chances of lines at any handicap, pushes included; beyond the ladder by its last line."""
        lines = np.asarray(handicaps, dtype=np.float64)
        means = np.interp(lines, self.handicaps, self.means)
        return self.distribution.chances(means, lines)


def fit_ladder(distribution: ScoreDistribution, handicaps: ArrayLike, covers: ArrayLike) -> Ladder:
    """Fit mean and standard deviation to the fair prices of several lines of one game.

    The standard deviation is the one at which the lines agree best on the mean; a single line keeps
    the given one.

    Args:
        distribution: ties and key numbers of the sport, and its usual standard deviation.
        handicaps: shape (k,), all of one side, none twice.
        covers: fair probabilities of winning given no push, shape (k,).

    Raises:
        ValueError: no usable line, a handicap twice or no multiple of 0.25.
    """
    lines, chances = np.asarray(handicaps, np.float64), np.asarray(covers, np.float64)
    usable = np.isfinite(lines) & (chances > 0.0) & (chances < 1.0)
    order = np.argsort(lines[usable], kind="stable")
    lines, chances = lines[usable][order], chances[usable][order]
    if not len(lines) or (np.diff(lines) == 0.0).any():
        raise ValueError("a ladder needs at least one usable line, and each handicap once")
    fitted = distribution
    if len(lines) > 1:
        fitted = replace(distribution, sd=_agreeing_sd(distribution, lines, chances))
    return Ladder(fitted, lines, solve_mean(fitted, chances, lines))


def _agreeing_sd(distribution: ScoreDistribution, lines: Floats, chances: Floats) -> float:
    from scipy.optimize import minimize_scalar  # slow to import, and only needed here

    def disagreement(log_sd: float) -> float:
        tried = replace(distribution, sd=float(np.exp(log_sd)))
        return float(np.var(solve_mean(tried, chances, lines)))

    usual = np.log(distribution.sd)
    found = minimize_scalar(
        disagreement, bounds=(usual - 1.0, usual + 1.0), method="bounded", options={"xatol": 1e-10}
    )
    return float(np.exp(found.x))
