"""Which side of its market an outcome is, and which lines belong together.

Belongs here: reading outcomes by name, for the rules that judge whole markets. Does not belong
here: judging. Markets the catalog does not know get no role, so that no rule guesses about them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.catalog.markets import MARKETS, OutcomeKind
from odds_pipeline.catalog.sports import h2h_outcomes

if TYPE_CHECKING:
    import pandas as pd

# One book's one market in one state; the times after the first follow from it.
BOOK_MARKET = [
    *("event_id", "snapshot_time", "until_time", "known_time"),
    *("bookmaker_key", "market_key"),
]
SIDES = ["home", "away", "draw", "over", "under"]
MAIN_MARKETS = tuple(
    m.key for m in MARKETS.values() if m.featured and not m.is_lay and m.outcome_kind != "many"
)


def with_sides(quotes: pd.DataFrame) -> pd.DataFrame:
    """Quotes of known two- and three-way markets with what each outcome is.

    Returns:
        A copy of those rows with boolean ``home, away, draw, over, under`` (at most one true),
        ``needs_draw`` (the market is complete only with a draw) and ``line`` (the market's
        number: the home team's point, or the total; missing where there is none). Two sides of
        one market have equal ``line`` whether their points mirror (spreads) or match (totals).
    """
    kinds = quotes["market_key"].map({key: m.outcome_kind.value for key, m in MARKETS.items()})
    rows = quotes[kinds.isin([OutcomeKind.SIDES.value, OutcomeKind.OVER_UNDER.value])].copy()
    name, sides = rows["outcome_name"], kinds[rows.index] == OutcomeKind.SIDES.value
    rows["home"] = sides & (name == rows["home_team"])
    rows["away"] = sides & (name == rows["away_team"])
    rows["draw"] = sides & (name == "Draw")
    rows["over"] = ~sides & (name == "Over")
    rows["under"] = ~sides & (name == "Under")
    three_way = {sport: h2h_outcomes(sport) == 3 for sport in rows["sport_key"].dropna().unique()}
    rows["needs_draw"] = rows["market_key"].eq("h2h") & rows["sport_key"].map(three_way).eq(True)
    rows["needs_draw"] |= rows["market_key"].eq("h2h_3_way")
    rows["line"] = rows["point"].where(~rows["away"], -rows["point"]) + 0.0
    return rows
