"""Expected value of a bet.

Belongs here: what a bet is worth given fair probabilities. Does not belong here: stakes
(``kelly``), where probabilities come from (``margin_removal``, ``consensus``).

Units: decimal odds; values per unit staked (0.05 is 5 % of the stake). Shapes broadcast.
"""

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.odds_arrays import after_commission


def expected_value(
    win: ArrayLike, price: ArrayLike, push: ArrayLike = 0.0, commission: ArrayLike = 0.0
) -> Floats:
    """Expected profit of one unit: p (d-1)(1-c) - (1 - p - s).

    Args:
        win: probability p that the bet wins.
        price: decimal odds d.
        push: probability s that the stake comes back.
        commission: share c of net winnings.
    """
    won, back = np.asarray(win, dtype=np.float64), np.asarray(push, dtype=np.float64)
    return np.asarray(won * (after_commission(price, commission) - 1.0) - (1.0 - won - back))


def expected_value_of_quarters(
    win: ArrayLike, half_win: ArrayLike, half_loss: ArrayLike, loss: ArrayLike, price: ArrayLike
) -> Floats:
    """Expected profit of one unit on a quarter line: (Pw + Phw/2)(d-1) - (Pl + Phl/2)."""
    gain, give = quarter_weights(win, half_win, half_loss, loss)
    return np.asarray(gain * (np.asarray(price, dtype=np.float64) - 1.0) - give)


def fair_price_of_quarters(
    win: ArrayLike, half_win: ArrayLike, half_loss: ArrayLike, loss: ArrayLike
) -> Floats:
    """Decimal odds at which a quarter line is worth nothing: 1 + (Pl + Phl/2)/(Pw + Phw/2)."""
    gain, give = quarter_weights(win, half_win, half_loss, loss)
    return np.asarray(1.0 + give / gain)


def quarter_weights(
    win: ArrayLike, half_win: ArrayLike, half_loss: ArrayLike, loss: ArrayLike
) -> tuple[Floats, Floats]:
    """Expected share of the stake that wins, and that loses."""
    won, half_won = np.asarray(win, dtype=np.float64), np.asarray(half_win, dtype=np.float64)
    lost, half_lost = np.asarray(loss, dtype=np.float64), np.asarray(half_loss, dtype=np.float64)
    return np.asarray(won + 0.5 * half_won), np.asarray(lost + 0.5 * half_lost)


def fair_price(win: ArrayLike, push: ArrayLike = 0.0) -> Floats:
    """Decimal odds at which a bet is worth nothing: 1 + P(loss)/P(win); NaN where it cannot win."""
    won, back = np.asarray(win, dtype=np.float64), np.asarray(push, dtype=np.float64)
    possible = won > 0.0
    return np.where(possible, 1.0 + (1.0 - won - back) / np.where(possible, won, 1.0), np.nan)


def probability_edge(win: ArrayLike, price: ArrayLike) -> Floats:
    """Fair minus implied probability, p - 1/d: the edge in probability points, not per unit."""
    return np.asarray(np.asarray(win, dtype=np.float64) - 1.0 / np.asarray(price, dtype=np.float64))
