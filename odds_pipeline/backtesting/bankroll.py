"""Money through time: stakes leave at the bet and come back when its event is settled.

Belongs here: the walk through slates and settlements. Does not belong here: how much a strategy
wants to stake (``sizing``), how bets end (``grading``).

Bets of one moment form a slate: they are sized on the same bankroll, and what they want together
beyond the free money is cut from all alike. Nothing won is spent before it is settled.

Compiled by numba: money depends on everything before it, so this loop cannot be vectorised. At
480,000 bets it takes milliseconds where the plain loop takes a second (``benchmarks``).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Staker = Callable[[int, float], float]


class Money(NamedTuple):
    """What the walk came to.

    Args:
        stakes: of each bet; 0 for one that was not made.
        profit: of each bet, after commission; NaN while pending.
        bankroll: free money and open stakes when each bet was decided, before its slate.
        free: free money at the end.
        open: stakes that are never settled, at the end.
    """

    stakes: Floats
    profit: Floats
    bankroll: Floats
    free: float
    open: float


class Walk(NamedTuple):
    """Bets in the order of their slates: arrays of one length, but for those of each offer.

    Args:
        begins: position of the first bet of each slate, and the number of bets at the end.
        placed_at: moment of each slate, as an integer of any unit.
        rows: the offer of each bet.
        settled_at: moment of the settlement in the same unit, of each offer.
        settles: the bets that are settled, in the order of it; empty where the first so many are,
            in their order.
        settled: how many are settled.
        gross: profit a unit staked before commission, of each offer; NaN while pending.
        commission: share of net winnings, by book; empty without any.
        book: number of the book of each offer.
        limit: greatest stake; empty without limits.
        group: bets of one number are made together or not at all, -1 for a bet on its own; empty
            where each is.
    """

    begins: Ints
    placed_at: Ints
    rows: Ints
    settled_at: Ints
    settles: Ints
    settled: int
    gross: Floats
    commission: Floats
    book: Ints
    limit: Floats
    group: Ints


def walk(
    of: Walk, amount: Floats, share: Floats, start: float, smallest: float, step: float
) -> Money:
    """Walk with stakes of ``amount + share * bankroll``.

    Args:
        of: the bets.
        amount: money, of each bet or the same of all.
        share: of the bankroll, likewise.
        start: free money at the beginning.
        smallest: a stake below it is not made.
        step: stakes are rounded down to whole steps; 0 leaves them.
    """
    # One block of memory: three of this size cost several times as much to ask for.
    stakes, profit, bankroll = np.empty((3, len(of.rows)))
    if of.settled < len(profit):
        profit[:] = np.nan
    free, tied = _walk(*of, amount, share, stakes, profit, bankroll, start, smallest, step)
    return Money(stakes, profit, bankroll, float(free), float(tied))


def walk_by_hand(of: Walk, staker: Staker, start: float, smallest: float, step: float) -> Money:
    """The same with a function that gives each stake, of its position and the bankroll."""
    stakes, profit, bankroll = np.zeros((3, len(of.rows)))
    profit[:] = np.nan
    due = (of.rows, of.settled_at, of.settles, of.settled, of.gross, of.commission, of.book)
    free, tied, done = start, 0.0, 0
    for slate, at in enumerate(of.placed_at):
        free, tied, done = _settle(*due, stakes, profit, done, at, free, tied)
        begin, end = of.begins[slate], of.begins[slate + 1]
        bankroll[begin:end] = free + tied
        for bet in range(begin, end):
            stakes[bet] = max(0.0, staker(bet, free + tied))
        used = _fitted(stakes, of.limit, of.group, begin, end, free, smallest, step)
        free, tied = free - used, tied + used
    free, tied, _ = _settle(*due, stakes, profit, done, _FOREVER, free, tied)
    return Money(stakes, profit, bankroll, float(free), float(tied))


_FOREVER = np.iinfo(np.int64).max


@njit(cache=True)
def _walk(
    begins: Ints,
    placed_at: Ints,
    rows: Ints,
    settled_at: Ints,
    settles: Ints,
    count: int,
    gross: Floats,
    commission: Floats,
    book: Ints,
    limit: Floats,
    group: Ints,
    amount: Floats,
    share: Floats,
    stakes: Floats,
    profit: Floats,
    bankroll: Floats,
    free: float,
    smallest: float,
    step: float,
) -> tuple[float, float]:
    tied, done = 0.0, 0
    each_amount, each_share = len(amount) > 1, len(share) > 1
    alike = len(rows) > 0 and not (each_amount or each_share)
    for slate in range(len(placed_at)):
        at = placed_at[slate]
        free, tied, done = _settle(
            *(rows, settled_at, settles, count, gross, commission, book),
            *(stakes, profit, done, at, free, tied),
        )
        begin, end = begins[slate], begins[slate + 1]
        money = free + tied
        bankroll[begin:end] = money
        if alike:
            stakes[begin:end] = max(0.0, amount[0] + share[0] * money)
        else:
            for bet in range(begin, end):
                wanted = amount[bet if each_amount else 0] + share[bet if each_share else 0] * money
                stakes[bet] = max(0.0, wanted)
        used = _fitted(stakes, limit, group, begin, end, free, smallest, step)
        free -= used
        tied += used
    free, tied, done = _settle(
        *(rows, settled_at, settles, count, gross, commission, book),
        *(stakes, profit, done, _FOREVER, free, tied),
    )
    return free, tied


@njit(cache=True)
def _settle(
    rows: Ints,
    settled_at: Ints,
    settles: Ints,
    count: int,
    gross: Floats,
    commission: Floats,
    book: Ints,
    stakes: Floats,
    profit: Floats,
    done: int,
    until: int,
    free: float,
    tied: float,
) -> tuple[float, float, int]:
    """Pay what is settled by a moment; bets settled at the very moment are paid before it."""
    if len(settles) or len(commission):
        while done < count:
            bet = settles[done] if len(settles) else done
            row = rows[bet]
            if settled_at[row] > until:
                break
            unit = gross[row]
            if len(commission) and unit > 0.0:
                unit *= 1.0 - commission[book[row]]
            profit[bet] = stakes[bet] * unit
            free += stakes[bet] * (1.0 + unit)
            tied -= stakes[bet]
            done += 1
        return free, tied, done
    # The usual case once more, in half the time.
    begin = done
    while done < count and settled_at[rows[done]] <= until:
        done += 1
    for bet in range(begin, done):
        stake, unit = stakes[bet], gross[rows[bet]]
        profit[bet] = stake * unit
        free += stake * (1.0 + unit)
        tied -= stake
    return free, tied, done


@njit(cache=True)
def _fitted(
    stakes: Floats,
    limit: Floats,
    group: Ints,
    begin: int,
    end: int,
    free: float,
    smallest: float,
    step: float,
) -> float:
    """Fit a slate's stakes to limits, free money and coins; returns their sum."""
    if len(limit) or len(group):
        return _fit(stakes, limit, group, begin, end, free, smallest, step)
    return _fit_alone(stakes, begin, end, free, smallest, step)


