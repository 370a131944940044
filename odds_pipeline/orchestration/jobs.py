"""The jobs a schedule or a person starts.

Belongs here: which assets run together, and for how long at most. Does not belong here: when
(``schedules``).
"""

from typing import TYPE_CHECKING

import dagster as dg

from odds_pipeline.orchestration.descriptions import OWNERS
from odds_pipeline.orchestration.tags import MAX_RUNTIME

COLLECT, SETTLE = "collect", "settle_scores"
COLLECT_SECONDS = 3600
SETTLE_SECONDS = 600

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition as Job,
    )


def build_jobs() -> list["Job"]:
    """Collecting odds, and asking for scores."""
    return [_collect(), _settle()]


def _collect() -> "Job":
    odds = dg.AssetSelection.assets("events", "odds_snapshots", "odds", "data_quality_log")
    return dg.define_asset_job(
        COLLECT,
        selection=odds | dg.AssetSelection.checks_for_assets("odds"),
        description="Capture a day's odds, normalise them, run every quality rule.",
        owners=OWNERS,
        tags={MAX_RUNTIME: str(COLLECT_SECONDS)},
    )


def _settle() -> "Job":
    return dg.define_asset_job(
        SETTLE,
        selection=dg.AssetSelection.assets("scores"),
        description="Ask for the scores of the last three days.",
        owners=OWNERS,
        tags={MAX_RUNTIME: str(SETTLE_SECONDS)},
    )
