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
        bankroll: free money and open stakes when each bet was decided, before its slate.
        free: free money at the end.
        open: stakes that are never settled, at the end.
    """

    stakes: Floats
    bankroll: Floats
    free: float
    open: float


class Walk(NamedTuple):
    """Bets in the order of their slates: arrays of one length.

    Args:
        begins: position of the first bet of each slate, and the number of bets at the end.
        placed_at: moment of each slate, as an integer of any unit.
        settles_at: moments of settlement in their order, in the same unit; of the bets that are
            settled.
        settles: the bets of those moments; empty where the first so many are, in their order.
        unit: profit a unit staked; only that of settled bets is looked at.
        limit: greatest stake; empty without limits.
        group: bets of one number are made together or not at all, -1 for a bet on its own; empty
            where each is.
    """

    begins: Ints
    placed_at: Ints
    settles_at: Ints
    settles: Ints
    unit: Floats
    limit: Floats
    group: Ints


def walk(
    of: Walk, amount: Floats, share: Floats, start: float, smallest: float, step: float
) -> Money:
    """Walk with stakes of ``amount + share * bankroll``.

    Args:
        of: the bets.
        amount: money.
        share: of the bankroll.
        start: free money at the beginning.
        smallest: a stake below it is not made.
        step: stakes are rounded down to whole steps; 0 leaves them.
    """
    stakes, bankroll = np.zeros(len(amount)), np.zeros(len(amount))
    free, tied = _walk(*of, amount, share, stakes, bankroll, start, smallest, step)
    return Money(stakes, bankroll, float(free), float(tied))


def walk_by_hand(of: Walk, staker: Staker, start: float, smallest: float, step: float) -> Money:
    """The same with a function that gives each stake, of its position and the bankroll."""
    stakes, bankroll = np.zeros(len(of.unit)), np.zeros(len(of.unit))
    free, tied, done = start, 0.0, 0
    for slate, at in enumerate(of.placed_at):
        free, tied, done = _settle(of.settles_at, of.settles, of.unit, stakes, done, at, free, tied)
        begin, end = of.begins[slate], of.begins[slate + 1]
        bankroll[begin:end] = free + tied
        for bet in range(begin, end):
            stakes[bet] = max(0.0, staker(bet, free + tied))
        used = _fit(stakes, of.limit, of.group, begin, end, free, smallest, step)
        free, tied = free - used, tied + used
    free, tied, _ = _settle(of.settles_at, of.settles, of.unit, stakes, done, _FOREVER, free, tied)
    return Money(stakes, bankroll, float(free), float(tied))


_FOREVER = np.iinfo(np.int64).max


@njit(cache=True)
def _walk(
    begins: Ints,
    placed_at: Ints,
    settles_at: Ints,
    settles: Ints,
    unit: Floats,
    limit: Floats,
    group: Ints,
    amount: Floats,
    share: Floats,
    stakes: Floats,
    bankroll: Floats,
    free: float,
    smallest: float,
    step: float,
) -> tuple[float, float]:
    tied, done = 0.0, 0
    for slate in range(len(placed_at)):
        free, tied, done = _settle(
            settles_at, settles, unit, stakes, done, placed_at[slate], free, tied
        )
        begin, end = begins[slate], begins[slate + 1]
        money = free + tied
        for bet in range(begin, end):
            bankroll[bet] = money
            stakes[bet] = max(0.0, amount[bet] + share[bet] * money)
        used = _fit(stakes, limit, group, begin, end, free, smallest, step)
        free -= used
        tied += used
    free, tied, done = _settle(settles_at, settles, unit, stakes, done, _FOREVER, free, tied)
    return free, tied


@njit(cache=True)
def _settle(
    settles_at: Ints,
    settles: Ints,
    unit: Floats,
    stakes: Floats,
    done: int,
    until: int,
    free: float,
    tied: float,
) -> tuple[float, float, int]:
    """Pay what is settled by a moment; bets settled at the very moment are paid before it."""
    while done < len(settles_at) and settles_at[done] <= until:
        bet = settles[done] if len(settles) else done
        free += stakes[bet] * (1.0 + unit[bet])
        tied -= stakes[bet]
        done += 1
    return free, tied, done


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
    """Fit a slate's stakes to limits, free money and coins; returns their sum.

    The legs of a group are neighbours. Where a limit cuts one, all are cut alike.
    """
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
def _group_end(group: Ints, bet: int, end: int) -> int:
    last = bet + 1
    if not len(group) or group[bet] < 0:
        return last
    while last < end and group[last] == group[bet]:
        last += 1
    return last
