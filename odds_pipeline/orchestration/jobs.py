"""The jobs a schedule, a sensor or a person starts.

Belongs here: which assets run together, and for how long at most. Does not belong here: when
(``schedules``, ``sensors``).

What captures is alone in its run: nothing that is made of a capture can stop or delay the next
one. What follows from captures (``judge``) is done in runs of its own.
"""

from typing import TYPE_CHECKING

import dagster as dg

from odds_pipeline.orchestration.alerts import send_alerts_job
from odds_pipeline.orchestration.assets.backups import BACKUPS, backup_job
from odds_pipeline.orchestration.descriptions import OWNERS
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.orchestration.retention import sweep
from odds_pipeline.orchestration.review import review_job
from odds_pipeline.orchestration.tags import ASIDE, MAX_RUNTIME, PRIORITY

COLLECT, CAPTURE, JUDGE, CLOSE_DAY = "collect", "capture", "judge", "close_day"
SETTLE, LIST, HEAL, SWEEP = "settle_scores", "list_events", "heal_gaps", "sweep_runs"
LEARN = "learn"
FREEZE, BACKTEST = "freeze_dataset", "backtest"
WATCH, SEND_ALERTS = "check_health", "send_alerts"
# Runs that come every few minutes; what they leave in our tables survives them.
TICK_JOBS = (CAPTURE, JUDGE, SETTLE, LIST, HEAL, WATCH, SEND_ALERTS)

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition as Job,
    )


def build_jobs() -> list["Job | dg.JobDefinition"]:
    """Every job."""
    odds = dg.AssetSelection.assets("odds", "data_quality_log")
    judged = odds | dg.AssetSelection.checks_for_assets("odds")
    captured = dg.AssetSelection.assets("odds_snapshots")
    priced = _with_checks("fair_odds", "edges")
    by_day = _with_checks("closing_lines", "line_movements", "bookmaker_scorecards")
    learned = _with_checks("edge_statistics", "calibration")
    listed = dg.AssetSelection.assets("events")
    return [
        _job(
            COLLECT,
            listed | captured | judged | priced | by_day,
            "Capture a day's odds, normalise and judge them, price them, find edges.",
            minutes=60,
        ),
        _job(
            CAPTURE,
            captured,
            "Capture the slot that is due, and nothing else.",
            minutes=10,
            # Ahead of all that waits for a place.
            tags={PRIORITY: "10"},
        ),
        _job(
            JUDGE,
            judged | priced,
            "Show, judge and price what was captured since the last time.",
            minutes=20,
            tags={ASIDE: JUDGE},
        ),
        _job(
            CLOSE_DAY,
            judged | priced | by_day | learned,
            "Judge and price a day that has ended, and learn from all of them; `slots_complete` "
            "says whether it is complete.",
            minutes=20,
            tags={ASIDE: CLOSE_DAY},
        ),
        _job(
            SETTLE,
            dg.AssetSelection.assets("scores"),
            "Ask for the scores of the last three days.",
            minutes=10,
        ),
        _job(
            LIST,
            listed
            | dg.AssetSelection.assets("credit_ledger")
            | dg.AssetSelection.checks_for_assets(BACKUPS),
            "Ask for events and their starts, which is free, read the ledger, look at the backups.",
            minutes=10,
        ),
        _job(
            HEAL,
            dg.AssetSelection.assets("collection_gaps"),
            "Find captures that were missed, and buy back what the heal budget allows.",
            minutes=60,
            tags={ASIDE: HEAL},
        ),
        _job(
            LEARN,
            learned,
            "What past edges were worth, and which margin removal foretold results best.",
            minutes=30,
            tags={ASIDE: LEARN},
        ),
        _job(
            FREEZE,
            _with_checks("datasets"),
            "Freeze a dataset as its configuration says, and look whether all are as frozen.",
            minutes=60,
            tags={ASIDE: FREEZE},
        ),
        _job(
            BACKTEST,
            _with_checks("backtest_results", "experiments"),
            "Run the backtest of a partition, judge it, and count it among the experiments.",
            minutes=60,
            tags={ASIDE: BACKTEST},
        ),
        _job(
            WATCH,
            _with_checks("platform_health"),
            "Look how the platform is, and raise alerts of what is broken.",
            minutes=10,
        ),
        send_alerts_job(SEND_ALERTS),
        review_job(),
        backup_job(),
        _sweep(),
    ]


def _with_checks(*assets: str) -> dg.AssetSelection:
    return dg.AssetSelection.assets(*assets) | dg.AssetSelection.checks_for_assets(*assets)


def _job(
    name: str,
    selection: dg.AssetSelection,
    description: str,
    *,
    minutes: int,
    tags: dict[str, str] | None = None,
) -> "Job":
    return dg.define_asset_job(
        name,
        selection=selection,
        description=description,
        owners=OWNERS,
        tags={MAX_RUNTIME: str(minutes * 60)} | (tags or {}),
    )


def _sweep() -> dg.JobDefinition:
    @dg.op(name="delete_old_tick_runs")
    def delete_old_tick_runs(
        context: dg.OpExecutionContext, platform_resource: dg.ResourceParam[PlatformResource]
    ) -> None:
        """Delete runs of ticks two weeks after their end; what they brought stays."""
        deleted = sweep(context.instance, TICK_JOBS)
        context.log.info(f"{deleted} runs deleted")
        context.add_output_metadata({"runs deleted": deleted})

    @dg.job(
        name=SWEEP,
        description="Delete runs of ticks older than two weeks: Dagster's tables stay small.",
        owners=OWNERS,
        tags={MAX_RUNTIME: str(30 * 60)},
        executor_def=dg.in_process_executor,
    )
    def sweep_runs() -> None:
        delete_old_tick_runs()

    return sweep_runs
