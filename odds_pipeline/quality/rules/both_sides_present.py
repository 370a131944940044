"""Main markets with a side missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of, true_columns
from odds_pipeline.quality.outcomes import BOOK_MARKET, SIDES, with_sides
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

EXPECTED = {
    "h2h": ("home", "away"),  # and the draw, in sports that price it
    "h2h_3_way": ("home", "away", "draw"),
    "spreads": ("home", "away"),
    "totals": ("over", "under"),
}


@rule(issue_type="missing_side", severity=Severity.WARNING, needs=Needs.QUOTES)
def both_sides_present(quotes: pd.DataFrame) -> pd.DataFrame:
    """A head-to-head has both teams (and the draw where it is priced), a total Over and Under.

    Without every side there is no overround and no fair price. Alternate lines and player
    markets are not judged: books do offer them one-sided.
    """
    rows = with_sides(quotes[quotes["market_key"].isin(list(EXPECTED))])
    markets = rows.groupby(BOOK_MARKET, dropna=False)[[*SIDES, "needs_draw"]].any().reset_index()
    for side in SIDES:
        wanted = markets["market_key"].isin([k for k, sides in EXPECTED.items() if side in sides])
        wanted |= markets["needs_draw"] & (side == "draw")
        markets[side] = wanted & ~markets[side]
    bad = markets[markets[SIDES].any(axis=1)].copy()
    bad["missing"] = true_columns(bad[SIDES])
    described = [
        f"{market} lacks {missing}"
        for market, missing in zip(bad["market_key"], bad["missing"], strict=True)
    ]
    return issues_of(bad, described, ["missing"])
