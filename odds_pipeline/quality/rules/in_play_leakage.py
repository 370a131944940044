"""Snapshots of games in progress that are not marked as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd


@rule(issue_type="in_play_leakage", severity=Severity.CRITICAL, needs=Needs.SNAPSHOTS)
def in_play_leakage(snapshots: pd.DataFrame) -> pd.DataFrame:
    """A snapshot at or after the start it states is marked in play.

    Unmarked, it would serve as a closing price that nobody could bet on.
    """
    started = snapshots["snapshot_time"] >= snapshots["commence_time"]
    bad = snapshots[started & ~snapshots["in_play"].astype(bool)]
    described = [f"not marked in play though it started at {t}" for t in bad["commence_time"]]
    return issues_of(bad, described, ["snapshot_time", "commence_time", "in_play"])
