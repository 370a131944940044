"""Favourites by one market who are underdogs by the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

CLEAR_POINTS = 2
CLEAR_PROBABILITY = 0.55


@rule(
    issue_type="favourites_differ",
    severity=Severity.WARNING,
    needs=Needs.MARKETS,
    limit=CLEAR_POINTS,
    unit="points",
)
def spread_agrees_with_moneyline(markets: pd.DataFrame) -> pd.DataFrame:
    """The side that gives points is the side with the shorter price.

    Judged where both are clear: a handicap of more than 2 points on an even price, and a
    probability above 55 %. Of 56 games of an archive where the two disagree 50 have a handicap of
    2 or less, where both may be favourites; the other six are mistakes.
    """
    return _issues(_both(markets))


def _both(markets: pd.DataFrame) -> pd.DataFrame:
    key = ["event_id", "snapshot_time", "bookmaker_key"]
    spreads = markets[markets["market_key"] == "spreads"][[*key, "line"]]
    two_way = markets[(markets["market_key"] == "h2h") & (markets["outcomes"] == 2)]
    return two_way.drop(columns="line").merge(spreads, on=key)


def _issues(both: pd.DataFrame) -> pd.DataFrame:
    home = (both["line"] < -CLEAR_POINTS) & (both["probability"] < 1 - CLEAR_PROBABILITY)
    away = (both["line"] > CLEAR_POINTS) & (both["probability"] > CLEAR_PROBABILITY)
    bad = both[home | away].rename(columns={"line": "home_point"})
    described = [
        f"the home side has {point:+g} points and a probability of {probability:.1%}"
        for point, probability in zip(bad["home_point"], bad["probability"], strict=True)
    ]
    return issues_of(bad, described, ["home_point", "probability", "first_price", "second_price"])
