"""Prices that cannot be prices. Decimal odds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of, selections_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

SMALLEST, BELOW = 1.0, 1e6


@rule(issue_type="price_out_of_range", severity=Severity.ERROR, needs=Needs.QUOTES)
def price_finite_and_in_range(quotes: pd.DataFrame) -> pd.DataFrame:
    """A decimal price is finite, at least 1 and below 1,000,000; a missing one is not a price."""
    price = quotes["decimal_price"]
    bad = quotes[~price.between(SMALLEST, BELOW, inclusive="left")]
    described = [
        f"price {price} of {selection} is outside [1, 1000000)"
        for price, selection in zip(bad["decimal_price"], selections_of(bad), strict=True)
    ]
    return issues_of(bad, described, ["decimal_price", "point", "description"])
