"""Prices of exactly 1, which pay nothing. Decimal odds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of, selections_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd


@rule(issue_type="price_pays_nothing", severity=Severity.WARNING, needs=Needs.QUOTES)
def price_above_one(quotes: pd.DataFrame) -> pd.DataFrame:
    """A decimal price of 1 returns the stake and no more: seen in play, kept, never a bet."""
    bad = quotes[quotes["decimal_price"] == 1.0]
    described = [f"{one} is priced at 1, which pays nothing" for one in selections_of(bad)]
    return issues_of(bad, described, ["decimal_price", "point", "description", "in_play"])
