"""Outcomes that do not belong to their market."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of, selections_of
from odds_pipeline.quality.outcomes import SIDES, with_sides
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd


@rule(issue_type="foreign_outcome", severity=Severity.ERROR, needs=Needs.QUOTES)
def outcomes_match_market(quotes: pd.DataFrame) -> pd.DataFrame:
    """A head-to-head or spread names the event's two teams or Draw, a total Over or Under.

    Anything else was read into the wrong market or the wrong event.
    """
    rows = with_sides(quotes)
    bad = rows[~rows[SIDES].any(axis=1)]
    described = [
        f"{selection} is no outcome of {market}"
        for selection, market in zip(selections_of(bad), bad["market_key"], strict=True)
    ]
    return issues_of(bad, described, ["home_team", "away_team", "point", "description"])
