"""Quotes after the start that could pass for pre-match ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd


@rule(issue_type="in_play_leakage", severity=Severity.CRITICAL, needs=Needs.QUOTES)
def in_play_leakage(quotes: pd.DataFrame) -> pd.DataFrame:
    """A snapshot at or after the start it states is marked in play.

    Unmarked, it would serve as a closing price that nobody could bet on.
    """
    leaked = quotes[(quotes["snapshot_time"] >= quotes["commence_time"]) & ~quotes["in_play"]]
    bad = leaked.drop_duplicates(["event_id", "snapshot_time", "commence_time"])
    bad = bad[["event_id", "snapshot_time", "commence_time", "in_play"]]
    described = [f"not marked in play though it started at {t}" for t in bad["commence_time"]]
    return issues_of(bad, described, ["snapshot_time", "commence_time", "in_play"])
