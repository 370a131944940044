"""Jumps from one capture to the next. Points; fractions of probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.catalog.markets import FEATURED
from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule
from odds_pipeline.quality.reliability import MOVEMENT, judgeable

if TYPE_CHECKING:
    import pandas as pd

# By market: a moneyline takes in what a spread takes in by moving its line.
FURTHEST = {"h2h": 0.20, "spreads": 0.12, "totals": 0.12}
LINE_POINTS = 10
WITHIN_HOURS = 2


@rule(issue_type="excessive_movement", severity=Severity.WARNING, needs=Needs.MARKETS)
def probability_jump(markets: pd.DataFrame) -> pd.DataFrame:
    """A book's probability jumps between captures at most 2 hours apart, before the start.

    More than 20 points of a head-to-head, 12 of a spread or total on an unmoved line: news of
    that size exists, misreadings are commoner. Probability, because a price of 1.05 and one of
    15 move by very different amounts on the same news.
    """
    rows = _before(markets)
    moved = (rows["probability"] - rows["was"]).abs()
    limit = rows["market_key"].map(FURTHEST).astype(float)
    bad = rows[(moved > limit) & ((rows["line"] == rows["line_was"]) | rows["line"].isna())]
    described = [
        f"{market} jumped from {was:.1%} to {now:.1%}"
        for market, was, now in zip(bad["market_key"], bad["was"], bad["probability"], strict=True)
    ]
    return issues_of(bad, described, ["was", "probability", "line", "since", "snapshot_time"])


@rule(
    issue_type="excessive_movement",
    severity=Severity.WARNING,
    needs=Needs.MARKETS,
    limit=LINE_POINTS,
    unit="points",
)
def line_jump(markets: pd.DataFrame) -> pd.DataFrame:
    """A handicap or total moves by more than 10 points between captures at most 2 hours apart."""
    rows = _before(markets)
    bad = rows[(rows["line"] - rows["line_was"]).abs() > LINE_POINTS]
    described = [
        f"{market} moved from {was:g} to {now:g}"
        for market, was, now in zip(bad["market_key"], bad["line_was"], bad["line"], strict=True)
    ]
    return issues_of(bad, described, ["line_was", "line", "since", "snapshot_time"])


def _before(markets: pd.DataFrame) -> pd.DataFrame:
    """Main markets before the start, each with what the same book had before."""
    import pandas as pd

    judged = markets["market_key"].isin(FEATURED) & ~markets["in_play"].astype(bool)
    rows = markets[judged & judgeable(markets, MOVEMENT)]
    rows = rows.sort_values("snapshot_time", kind="stable")
    series = rows.groupby(["event_id", "bookmaker_key", "market_key"], sort=False)
    rows = rows.assign(
        was=series["probability"].shift(),
        line_was=series["line"].shift(),
        since=series["until_time"].shift(),
    )
    return rows[rows["snapshot_time"] - rows["since"] <= pd.Timedelta(hours=WITHIN_HOURS)]
