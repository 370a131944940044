"""Kelly stake of one bet."""

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.odds_arrays import after_commission


def kelly_fraction(
    win: ArrayLike,
    price: ArrayLike,
    push: ArrayLike = 0.0,
    commission: ArrayLike = 0.0,
    fraction: float = 1.0,
    cap: float = 1.0,
) -> Floats:
    """Share of the bankroll to stake: (p b - q) / (b (p + q)), 0 where that is negative.

    Kelly (1956), with b = (d-1)(1-c) the net odds and q = 1 - p - s. Without push (pd - 1)/(d - 1).
    A quarter of it grows a bankroll about 44 % as fast, a half 75 % (2f - f^2), for a quarter and a
    half of the volatility.

    Args:
        win: probability p of winning.
        price: decimal odds d; NaN in gives NaN out.
        push: probability s that the stake comes back.
        commission: share c of net winnings.
        fraction: of full Kelly; applied before the cap.
        cap: greatest share of the bankroll.

    Raises:
        ValueError: fraction or cap outside 0 to 1.
    """
    for name, share in (("fraction", fraction), ("cap", cap)):
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"{name} must lie from 0 to 1, not {share:g}")
    won, back = np.asarray(win, dtype=np.float64), np.asarray(push, dtype=np.float64)
    lost = 1.0 - won - back
    net = after_commission(price, commission) - 1.0
    decided = net * (won + lost)
    possible = decided > 0.0
    full = (won * net - lost) / np.where(possible, decided, 1.0)
    stake = np.clip(fraction * full, 0.0, cap)
    return np.where(possible, stake, np.where(np.isnan(decided), np.nan, 0.0))


def growth(
    stake: ArrayLike,
    win: ArrayLike,
    price: ArrayLike,
    push: ArrayLike = 0.0,
    commission: ArrayLike = 0.0,
) -> Floats:
    """Expected logarithmic growth of the bankroll: p ln(1 + b f) + q ln(1 - f).

    Args:
        stake: share f of the bankroll, below 1; -inf for all of it where the bet can lose.
        win: probability p of winning.
        price: decimal odds.
        push: probability that the stake comes back.
        commission: share of net winnings.
    """
    share, won = np.asarray(stake, dtype=np.float64), np.asarray(win, dtype=np.float64)
    lost = 1.0 - won - np.asarray(push, dtype=np.float64)
    net = after_commission(price, commission) - 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        ruin = np.where(lost > 0.0, lost * np.log1p(-share), 0.0)
        return np.asarray(won * np.log1p(net * share) + ruin)


def drawdown_probability(level: ArrayLike, fraction: ArrayLike = 1.0) -> Floats:
    """Chance that the bankroll ever falls to ``level`` of today's: level ** (2/fraction - 1).

    The limit of many small bets at a fraction of Kelly. Full Kelly halves the bankroll at some time
    with 50 %, half Kelly with 12.5 %, quarter Kelly with 0.78 %.
    """
    share = np.asarray(fraction, dtype=np.float64)
    return np.asarray(np.asarray(level, dtype=np.float64) ** (2.0 / share - 1.0))
