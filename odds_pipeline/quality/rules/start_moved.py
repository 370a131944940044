"""Starts that are stated anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

MERGED_HOURS = 2


@rule(issue_type="start_moved", severity=Severity.WARNING, needs=Needs.SNAPSHOTS)
def start_moved(snapshots: pd.DataFrame) -> pd.DataFrame:
    """A start differs from the one stated before: 8 of 100 games do that, by up to 2 hours.

    Usually true and worth knowing: a decision that counts back from the start moves with it.
    """
    bad = snapshots[_moved(snapshots)]
    minutes = (bad["commence_time"] - bad["previous_commence_time"]).dt.total_seconds() / 60
    described = [
        f"the start moved by {by:+.0f} minutes to {to:%F %H:%M:%S}Z"
        for by, to in zip(minutes, bad["commence_time"], strict=True)
    ]
    return issues_of(bad, described, ["previous_commence_time", "commence_time"])


@rule(
    issue_type="events_merged",
    severity=Severity.ERROR,
    needs=Needs.SNAPSHOTS,
    limit=MERGED_HOURS,
    unit="hours",
)
def start_goes_to_and_fro(snapshots: pd.DataFrame) -> pd.DataFrame:
    """A start moves by more than 2 hours and back again: two games stand under one id.

    So doubleheaders and games of two sources were merged. Such an event's prices belong to
    either game.
    """
    import pandas as pd

    rows = snapshots.sort_values(["event_id", "snapshot_time"])
    far = (rows["commence_time"] - rows["previous_commence_time"]).abs()
    jumps = rows[far > pd.Timedelta(hours=MERGED_HOURS)]
    was = jumps.groupby("event_id", sort=False)["previous_commence_time"].shift()
    bad = jumps[was.notna() & (was == jumps["commence_time"])]
    described = [
        f"the start went from {one:%F %H:%M}Z to {two:%F %H:%M}Z and back"
        for one, two in zip(bad["commence_time"], bad["previous_commence_time"], strict=True)
    ]
    return issues_of(bad, described, ["previous_commence_time", "commence_time"])


def _moved(snapshots: pd.DataFrame) -> pd.Series[bool]:
    before = snapshots["previous_commence_time"]
    return before.notna() & (before != snapshots["commence_time"])
