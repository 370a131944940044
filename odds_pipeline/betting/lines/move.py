"""Moving fair prices to a common number, so that books with different lines can be pooled."""

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.lines.distribution import ScoreDistribution
from odds_pipeline.betting.lines.mean import solve_mean


def move_cover(
    distribution: ScoreDistribution, covers: ArrayLike, handicaps: ArrayLike, wanted: ArrayLike
) -> Floats:
    """Fair chance at another handicap, given no push there.

    Args:
        distribution: of the scores.
        covers: fair probability of winning given no push, at ``handicaps``.
        handicaps: of the quoted lines; NaN gives NaN.
        wanted: the common handicap, of the same side.

    Returns:
        Shape of all three broadcast.

    Raises:
        ValueError: a handicap that is no multiple of 0.25.
    """
    mean = solve_mean(distribution, covers, handicaps)
    win, _, loss = distribution.chances(mean, wanted)
    return np.asarray(win / (win + loss))
