"""Odds conversion, one price at a time.

Belongs here: American, decimal, fractional and implied forms of one price. Does not belong here:
arrays (``odds_arrays``), margins (``margin``), what a provider may send (``sources``).

Units: decimal odds are the total return of one unit staked (>= 1); American odds are the profit
of 100 staked (positive) or the stake that wins 100 (negative).
"""

import math
from fractions import Fraction

EVENS = frozenset({"evs", "evens", "even"})
IMPOSSIBLE_ZONE = 100  # no American price lies strictly between -100 and +100


def decimal_from_american(price: float) -> float:
    """Decimal odds of an American price.

    1 + a/100 for a >= 100, 1 + 100/|a| for a <= -100; -100 and +100 are the same price.

    Raises:
        ValueError: the price is not finite or lies in the impossible zone (|a| < 100).
    """
    if 100.0 <= price < math.inf:
        return 1.0 + price / 100.0
    if -math.inf < price <= -100.0:
        return 1.0 - 100.0 / price
    if not math.isfinite(price):
        raise ValueError(f"American price {price} is not finite")
    raise ValueError(f"American price {price:g} is in the impossible zone")


def american_from_decimal(price: float) -> int | None:
    """American odds of a decimal price, rounded to the nearest integer; evens read as +100.

    Price 1 (a suspended outcome) has no American form: ``None``. Inverse of
    ``decimal_from_american`` for every integer |a| >= 100.

    Raises:
        ValueError: the price is below 1 or not finite.
    """
    if not 1.0 <= price < math.inf:
        raise ValueError(f"decimal price {price} is below 1 or not finite")
    if price == 1.0:
        return None
    american = round(100.0 * (price - 1.0)) if price >= 2.0 else round(-100.0 / (price - 1.0))
    return 100 if american == -IMPOSSIBLE_ZONE else american


def decimal_from_fractional(text: str) -> float:
    """Decimal odds of a fractional price as written: ``5/2``, ``5-2``, ``EVS`` or ``evens``.

    Raises:
        ValueError: not a fraction of two positive numbers.
    """
    written = text.strip().lower()
    if written in EVENS:
        return 2.0
    profit, separator, stake = written.replace("-", "/", 1).partition("/")
    if not (separator and profit.strip().isdecimal() and stake.strip().isdecimal()):
        raise ValueError(f"fractional price {text!r} is not of the form 5/2")
    if not int(profit) or not int(stake):
        raise ValueError(f"fractional price {text!r} has a zero in it")
    return 1.0 + int(profit) / int(stake)


def fractional_from_decimal(price: float, largest_stake: int = 100) -> str:
    """Fractional price nearest to decimal odds, in lowest terms, with a limited denominator.

    Raises:
        ValueError: the price is not above 1 or not finite.
    """
    if not 1.0 < price < math.inf:
        raise ValueError(f"decimal price {price} is not above 1 or not finite")
    profit = Fraction(price - 1.0).limit_denominator(largest_stake)
    profit = max(profit, Fraction(1, largest_stake))
    return f"{profit.numerator}/{profit.denominator}"


def implied_probability(decimal: float) -> float:
    """Implied probability 1/d of a decimal price, margin included.

    Raises:
        ValueError: the price is below 1 or not finite.
    """
    if not 1.0 <= decimal < math.inf:
        raise ValueError(f"decimal price {decimal} is below 1 or not finite")
    return 1.0 / decimal
