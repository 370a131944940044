"""What a row of settled bets came to: yield, hit rate, drawdown, runs.

Belongs here: figures of bets that are settled, in their order. Does not belong here: settling
(``settlement``), whether it was luck (``yield_test``), figures by day (``daily_returns``).

Units and shapes: stakes and profits in units of money, one entry a bet, in the order in which they
were settled; a push has profit 0, a void bet no entry. Equity in money.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest falls from the highest equity before: in money and as a share of that height.

    They need not be the same fall.
    """

    amount: float
    share: float


@dataclass(frozen=True, slots=True)
class Tally:
    """Bets counted and summed.

    ``hit_rate`` leaves pushes out of both counts; turnover, and with it the yield, holds them.
    What has no value (no bets, no losses) is NaN or infinite.
    """

    bets: int
    won: int
    lost: int
    pushed: int
    turnover: float
    profit: float
    profit_factor: float

    @property
    def hit_rate(self) -> float:
        """Won of won and lost."""
        decided = self.won + self.lost
        return self.won / decided if decided else np.nan

    @property
    def yield_(self) -> float:
        """Profit a unit staked, also called ROI of the turnover."""
        return self.profit / self.turnover if self.turnover else np.nan


def tally(stakes: ArrayLike, profits: ArrayLike) -> Tally:
    """Count and sum settled bets.

    Raises:
        ValueError: the arrays differ in length, or a stake or profit is no number.
    """
    staked, gained = _pair(stakes, profits)
    wins, losses = gained[gained > 0.0].sum(), -gained[gained < 0.0].sum()
    return Tally(
        bets=len(gained),
        won=int((gained > 0.0).sum()),
        lost=int((gained < 0.0).sum()),
        pushed=int((gained == 0.0).sum()),
        turnover=float(staked.sum()),
        profit=float(gained.sum()),
        profit_factor=float(wins / losses) if losses else (np.inf if wins else np.nan),
    )


def equity(profits: ArrayLike, start: float = 0.0) -> Floats:
    """Money after each bet, the start before the first: one entry more than bets."""
    gained = np.asarray(profits, dtype=np.float64)
    return np.concatenate(([start], start + np.cumsum(gained)))


def drawdown(curve: ArrayLike) -> Drawdown:
    """The deepest falls of an equity curve, which begins with the starting equity.

    The share is NaN where equity never was above zero.

    Raises:
        ValueError: an empty curve.
    """
    values = np.asarray(curve, dtype=np.float64)
    if not values.size:
        raise ValueError("an equity curve has at least its start")
    heights = np.maximum.accumulate(values)
    falls = heights - values
    shares = falls[heights > 0.0] / heights[heights > 0.0]
    return Drawdown(float(falls.max()), float(shares.max()) if shares.size else np.nan)


def longest_losing_run(profits: ArrayLike) -> int:
    """Most losses in a row; a push neither ends a run nor lengthens it."""
    gained = np.asarray(profits, dtype=np.float64)
    lost = gained[gained != 0.0] < 0.0
    if not lost.any():
        return 0
    edges = np.flatnonzero(np.diff(np.concatenate(([0], lost.view(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max())


def _pair(stakes: ArrayLike, profits: ArrayLike) -> tuple[Floats, Floats]:
    staked = np.asarray(stakes, dtype=np.float64)
    gained = np.asarray(profits, dtype=np.float64)
    if staked.ndim != 1 or staked.shape != gained.shape:
        raise ValueError(f"stakes {staked.shape} and profits {gained.shape}: one entry a bet each")
    if not (np.isfinite(staked).all() and np.isfinite(gained).all()):
        raise ValueError("a stake or profit is no number; leave void bets out")
    return staked, gained
