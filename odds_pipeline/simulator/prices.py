"""From fair probabilities to the prices a book shows.

Belongs here: adding an overround, the price ladder, the American form. Does not belong here:
opinions, clocks. Units: decimal odds; overround as a fraction.
"""

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from math import ceil, floor, sqrt

from odds_pipeline.simulator.books import Ladder

SHORTEST_TICK = 1.01  # the shortest price of an exchange, decimal
_LONGEST_LAY = 1_000.0
_LONGEST_IMPLIED = 0.001
_SHORTEST_IMPLIED = 0.999
_SIZES = (200, 500, 1_000, 10_000)  # of American prices
_STEPS = (5, 10, 25, 100, 1_000)  # of the ladder below each size, and above the last


def with_overround(fair: Sequence[float], overround: float) -> list[float]:
    """Implied probabilities that add up to 1 + overround, the longer outcome paying more of it.

    A negative overround gives those of the lay side.

    Each outcome carries a share in proportion to the standard deviation of its result, which
    never lifts a favourite over 1 as a proportional margin would.
    """
    weights = [sqrt(chance * (1.0 - chance)) for chance in fair]
    whole = sum(weights) or 1.0
    return [
        min(max(chance + overround * weight / whole, _LONGEST_IMPLIED), _SHORTEST_IMPLIED)
        for chance, weight in zip(fair, weights, strict=True)
    ]


def shown(implied: float, ladder: Ladder) -> float:
    """The decimal price on the ladder for one implied probability."""
    price = 1.0 / implied
    if ladder is Ladder.TICKS:
        return max(floor(price * 100 + 1e-9) / 100, SHORTEST_TICK)
    american = _american(price)
    if ladder is Ladder.CENTS_5:
        step = _STEPS[bisect_right(_SIZES, abs(american))]
        american = int(step * round(american / step))
    return _decimal(american)


def laid(implied: float) -> float:
    """The decimal lay price of an exchange for one implied probability, never below the fair."""
    return min(ceil(100.0 / implied - 1e-9) / 100, _LONGEST_LAY)


@lru_cache(maxsize=4_096)
def spelled(price: float, odds_format: str) -> float | int:
    """A decimal price as the wire spells it: hundredths, or a whole American number."""
    return _american(price) if odds_format == "american" else round(price, 2)


def _american(price: float) -> int:
    return round((price - 1.0) * 100.0) if price >= 2.0 else -round(100.0 / (price - 1.0))


def _decimal(american: int) -> float:
    return 1.0 + (american / 100.0 if american > 0 else 100.0 / -american)