@njit(cache=True)
def _fit(
    stakes: Floats,
    limit: Floats,
    group: Ints,
    begin: int,
    end: int,
    free: float,
    smallest: float,
    step: float,
) -> float:
    """The legs of a group are neighbours. Where a limit cuts one, all are cut alike."""
    total = 0.0
    bet = begin
    while bet < end:
        last = _group_end(group, bet, end)
        scale = 1.0
        if len(limit):
            for leg in range(bet, last):
                if stakes[leg] > limit[leg]:
                    scale = min(scale, limit[leg] / stakes[leg])
        for leg in range(bet, last):
            stakes[leg] *= scale
            total += stakes[leg]
        bet = last
    scale = max(free, 0.0) / total if total > max(free, 0.0) else 1.0
    used = 0.0
    bet = begin
    while bet < end:
        last = _group_end(group, bet, end)
        made = True
        for leg in range(bet, last):
            stakes[leg] *= scale
            if step > 0.0:
                # A hair more, so that a stake of whole steps is not rounded to one step less.
                stakes[leg] = np.floor(stakes[leg] / step + 1e-9) * step
            made = made and stakes[leg] > 0.0 and stakes[leg] >= smallest
        for leg in range(bet, last):
            # Rounding may lift the sum a hair above what is free.
            stakes[leg] = min(stakes[leg], free - used) if made else 0.0
            used += stakes[leg]
        bet = last
    return used


@njit(cache=True)
def _fit_alone(
    stakes: Floats, begin: int, end: int, free: float, smallest: float, step: float
) -> float:
    """The same for bets on their own without limits, as most are: the same numbers sooner."""
    total, least = 0.0, np.inf
    for bet in range(begin, end):
        stake = stakes[bet]
        total += stake
        least = stake if stake < least else least
    if step == 0.0 and 2.0 * total <= free and least > 0.0 and smallest <= least:
        return total  # nothing is to be cut, nor could rounding make it so
    scale = max(free, 0.0) / total if total > max(free, 0.0) else 1.0
    used = 0.0
    for bet in range(begin, end):
        stake = stakes[bet] * scale
        if step > 0.0:
            stake = np.floor(stake / step + 1e-9) * step
        made = stake > 0.0 and stake >= smallest
        stake = min(stake, free - used) if made else 0.0
        stakes[bet] = stake
        used += stake
    return used


@njit(cache=True)
def _group_end(group: Ints, bet: int, end: int) -> int:
    last = bet + 1
    if not len(group) or group[bet] < 0:
        return last
    while last < end and group[last] == group[bet]:
        last += 1
    return last
