"""What waits in quarantine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd


@rule(issue_type="quarantined", severity=Severity.WARNING, needs=Needs.QUARANTINE)
def quarantined(quarantine: pd.DataFrame) -> pd.DataFrame:
    """Part of a document could not be used and waits for review; its market has no price then."""
    bad = quarantine.rename(columns={"capture_time": "snapshot_time"})
    described = [
        f"{reason} at {location} of raw {raw}"
        for reason, location, raw in zip(bad["reason"], bad["location"], bad["raw_id"], strict=True)
    ]
    return issues_of(bad, described, ["id", "raw_id", "location", "reason", "evidence"])
