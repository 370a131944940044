"""How bets end.

Belongs here: results of money lines, spreads, totals, quarter lines, voids and parlays, and what
they pay. Does not belong here: which score counts (regulation or overtime is the market's rule),
corrections (they reverse entries, in the ledger), dead heats and racing.

A result is the share of the stake that is won (positive) or lost (negative): 1 win, 0.5 half win,
0 push, -0.5 half loss, -1 loss. NaN is pending: a missing score is never a loss. A void bet pays
its stake back and is told apart from a push by its own flag. Shapes broadcast.
"""

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats

WIN, HALF_WIN, PUSH, HALF_LOSS, LOSS = 1.0, 0.5, 0.0, -0.5, -1.0


def settle_two_way(margin: ArrayLike) -> Floats:
    """Money line of two outcomes: a tie is a push.

    Args:
        margin: score of the backed side minus the other's; NaN pending.
    """
    return np.asarray(np.sign(np.asarray(margin, dtype=np.float64)))


def settle_three_way(margin: ArrayLike, on_draw: ArrayLike = False) -> Floats:
    """Money line with a draw: a tie loses on a team and wins on the draw.

    Args:
        margin: score of the backed side minus the other's (either side's for the draw).
        on_draw: whether the draw was backed.
    """
    lead = np.asarray(margin, dtype=np.float64)
    won = np.where(np.asarray(on_draw, dtype=np.bool_), lead == 0.0, lead > 0.0)
    return np.where(np.isnan(lead), np.nan, np.where(won, WIN, LOSS))


def settle_spread(margin: ArrayLike, point: ArrayLike) -> Floats:
    """Spread: whether the backed side's margin plus its point is above 0.

    On a quarter point half the stake stands on each neighbouring half point.

    Args:
        margin: score of the backed side minus the other's; NaN pending.
        point: handicap of the backed side, a multiple of 0.25; -3.5 gives 3.5 points.

    Raises:
        ValueError: a point that is no multiple of 0.25.
    """
    return _halves(np.asarray(margin, dtype=np.float64), _points(point))


def settle_total(total: ArrayLike, point: ArrayLike, over: ArrayLike = True) -> Floats:
    """Total: whether the sum of scores is over or under the point.

    Args:
        total: sum of both scores; NaN pending.
        point: the line, a multiple of 0.25.
        over: whether Over was backed.

    Raises:
        ValueError: a point that is no multiple of 0.25.
    """
    above = _halves(np.asarray(total, dtype=np.float64), -_points(point))
    return np.where(np.asarray(over, dtype=np.bool_), above, 0.0 - above)


def profit(
    result: ArrayLike,
    price: ArrayLike,
    stake: ArrayLike = 1.0,
    commission: ArrayLike = 0.0,
    void: ArrayLike = False,
) -> Floats:
    """Money won or lost; NaN while pending, 0 for a void bet.

    Args:
        result: share of the stake won or lost.
        price: decimal odds.
        stake: money at risk.
        commission: share of net winnings.
        void: the bet never stood: cancelled, postponed too long, the player did not play.
    """
    share, staked = np.asarray(result, dtype=np.float64), np.asarray(stake, dtype=np.float64)
    net = (np.asarray(price, dtype=np.float64) - 1.0) * (
        1.0 - np.asarray(commission, dtype=np.float64)
    )
    paid = staked * share * np.where(share > 0.0, net, 1.0)
    return np.where(np.asarray(void, dtype=np.bool_), 0.0, paid)


def leg_factor(result: ArrayLike, price: ArrayLike, void: ArrayLike = False) -> Floats:
    """What a leg multiplies a parlay's stake by: d, (1 + d)/2, 1, 1/2 or 0; 1 for a void leg."""
    share = np.asarray(result, dtype=np.float64)
    net = np.asarray(price, dtype=np.float64) - 1.0
    factor = 1.0 + share * np.where(share > 0.0, net, 1.0)
    return np.where(np.asarray(void, dtype=np.bool_), 1.0, factor)


def parlay_factor(result: ArrayLike, prices: ArrayLike, void: ArrayLike = False) -> Floats:
    """What a parlay pays for one unit, stake included; legs on the last axis.

    One lost leg ends it at 0, pending legs or not; with none lost a pending leg leaves it NaN; all
    legs void is the stake back.
    """
    share, skipped = np.asarray(result, dtype=np.float64), np.asarray(void, dtype=np.bool_)
    factors = leg_factor(share, prices, skipped)
    lost = ((share == LOSS) & ~skipped).any(axis=-1)
    return np.where(lost, 0.0, factors.prod(axis=-1))


def parlay_price(prices: ArrayLike) -> Floats:
    """Decimal odds of a parlay of independent legs: their product, legs on the last axis."""
    return np.asarray(np.asarray(prices, dtype=np.float64).prod(axis=-1))


def _halves(score: Floats, point: Floats) -> Floats:
    quarter = np.abs(np.mod(point, 0.5)) > 1e-9
    shift = np.where(quarter, 0.25, 0.0)
    both = np.sign(score + point - shift) + np.sign(score + point + shift)
    return np.asarray(0.5 * both)


def _points(point: ArrayLike) -> Floats:
    line = np.asarray(point, dtype=np.float64)
    fourfold = 4.0 * line
    if (np.isfinite(line) & (fourfold != np.rint(fourfold))).any():
        raise ValueError("a point must be a multiple of 0.25")
    return line
