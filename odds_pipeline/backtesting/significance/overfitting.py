"""The probability that choosing the best of a sweep was overfitting.

Belongs here: combinatorially symmetric cross-validation. Does not belong here: the sweep.

Source: Bailey, Borwein, Lopez de Prado and Zhu, The Probability of Backtest Overfitting (2015).
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

BLOCKS = 16
_AT_ONCE = 2**22
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Overfitting:
    """How the best of one half of the days did on the other half, over all halves.

    Args:
        probability: share of halves whose best was no better than the median on the other half.
        mean_rank: its mean relative rank there, from 0 (worst) to 1 (best).
        loss_probability: share of halves whose best lost money there.
        splits: how many halves were looked at.
    """

    probability: float
    mean_rank: float
    loss_probability: float
    splits: int


def overfitting(returns: ArrayLike, blocks: int = BLOCKS) -> Overfitting:
    """Cross-validate the choice of the strategy with the best Sharpe ratio.

    The days are cut into blocks in their order; every half of the blocks chooses, the other half
    judges.

    Args:
        returns: (days, strategies) returns.
        blocks: an even number, no more than days.

    Raises:
        ValueError: fewer than two strategies, or blocks that do not fit.
    """
    series = np.asarray(returns, dtype=np.float64)
    if series.ndim != 2 or series.shape[1] < 2:
        raise ValueError(f"returns {series.shape}: days by two or more strategies")
    if blocks < 2 or blocks % 2 or blocks > len(series):
        raise ValueError(
            f"{blocks} blocks for {len(series)} days: an even number, at most the days"
        )
    parts = np.array_split(series, blocks)
    counts = np.array([len(part) for part in parts], dtype=np.float64)
    sums = np.stack([part.sum(axis=0) for part in parts])
    squares = np.stack([(part**2).sum(axis=0) for part in parts])
    halves = np.zeros((sum(1 for _ in combinations(range(blocks), blocks // 2)), blocks))
    for row, chosen in enumerate(combinations(range(blocks), blocks // 2)):
        halves[row, list(chosen)] = 1.0
    ranks, gains = [], []
    step = max(1, _AT_ONCE // series.shape[1])
    for begin in range(0, len(halves), step):
        rank, gain = _judged(halves[begin : begin + step], counts, sums, squares)
        ranks.append(rank)
        gains.append(gain)
    rank, gain = np.concatenate(ranks), np.concatenate(gains)
    return Overfitting(
        probability=float((rank <= 0.5).mean()),
        mean_rank=float(rank.mean()),
        loss_probability=float((gain < 0.0).mean()),
        splits=len(halves),
    )


def _judged(halves: Floats, counts: Floats, sums: Floats, squares: Floats) -> tuple[Floats, Floats]:
    """Relative rank and mean return, on the other half, of each half's best."""
    best = np.argmax(_ratios(halves, counts, sums, squares), axis=1)[:, None]
    other = _ratios(1.0 - halves, counts, sums, squares)
    own = np.take_along_axis(other, best, axis=1)
    below = (other < own).sum(axis=1) + ((other == own).sum(axis=1) + 1) / 2.0
    gains = np.take_along_axis((1.0 - halves) @ sums, best, axis=1)[:, 0]
    return below / (other.shape[1] + 1.0), gains


def _ratios(halves: Floats, counts: Floats, sums: Floats, squares: Floats) -> Floats:
    """Sharpe ratios by day, (halves, strategies); 0 for a strategy that does not vary."""
    days = (halves @ counts)[:, None]
    means = halves @ sums / days
    variances = np.maximum(halves @ squares / days - means**2, 0.0)
    steady = variances <= np.finfo(float).eps * np.maximum(means**2, np.finfo(float).tiny)
    return np.where(steady, 0.0, means / np.sqrt(np.where(steady, 1.0, variances)))
