"""Fields a quote cannot be used without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.catalog.markets import MARKETS
from odds_pipeline.quality.issues import issues_of, selections_of, true_columns
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

TEXTS = ("event_id", "sport_key", "bookmaker_key", "market_key", "outcome_name")
ALWAYS = (*TEXTS, "snapshot_time", "known_time", "commence_time", "decimal_price")
WITH_POINT = tuple(key for key, market in MARKETS.items() if market.has_point)


@rule(issue_type="missing_field", severity=Severity.ERROR, needs=Needs.QUOTES)
def required_fields(quotes: pd.DataFrame) -> pd.DataFrame:
    """A quote names its event, book, market, outcome, times and price, and its point if lined."""
    missing = quotes[list(ALWAYS)].isna()
    for text in TEXTS:
        missing[text] |= quotes[text] == ""
    missing["point"] = quotes["point"].isna() & quotes["market_key"].isin(WITH_POINT)
    bad = quotes[missing.any(axis=1)].copy()
    bad["missing"] = true_columns(missing.loc[bad.index])
    described = [
        f"{selection} lacks {fields}"
        for selection, fields in zip(selections_of(bad), bad["missing"], strict=True)
    ]
    return issues_of(bad, described, ["missing", *ALWAYS, "point", "description"])
