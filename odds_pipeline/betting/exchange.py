"""Fair prices of a betting exchange.

Belongs here: what back and lay prices say once commission is paid. Does not belong here: an
arbitrage between a back and a lay (``arbitrage``).

Units: decimal odds; commission as a share of net winnings (0.02 is 2 %). Shapes broadcast.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats


class ExchangeBand(NamedTuple):
    """Between the break-evens nobody has an edge on the exchange; their middle is the fair price.

    Args:
        lay_break_even: a layer has an edge below this probability.
        mid: the fair probability.
        back_break_even: a backer has an edge above this probability.
    """

    lay_break_even: Floats
    mid: Floats
    back_break_even: Floats


def exchange_band(back: ArrayLike, lay: ArrayLike, commission: ArrayLike = 0.0) -> ExchangeBand:
    """Break-even probabilities of backing and laying, and their mean.

    Backing at B breaks even at 1/(1 + (B-1)(1-c)), laying at L at (1-c)/(L-c).

    Args:
        back: best price to back; NaN unless above 1.
        lay: best price to lay; NaN unless above 1.
        commission: share c of net winnings.

    Raises:
        ValueError: commission outside 0 to 1.
    """
    share = np.asarray(commission, dtype=np.float64)
    if not ((share >= 0.0) & (share < 1.0)).all():
        raise ValueError("commission must be a share from 0 to below 1")
    backed, laid = _priced(back), _priced(lay)
    back_even = 1.0 / (1.0 + (backed - 1.0) * (1.0 - share))
    lay_even = (1.0 - share) / (laid - share)
    return ExchangeBand(lay_even, np.asarray(0.5 * (back_even + lay_even)), back_even)


def _priced(prices: ArrayLike) -> Floats:
    decimal = np.asarray(prices, dtype=np.float64)
    return np.where(np.isfinite(decimal) & (decimal > 1.0), decimal, np.nan)
