"""Two bets on different numbers that can both win.

Belongs here: stakes, hit probability and value of a middle. Does not belong here: finding the
prices, arbitrage at one number (``arbitrage``).

Units: decimal odds; values per unit staked in total. Shapes broadcast.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.expected_value import expected_value
from odds_pipeline.betting.lines.distribution import ScoreDistribution


class MiddleStakes(NamedTuple):
    """A middle whose legs pay the same.

    Args:
        first: share of the total stake on the first leg; the rest is on the second.
        miss: profit when one leg wins and one loses; negative unless it is an arbitrage.
        hit: profit when both win.
        break_even: chance of a hit at which the middle is worth nothing, pushes apart.
    """

    first: Floats
    miss: Floats
    hit: Floats
    break_even: Floats


class MiddleValue(NamedTuple):
    """What a middle is worth.

    Args:
        hit: chance that both legs win.
        one_pushes: chance that one leg wins and the other's stake comes back.
        value: expected profit.
    """

    hit: Floats
    one_pushes: Floats
    value: Floats


def middle_stakes(first_price: ArrayLike, second_price: ArrayLike) -> MiddleStakes:
    """Stakes that pay the same whichever leg wins, and what they bring.

    With B = 1/d1 + 1/d2: miss 1/B - 1, hit 2/B - 1, break-even B - 1.
    """
    one = 1.0 / np.asarray(first_price, dtype=np.float64)
    other = 1.0 / np.asarray(second_price, dtype=np.float64)
    booksum = one + other
    return MiddleStakes(
        np.asarray(one / booksum),
        np.asarray(1.0 / booksum - 1.0),
        np.asarray(2.0 / booksum - 1.0),
        np.asarray(booksum - 1.0),
    )


def middle_value(
    distribution: ScoreDistribution,
    mean: ArrayLike,
    handicaps: tuple[ArrayLike, ArrayLike],
    prices: tuple[ArrayLike, ArrayLike],
) -> MiddleValue:
    """Hit probability and value of a middle under a distribution of scores.

    A pushed leg gives back its stake only.

    Args:
        distribution: of the first leg's side.
        mean: of the first leg's side.
        handicaps: of each leg from its own side; NaN throughout where they do not overlap.
        prices: decimal odds of each leg.
    """
    first, second = (np.asarray(line, dtype=np.float64) for line in handicaps)
    middle = first + second > 0.0
    legs = (
        distribution.chances(mean, first),
        distribution.chances(-np.asarray(mean, dtype=np.float64), second),
    )
    stakes = middle_stakes(*prices).first
    values = [expected_value(leg.win, d, leg.push) for leg, d in zip(legs, prices, strict=True)]
    value = stakes * values[0] + (1.0 - stakes) * values[1]
    hit, pushed = legs[0].win + legs[1].win - 1.0, legs[0].push + legs[1].push
    return MiddleValue(
        np.where(middle, np.maximum(hit, 0.0), np.nan),
        np.where(middle, pushed, np.nan),
        np.where(middle, value, np.nan),
    )
