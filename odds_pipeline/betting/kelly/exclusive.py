"""Kelly stakes on outcomes of which one wins."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Bools, Floats


class ExclusiveStakes(NamedTuple):
    """Stakes on the outcomes of one market.

    Args:
        stakes: shares of the bankroll, shape (..., n).
        reserve: rate R of the bankroll that is kept whatever happens, shape (...).
        growth: expected logarithmic growth, shape (...).
    """

    stakes: Floats
    reserve: Floats
    growth: Floats


def exclusive_kelly(probabilities: ArrayLike, prices: ArrayLike) -> ExclusiveStakes:
    """Optimal stakes on mutually exclusive outcomes (Smoczynski & Tomkins 2010).

    Outcomes are taken in order of p d while p d exceeds the reserve R; f = p - R/d. An outcome
    with a negative value of its own can be among them: it hedges the others. Prices that together
    are an arbitrage (booksum below 1, every outcome possible) are all backed, f = p and R = 0.

    Args:
        probabilities: shape (..., n), summing to at most 1; the rest is a loss of every stake.
        prices: decimal odds, shape (..., n); an outcome without a price is NaN and is not backed.

    Raises:
        ValueError: probabilities below 0 or summing above 1.
    """
    given, decimal = np.broadcast_arrays(
        np.asarray(probabilities, dtype=np.float64), np.asarray(prices, dtype=np.float64)
    )
    if (given < 0.0).any() or (given.sum(axis=-1) > 1.0 + 1e-9).any():
        raise ValueError("probabilities of one market must not be negative nor sum above 1")
    offered = np.isfinite(decimal) & (decimal > 1.0)
    chance, odds = np.where(offered, given, 0.0), np.where(offered, decimal, 1.0)
    backed, reserve = _backed(chance, odds)
    stakes = np.where(backed, np.maximum(chance - reserve[..., None] / odds, 0.0), 0.0)
    return ExclusiveStakes(stakes, reserve, _growth(chance, odds, backed, reserve))


def _backed(chance: Floats, odds: Floats) -> tuple[Bools, Floats]:
    order = np.argsort(-chance * odds, axis=-1, kind="stable")
    backed = np.zeros(chance.shape, dtype=np.bool_)
    reserve = np.ones(chance.shape[:-1])
    left, room = np.ones(chance.shape[:-1]), np.ones(chance.shape[:-1])
    going = np.ones(chance.shape[:-1], dtype=np.bool_)
    for rank in range(chance.shape[-1]):
        place = order[..., rank : rank + 1]
        p = np.take_along_axis(chance, place, axis=-1)[..., 0]
        d = np.take_along_axis(odds, place, axis=-1)[..., 0]
        going = going & (p * d > reserve)
        left = np.where(going, np.maximum(left - p, 0.0), left)
        room = np.where(going, room - 1.0 / d, room)
        # Without room every outcome is backed below its own cost: nothing needs to be kept.
        reserve = np.where(going, left / np.where(room > 0.0, room, np.inf), reserve)
        np.put_along_axis(backed, place, going[..., None], axis=-1)
    return backed, reserve


def _growth(chance: Floats, odds: Floats, backed: Bools, reserve: Floats) -> Floats:
    won = np.where(backed, chance * np.log(np.where(backed, chance * odds, 1.0)), 0.0).sum(axis=-1)
    left = 1.0 - np.where(backed, chance, 0.0).sum(axis=-1)
    kept = np.where(reserve > 0.0, reserve, 1.0)
    return np.asarray(won + left * np.log(kept))
