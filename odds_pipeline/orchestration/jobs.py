"""The jobs a schedule, a sensor or a person starts.

Belongs here: which assets run together, and for how long at most. Does not belong here: when
(``schedules``, ``sensors``).
"""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from odds_pipeline.orchestration.descriptions import OWNERS
from odds_pipeline.orchestration.retention import build_tidy
from odds_pipeline.orchestration.tags import MAX_RUNTIME

COLLECT, DISCOVER, SETTLE = "collect", "discover_events", "settle_scores"
HEAL, CLOSE_DAY, KEEP_BOOKS = "heal_gaps", "close_day", "keep_books"
COLLECT_SECONDS = 3600
HEAL_SECONDS = 3600
SHORT_SECONDS = 600

Job = dg.JobDefinition | UnresolvedAssetJobDefinition


def build_jobs() -> list[Job]:
    """Collecting, discovering, scores, healing, closing a day, bookkeeping, tidying."""
    odds = dg.AssetSelection.assets("odds")
    checks = dg.AssetSelection.checks_for_assets("odds")
    assets = dg.AssetSelection.assets
    collected = assets("events", "odds_snapshots", "odds", "data_quality_log")
    gaps = dg.AssetSelection.assets("collection_gaps")
    books = dg.AssetSelection.assets("credit_ledger")
    return [
        _job(
            COLLECT,
            collected | checks,
            COLLECT_SECONDS,
            "Capture a day's odds, normalise them, run every quality rule.",
        ),
        _job(DISCOVER, assets("events"), SHORT_SECONDS, "List the events; free."),
        _job(SETTLE, assets("scores"), SHORT_SECONDS, "Ask for the scores of the last three days."),
        _job(
            HEAL,
            gaps | dg.AssetSelection.checks_for_assets("collection_gaps"),
            HEAL_SECONDS,
            "Buy the snapshots that close gaps, by value per credit, within the heal budget.",
        ),
        _job(
            CLOSE_DAY,
            odds | assets("data_quality_log") | checks,
            COLLECT_SECONDS,
            "Judge a day that has ended once more, by what is known now; costs nothing.",
        ),
        _job(
            KEEP_BOOKS,
            books | dg.AssetSelection.checks_for_assets("credit_ledger"),
            SHORT_SECONDS,
            "Hold the ledger against the provider's own count; costs nothing.",
        ),
        build_tidy(),
    ]


def _job(name: str, selection: dg.AssetSelection, seconds: int, description: str) -> Job:
    return dg.define_asset_job(
        name,
        selection=selection,
        description=description,
        owners=OWNERS,
        tags={MAX_RUNTIME: str(seconds)},
    )
