"""Events that could be read and could not be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

LETTER = "cannot be written"  # how the reason of a dead letter begins


@rule(issue_type="dead_letter", severity=Severity.CRITICAL, needs=Needs.QUARANTINE)
def dead_letters(quarantine: pd.DataFrame) -> pd.DataFrame:
    """An event was read and could not be written: the platform's own fault, or a hostile value.

    The rest of its document is stored. The event has no price of that capture.
    """
    named = quarantine["reason"].str.startswith(LETTER, na=False)
    bad = quarantine[named.astype(bool)].rename(columns={"capture_time": "snapshot_time"})
    described = [
        f"{reason} ({location} of raw {raw})"
        for reason, location, raw in zip(bad["reason"], bad["location"], bad["raw_id"], strict=True)
    ]
    return issues_of(bad, described, ["id", "raw_id", "location", "reason", "evidence"])
