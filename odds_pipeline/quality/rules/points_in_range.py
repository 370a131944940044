"""Lines that no game of the sport can have. Points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.catalog.sports import SPORTS
from odds_pipeline.quality.issues import issues_of, selections_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

QUARTER = 0.25


@rule(issue_type="line_out_of_range", severity=Severity.ERROR, needs=Needs.QUOTES)
def points_in_range(quotes: pd.DataFrame) -> pd.DataFrame:
    """A full game's handicap and total lie in the range of their sport.

    Archives swap the two between their columns; a handicap read as a total lies below it. Lines
    of games in progress are not judged: a total shrinks to the points still to come.
    """
    spreads = {key: one.spread_below for key, one in SPORTS.items() if one.spread_below is not None}
    totals = {key: one.totals for key, one in SPORTS.items() if one.totals is not None}
    point, sport = quotes["point"], quotes["sport_key"]
    wide = quotes["market_key"].eq("spreads") & (point.abs() >= sport.map(spreads).astype(float))
    low = sport.map({key: span[0] for key, span in totals.items()}).astype(float)
    high = sport.map({key: span[1] for key, span in totals.items()}).astype(float)
    odd = quotes["market_key"].eq("totals") & ((point < low) | (point > high))
    bad = quotes[(wide | odd) & ~quotes["in_play"].astype(bool)]
    described = [
        f"{selection} of {market} is no line of {sport}"
        for selection, market, sport in zip(
            selections_of(bad), bad["market_key"], bad["sport_key"], strict=True
        )
    ]
    return issues_of(bad, described, ["point", "decimal_price", "sport_key", "description"])


@rule(
    issue_type="line_off_grid",
    severity=Severity.ERROR,
    needs=Needs.QUOTES,
    limit=QUARTER,
    unit="points",
)
def points_on_grid(quotes: pd.DataFrame) -> pd.DataFrame:
    """A handicap or total is a multiple of a quarter; no book has any other."""
    lined = quotes[quotes["market_key"].isin(["spreads", "totals"]) & quotes["point"].notna()]
    bad = lined[(lined["point"] / QUARTER) % 1 != 0]
    described = [f"{selection} is off the grid of quarters" for selection in selections_of(bad)]
    return issues_of(bad, described, ["point", "decimal_price", "description"])
