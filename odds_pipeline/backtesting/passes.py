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
def order_of_settlement(
    rows: Ints, settled_at: Ints, void: Bools, never: int
) -> tuple[bool, int, bool]:
    """Whether bets settle in the order they stand in, how many do, and whether any is void.

    Args:
        rows: the offer of each bet.
        settled_at: moment of the settlement, of each offer; ``never`` while pending.
        void: whether the stake comes back, of each offer.
        never: what stands for no moment.
    """
    count, voids, falls = 0, 0, 0
    last = settled_at[rows[0]] if len(rows) else 0
    for bet in range(len(rows)):
        row = rows[bet]
        moment = settled_at[row]
        count += 1 if moment < never else 0
        voids += 1 if void[row] else 0
        falls += 1 if moment < last else 0
        last = moment
    return falls == 0, count, voids > 0


@njit(cache=True)
def profit_by_day(rows: Ints, settled_at: Ints, values: Floats, day: int) -> Floats:
    """Values of bets summed by day, from the first settlement to the last.

    Args:
        rows: the offer of each bet, in the order of their settlement; at least one.
        settled_at: moment of the settlement, of each offer.
        values: of each bet.
        day: length of one, in the unit of the moments.
    """
    first = settled_at[rows[0]] // day
    summed = np.zeros(settled_at[rows[-1]] // day - first + 1)
    place, ends, so_far = 0, (first + 1) * day, 0.0
    for bet in range(len(rows)):
        moment = settled_at[rows[bet]]
        if moment >= ends:
            summed[place] = so_far
            place, so_far = moment // day - first, 0.0
            ends = (first + place + 1) * day
        so_far += values[bet]
    summed[place] = so_far
    return summed


def sums(stake: Floats, profit: Floats, rows: Ints, price: Floats, start: float) -> Sums:
    """Count and sum settled bets up.

    Args:
        stake: of each bet, in the order of their settlement.
        profit: of each.
        rows: the offer of each.
        price: of each offer, decimal.
        start: equity at the beginning.
    """
    won, lost, turnover, total, gained, given, prices = _totals(stake, profit, rows, price)
    fall, fall_share = _falls(profit, start)
    run = _losing_run(profit)
    return Sums(won, lost, turnover, total, gained, given, prices, fall, fall_share, run)


# Three passes without a branch on who won, which no processor can foretell, take half the time of
# one with it, which the compiler makes of them where it sees all together.
@njit(cache=True)
def _totals(
    stake: Floats, profit: Floats, rows: Ints, price: Floats
) -> tuple[int, int, float, float, float, float, float]:
    won, lost = 0, 0
    turnover, total, gained, given, prices = 0.0, 0.0, 0.0, 0.0, 0.0
    for bet in range(len(stake)):
        money = profit[bet]
        turnover += stake[bet]
        prices += price[rows[bet]]
        total += money
        gained += max(money, 0.0)
        given += max(-money, 0.0)
        won += money > 0.0
        lost += money < 0.0
    return won, lost, turnover, total, gained, given, prices


@njit(cache=True)
def _falls(profit: Floats, start: float) -> tuple[float, float]:
    total, height, fall, bet = 0.0, start, 0.0, 0
    while bet < len(profit) and height <= 0.0:  # there is no share of such a height
        total += profit[bet]
        equity = start + total
        height = equity if equity > height else height
        fall = max(fall, height - equity)
        bet += 1
    if height <= 0.0:
        return fall, np.nan
    fall_share = 0.0
    for later in range(bet, len(profit)):
        total += profit[later]
        equity = start + total
        height = equity if equity > height else height
        below = height - equity
        fall = below if below > fall else fall
        share = below / height
        fall_share = share if share > fall_share else fall_share
    return fall, fall_share


@njit(cache=True)
def _losing_run(profit: Floats) -> int:
    run, longest = 0, 0
    for bet in range(len(profit)):
        money = profit[bet]
        run = (run + (1 if money < 0.0 else 0)) * (0 if money > 0.0 else 1)
        longest = max(longest, run)
    return longest
