"""Starts that cannot be those of the event that is priced. Days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

EARLIEST_DAYS = 300
LATEST_HOURS = 24


@rule(
    issue_type="implausible_start",
    severity=Severity.ERROR,
    needs=Needs.SNAPSHOTS,
    limit=EARLIEST_DAYS,
    unit="days",
)
def start_plausible(snapshots: pd.DataFrame) -> pd.DataFrame:
    """An event is priced at most 300 days before and 24 hours after its stated start.

    Beyond that the start is of another year, or prices were written under another game. Only
    games are judged, for a season's winner is priced for longer.
    """
    import pandas as pd

    ahead = snapshots["commence_time"] - snapshots["snapshot_time"]
    odd = (ahead > pd.Timedelta(days=EARLIEST_DAYS)) | (ahead < -pd.Timedelta(hours=LATEST_HOURS))
    futures = snapshots["sport_key"].str.endswith("_winner", na=False)
    bad = snapshots[odd & ~futures.astype(bool)]
    described = [
        f"priced {abs(days):.1f} days {'before' if days > 0 else 'after'} its stated start"
        for days in ahead[bad.index].dt.total_seconds() / 86_400
    ]
    return issues_of(bad, described, ["commence_time", "snapshot_time"])
