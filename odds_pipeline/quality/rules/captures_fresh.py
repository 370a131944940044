"""Whether captures keep up with the calendar. Minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

DONE = ("ok", "healed")
LATE_MINUTES = 60


@rule(
    issue_type="not_fresh",
    severity=Severity.ERROR,
    needs=Needs.SLOTS,
    limit=LATE_MINUTES,
    unit="minutes",
)
def captures_fresh(slots: pd.DataFrame) -> pd.DataFrame:
    """The newest capture that was made is at most an hour older than the newest that was due.

    It follows the plan, and so the games: where nothing is due, nothing is late, whatever the
    hour. Slots that are due are those of the plan whose time has passed.
    """
    import pandas as pd

    due = slots["slot_time"].max()
    made = slots.loc[slots["status"].isin(DONE), "slot_time"].max()
    since = slots["slot_time"].min() if pd.isna(made) else made
    late = due - since > pd.Timedelta(minutes=LATE_MINUTES)
    bad = slots[(slots["slot_time"] == due) & late].head(1).assign(newest=made)
    bad = bad.rename(columns={"slot_time": "snapshot_time"})
    described = [f"no capture since {since:%F %H:%M}Z, one was due at {due:%F %H:%M}Z"] * len(bad)
    return issues_of(bad, described, ["newest", "snapshot_time", "status"])
