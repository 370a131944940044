"""Draws in sports that price none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.catalog.sports import h2h_outcomes
from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd


@rule(issue_type="three_way_as_two_way", severity=Severity.WARNING, needs=Needs.QUOTES)
def draw_where_priced(quotes: pd.DataFrame) -> pd.DataFrame:
    """A two-way sport's head-to-head has no Draw: with one it is the market of regulation time.

    Its prices do not compare with those of books whose market includes overtime.
    """
    draws = quotes[(quotes["market_key"] == "h2h") & (quotes["outcome_name"] == "Draw")]
    two_way = {sport: h2h_outcomes(sport) == 2 for sport in draws["sport_key"].dropna().unique()}
    bad = draws[draws["sport_key"].map(two_way).eq(True)]
    described = [f"a draw is priced at {price:g}" for price in bad["decimal_price"]]
    return issues_of(bad.drop(columns="outcome_name"), described, ["sport_key", "decimal_price"])
