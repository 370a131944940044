"""Documents much of which cannot be used: the provider's format may have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

SHARE = 0.1


@rule(
    issue_type="schema_drift",
    severity=Severity.ERROR,
    needs=Needs.SHARES,
    limit=SHARE,
    unit="share of a document's parts",
)
def quarantine_share(shares: pd.DataFrame) -> pd.DataFrame:
    """More than a tenth of a document's parts stand in quarantine; single slips are fewer.

    A part is a bookmaker's market, an event or a sport. A field was renamed, dropped or has
    another type, or the answer was damaged: the raw bytes are kept and can be read anew.
    """
    bad = shares[shares["quarantined"] > SHARE * shares["parts"]]
    bad = bad.rename(columns={"capture_time": "snapshot_time"})
    described = [
        f"raw {raw} ({endpoint}): {quarantined} of {parts} parts stand in quarantine"
        for raw, endpoint, quarantined, parts in zip(
            bad["raw_id"], bad["endpoint"], bad["quarantined"], bad["parts"], strict=True
        )
    ]
    return issues_of(bad, described, ["raw_id", "endpoint", "parts", "quarantined"])
