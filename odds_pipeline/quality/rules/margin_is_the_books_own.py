"""Margins that are not the book's own habit. Fractions: 0.05 is 5 %."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.peers import comparable
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 5
BEYOND = 0.06
SHORT = 1.08


@rule(
    issue_type="unusual_overround",
    severity=Severity.WARNING,
    needs=Needs.MARKETS,
    limit=BEYOND,
    unit="overround",
)
def margin_is_the_books_own(markets: pd.DataFrame) -> pd.DataFrame:
    """A book's overround lies within 6 points of what it usually takes in that market and sport.

    The band of its class leaves room for every book; a book's own habit is narrower. Usual is the
    median of the day's markets, of at least 5. Markets with a price below 1.08 are left out:
    rounding of short prices alone moves their sum by more.
    """
    rows = comparable(markets)
    rows = rows[rows[["first_price", "second_price"]].min(axis=1) >= SHORT]
    key = ["sport_key", "bookmaker_key", "market_key", "outcomes"]
    habit = rows.groupby(key, sort=False)["overround"]
    rows = rows.assign(usual=habit.transform("median"), markets=habit.transform("size"))
    off = (rows["overround"] - rows["usual"]).abs() > BEYOND
    bad = rows[off & (rows["markets"] >= FEWEST)]
    described = [
        f"{market} has an overround of {own:.2%}, where the book usually takes {usual:.2%}"
        for market, own, usual in zip(
            bad["market_key"], bad["overround"], bad["usual"], strict=True
        )
    ]
    return issues_of(bad, described, ["overround", "usual", "markets", "line", "description"])
