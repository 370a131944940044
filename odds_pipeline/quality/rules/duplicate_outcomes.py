"""One outcome priced twice in one market of one book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of, selections_of
from odds_pipeline.quality.outcomes import BOOK_MARKET, MAIN_MARKETS
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd


@rule(issue_type="duplicate_outcome", severity=Severity.ERROR, needs=Needs.QUOTES)
def duplicate_outcomes(quotes: pd.DataFrame) -> pd.DataFrame:
    """A book prices an outcome once a market; where a market has many lines, once a line."""
    keyed = quotes.assign(
        # A main market has one line, so a second point there is a second price all the same.
        line=quotes["point"].where(~quotes["market_key"].isin(MAIN_MARKETS)),
    )
    key = [*BOOK_MARKET, "outcome_name", "description", "line"]
    counted = keyed.assign(copies=keyed.groupby(key, dropna=False)["market_key"].transform("size"))
    bad = counted[counted["copies"] > 1].drop_duplicates(key)
    described = [
        f"{selection} is priced {copies} times"
        for selection, copies in zip(selections_of(bad), bad["copies"], strict=True)
    ]
    return issues_of(bad, described, ["copies", "decimal_price", "point", "description"])
