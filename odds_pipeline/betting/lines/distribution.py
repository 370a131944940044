"""How a margin or total is distributed around its mean.

Belongs here: the discretised normal, with key numbers and without ties, and the chances of a line.
Does not belong here: fitting it to results (``fitting``), solving for the mean (``mean``).

Units: points scored. Shapes: means and handicaps broadcast; chances have their shape.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats, Ints

REACH = 9.0  # standard deviations to each side of the mean; what lies beyond is below 1e-18
EVEN: Mapping[int, float] = MappingProxyType({})


class LineChances(NamedTuple):
    """Shares of a bet's stake that are expected to win, come back and lose; they sum to 1."""

    win: Floats
    push: Floats
    loss: Floats


class Scores(NamedTuple):
    """Possible scores around each mean.

    Args:
        scores: whole numbers, shape (m, k).
        masses: not scaled; shape (m, k).
        slopes: of the masses by the mean; shape (m, k).
    """

    scores: Ints
    masses: Floats
    slopes: Floats


@dataclass(frozen=True, slots=True)
class ScoreDistribution:
    """A normal rounded to whole points, some of which are more frequent than it says.

    Args:
        sd: standard deviation of the underlying normal.
        ties: whether a score of 0 can happen; False for margins of games that play overtime.
        key_numbers: by the size of the score, how many times more frequent it is; 1 where absent.
    """

    sd: float
    ties: bool = True
    key_numbers: Mapping[int, float] = field(default_factory=lambda: EVEN)

    def __post_init__(self) -> None:
        if not self.sd > 0.0:
            raise ValueError(f"a standard deviation must be positive, not {self.sd:g}")

    def scores(self, means: Floats) -> Scores:
        """Possible scores around means of shape (m,) and what they weigh."""
        from scipy.special import ndtr  # slow to import, and only needed here

        reach = int(np.ceil(REACH * self.sd))
        scores = np.rint(means)[:, None].astype(np.int64) + np.arange(-reach, reach + 1)
        edges = np.append(scores, scores[:, -1:] + 1, axis=1) - 0.5
        standard = (edges - means[:, None]) / self.sd
        # Differences are taken on the side where the normal's tail is small: nothing cancels.
        tail = ndtr(-np.abs(standard))
        above = standard >= 0.0
        masses = np.diff(np.where(above, -tail, tail), axis=1) + np.diff(above.astype(int), axis=1)
        density = np.exp(-0.5 * standard * standard) / (np.sqrt(2.0 * np.pi) * self.sd)
        weights = self._weights(scores)
        return Scores(scores, masses * weights, -np.diff(density, axis=1) * weights)

    def chances(self, means: ArrayLike, handicaps: ArrayLike) -> LineChances:
        """Chances that score + handicap is above, at and below 0.

        Args:
            means: of the underlying normal.
            handicaps: multiples of 0.25; NaN gives NaN.

        Raises:
            ValueError: a handicap that is no multiple of 0.25.
        """
        mean, handicap = np.broadcast_arrays(
            np.asarray(means, dtype=np.float64), check_quarters(handicaps)
        )
        known = np.isfinite(mean) & np.isfinite(handicap)
        lines = np.where(known, handicap, 0.0).ravel()
        found = self.scores(np.where(known, mean, 0.0).ravel())
        parts = shares(found.scores, found.masses, lines) / found.masses.sum(axis=1)
        win, push, loss = (np.where(known, part.reshape(mean.shape), np.nan) for part in parts)
        return LineChances(win, push, loss)

    def _weights(self, scores: Ints) -> Floats:
        sizes = np.abs(scores)
        known = np.ones(int(sizes.max(initial=0)) + 1)
        for size, weight in self.key_numbers.items():
            if size < len(known):
                known[size] = weight
        if not self.ties:
            known[0] = 0.0
        return np.asarray(known[sizes])


def shares(scores: Ints, masses: Floats, handicaps: Floats) -> Floats:
    """Mass above, at and below 0 of score + handicap, shape (3, m); half a stake on each half."""
    quarter = np.abs(np.mod(handicaps, 0.5)) > 1e-9
    shift = np.where(quarter, 0.25, 0.0)
    both = []
    for line in (handicaps - shift, handicaps + shift):
        result = scores + line[:, None]
        both.append([(masses * (result > 0)).sum(1), (masses * (result == 0)).sum(1)])
    above, at = 0.5 * (np.array(both[0]) + np.array(both[1]))
    return np.stack([above, at, masses.sum(axis=1) - above - at])


def handicap_of_total(points: ArrayLike, over: ArrayLike) -> Floats:
    """Handicap of a bet on a total: minus the point for Over, the point for Under."""
    line = np.asarray(points, dtype=np.float64)
    return np.where(np.asarray(over, dtype=np.bool_), -line, line)


def check_quarters(points: ArrayLike) -> Floats:
    """Points as numbers.

    Raises:
        ValueError: one that is no multiple of 0.25.
    """
    line = np.asarray(points, dtype=np.float64)
    fourfold = 4.0 * line[np.isfinite(line)]
    if (fourfold != np.rint(fourfold)).any():
        raise ValueError("a point must be a multiple of 0.25")
    return line
