"""Main lines whose two sides state different numbers. Points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.outcomes import BOOK_MARKET, with_sides
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd


@rule(issue_type="points_not_mirrored", severity=Severity.ERROR, needs=Needs.QUOTES)
def mirrored_points(quotes: pd.DataFrame) -> pd.DataFrame:
    """The two points of a spread are each other's negative; those of a total are equal.

    Otherwise the sides belong to different lines and no margin can be taken from them.
    """
    rows = with_sides(quotes[quotes["market_key"].isin(["spreads", "totals"])])
    rows = rows[rows[["home", "away", "over", "under"]].any(axis=1)]
    markets = rows.groupby(BOOK_MARKET, dropna=False)["line"].agg(["min", "max"]).reset_index()
    bad = markets[markets["min"] != markets["max"]].dropna(subset=["min"])
    described = [
        f"{market}: the sides state lines {low} and {high}"
        for market, low, high in zip(bad["market_key"], bad["min"], bad["max"], strict=True)
    ]
    return issues_of(bad, described, ["min", "max"])
