"""Planned captures that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

DONE = ("ok", "healed")


@rule(issue_type="slot_incomplete", severity=Severity.ERROR, needs=Needs.SLOTS)
def slots_complete(slots: pd.DataFrame) -> pd.DataFrame:
    """Every planned capture ended as ok or healed; a gap or an open slot is missing history."""
    bad = slots[~slots["status"].isin(DONE)].rename(columns={"slot_time": "snapshot_time"})
    described = [
        f"slot {slot} ({purpose}, {sport}) is {status}"
        for slot, purpose, sport, status in zip(
            bad["slot_id"], bad["purpose"], bad["sport_key"], bad["status"], strict=True
        )
    ]
    return issues_of(bad, described, ["slot_id", "purpose", "sport_key", "status", "reason"])
