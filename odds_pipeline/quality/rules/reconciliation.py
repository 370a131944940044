"""Stored quotes against the raw responses they were read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd


@rule(
    issue_type="reconciliation",
    severity=Severity.CRITICAL,
    needs=Needs.RECONCILIATION,
    limit=0,
    unit="quotes",
)
def reconciliation(parsed: pd.DataFrame) -> pd.DataFrame:
    """What is stored equals what the raw response says: nothing missing, nothing different.

    Of a day of more than 24 documents so many are read again, spread over the day, the newest
    among them; `odds db rebuild --verify` reads them all.
    """
    bad = parsed[(parsed["missing"] + parsed["different"]) != 0]
    bad = bad.rename(columns={"capture_time": "snapshot_time"})
    described = [
        f"raw {raw}: {missing} of {stated} stated quotes not stored, {different} different"
        for raw, missing, stated, different in zip(
            bad["raw_id"], bad["missing"], bad["stated_quotes"], bad["different"], strict=True
        )
    ]
    return issues_of(
        bad, described, ["raw_id", "stated_quotes", "stored_quotes", "missing", "different"]
    )
