"""Complete markets, each in one row, made of quotes.

Belongs here: putting a market's outcomes side by side, its overround and its probability. Does
not belong here: judging either (``rules``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.inputs import COLUMNS, Needs
from odds_pipeline.quality.outcomes import BOOK_MARKET, SIDES, with_sides

if TYPE_CHECKING:
    import pandas as pd

_FIRST = ("sport_key", "source", "commence_time", "in_play", "home_team", "away_team")


def complete_markets(quotes: pd.DataFrame) -> pd.DataFrame:
    """Markets of which each side stands exactly once with a price, a row a line.

    Args:
        quotes: columns of ``Needs.QUOTES``.

    Returns:
        Columns of ``Needs.MARKETS``; the probability is the multiplicative one, 1/d over the sum.
    """
    rows = with_sides(quotes)
    priced = rows["decimal_price"].where(rows["decimal_price"] > 0)
    first, second = rows["home"] | rows["over"], rows["away"] | rows["under"]
    rows = rows.assign(
        inverse=1 / priced,
        first_price=priced.where(first),
        second_price=priced.where(second),
        draw_price=priced.where(rows["draw"]),
    )
    markets = (
        rows.groupby([*BOOK_MARKET, "description", "line"], dropna=False, sort=False)
        .agg(
            **{name: (name, "first") for name in _FIRST},
            **{side: (side, "sum") for side in SIDES},
            **{name: (name, "first") for name in ("first_price", "second_price", "draw_price")},
            outcomes=("market_key", "size"),
            priced=("inverse", "count"),
            needs_draw=("needs_draw", "any"),
            total=("inverse", "sum"),
        )
        .reset_index()
    )
    teams = (markets["home"] == 1) & (markets["away"] == 1)
    teams &= (markets["draw"] <= 1) & (markets["draw"] >= markets["needs_draw"])
    total = (markets["over"] == 1) & (markets["under"] == 1)
    known = markets[SIDES].sum(axis=1) == markets["outcomes"]
    complete = (teams | total) & known & (markets["priced"] == markets["outcomes"])
    markets = markets[complete]
    return markets.assign(
        overround=markets["total"] - 1,
        probability=1 / markets["first_price"] / markets["total"],
    )[list(COLUMNS[Needs.MARKETS])].reset_index(drop=True)
