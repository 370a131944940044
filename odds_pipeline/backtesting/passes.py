"""The passes over a run's bets that are compiled: each reads and writes every bet once.

Belongs here: what plain arrays would take a dozen passes for. Does not belong here: the walk
through money (``bankroll``), the definitions of figures (``betting.performance``), which tests hold
these passes to.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Sums(NamedTuple):
    """Settled bets counted and summed, in the order of their settlement.

    Args:
        won: bets with a profit.
        lost: bets with a loss.
        turnover: money staked.
        profit: in all.
        gained: profits of the winning ones.
        given: losses of the losing ones, positive.
        prices: sum of the decimal prices.
        fall: deepest fall of the equity, in money.
        fall_share: deepest fall as a share of the height before.
        losing_run: losses in a row, pushes aside.
    """

    won: int
    lost: int
    turnover: float
    profit: float
    gained: float
    given: float
    prices: float
    fall: float
    fall_share: float
    losing_run: int


@njit(cache=True)
def slates(rows: Ints, moment: Ints) -> tuple[Ints, Ints]:
    """Where each slate begins (and the number of bets at the end), and its moment."""
    begins, moments = np.empty(len(rows) + 1, np.int64), np.empty(len(rows), np.int64)
    count = 0
    for bet in range(len(rows)):
        at = moment[rows[bet]]
        if bet == 0 or at != moments[count - 1]:
            begins[count], moments[count] = bet, at
            count += 1
    begins[count] = len(rows)
    return begins[: count + 1], moments[:count]


@njit(cache=True)
def endings(
    rows: Ints,
    price: Floats,
    result: Floats,
    void: Bools,
    settled_at: Ints,
    book: Ints,
    commission: Floats,
) -> tuple[Floats, Floats, Bools, Ints, Floats]:
    """Price, result, void and moment of each bet, and its profit a unit: NaN while pending.

    Args:
        rows: the offer of each bet.
        price: of each offer, as the four that follow.
        result: share of the stake won or lost.
        void: whether the stake comes back.
        settled_at: moment of the settlement.
        book: number of its book.
        commission: share of net winnings, by book.
    """
    count = len(rows)
    prices, results, units = np.empty(count), np.empty(count), np.empty(count)
    voids, moments = np.empty(count, np.bool_), np.empty(count, np.int64)
    for bet in range(count):
        row = rows[bet]
        share = result[row]
        prices[bet], results[bet] = price[row], share
        voids[bet], moments[bet] = void[row], settled_at[row]
        if void[row]:
            units[bet] = 0.0
        elif share > 0.0:
            units[bet] = share * (price[row] - 1.0) * (1.0 - commission[book[row]])
        else:
            units[bet] = share
    return prices, results, voids, moments, units


@njit(cache=True)
def in_time(moments: Ints, never: int) -> tuple[bool, int]:
    """Whether moments do not decrease, and how many are not ``never``."""
    settled = 0
    rising = True
    for place in range(len(moments)):
        settled += moments[place] < never
        if place and moments[place] < moments[place - 1]:
            rising = False
    return rising, settled


def sums(stake: Floats, profit: Floats, price: Floats, start: float) -> Sums:
    """Count and sum settled bets up.

    Args:
        stake: of each bet, in the order of their settlement.
        profit: of each.
        price: of each, decimal.
        start: equity at the beginning.
    """
    return Sums(*_sums(stake, profit, price, start))


@njit(cache=True)
def _sums(
    stake: Floats, profit: Floats, price: Floats, start: float
) -> tuple[int, int, float, float, float, float, float, float, float, int]:
    won, lost, run, longest = 0, 0, 0, 0
    turnover, total, gained, given, prices = 0.0, 0.0, 0.0, 0.0, 0.0
    height, fall = start, 0.0
    fall_share = 0.0 if start > 0.0 else np.nan
    for bet in range(len(stake)):
        money = profit[bet]
        turnover += stake[bet]
        prices += price[bet]
        total += money
        if money > 0.0:
            won += 1
            run = 0
            gained += money
        elif money < 0.0:
            lost += 1
            run += 1
            longest = max(longest, run)
            given -= money
        equity = start + total
        height = max(height, equity)
        fall = max(fall, height - equity)
        if height > 0.0:
            share = (height - equity) / height
            if not fall_share >= share:  # NaN while no equity was above zero
                fall_share = share
    return won, lost, turnover, total, gained, given, prices, fall, fall_share, longest
