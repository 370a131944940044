"""What a market's line and fair price say about the mean score."""

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.lines.distribution import ScoreDistribution, check_quarters, shares
from odds_pipeline.betting.solver import solve

PIECE = 1024  # lines; each looks at a few hundred possible scores
FURTHEST = 8.0  # standard deviations between a line and the mean


def solve_mean(distribution: ScoreDistribution, covers: ArrayLike, handicaps: ArrayLike) -> Floats:
    """Mean of the underlying normal at which a bet that is not pushed wins with chance ``covers``.

    Args:
        distribution: of the scores.
        covers: fair probability of winning given no push, strictly between 0 and 1.
        handicaps: of the side whose probability that is.

    Returns:
        Means, in the shape of both broadcast; NaN where either cannot be used.

    Raises:
        ValueError: a handicap that is no multiple of 0.25.
    """
    cover, handicap = np.broadcast_arrays(
        np.asarray(covers, dtype=np.float64), check_quarters(handicaps)
    )
    usable = (cover > 0.0) & (cover < 1.0) & np.isfinite(handicap)
    wanted = np.where(usable, cover, 0.5).ravel()
    lines = np.where(usable, handicap, 0.0).ravel()
    means = np.empty(wanted.shape)
    for begin in range(0, len(wanted), PIECE):
        piece = slice(begin, begin + PIECE)
        means[piece] = _solve(distribution, wanted[piece], lines[piece])
    return np.where(usable, means.reshape(cover.shape), np.nan)


def _solve(distribution: ScoreDistribution, cover: Floats, handicap: Floats) -> Floats:
    from scipy.special import ndtri  # slow to import, and only needed here

    def excess(below: Floats) -> tuple[Floats, Floats]:
        """Chance to cover at a mean that is ``below`` under the line, less the one wanted."""
        found = distribution.scores(-handicap - below)
        win, _, loss = shares(found.scores, found.masses, handicap)
        gain, _, give = shares(found.scores, found.slopes, handicap)
        decided = win + loss
        return win / decided - cover, -(gain * loss - win * give) / (decided * decided)

    furthest = np.full(cover.shape, FURTHEST * distribution.sd)
    start = -distribution.sd * ndtri(cover)
    return np.asarray(-handicap - solve(excess, -furthest, furthest, start))
