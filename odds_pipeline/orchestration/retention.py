"""Old runs of ticks, deleted; the days they materialised stay green.

Belongs here: what is old, and what of it is kept. Does not belong here: old ticks of schedules and
sensors, which Dagster purges by itself (``dagster.yaml``).

A small run leaves about 60 events. Our tables hold all that a run brought; what Dagster alone
knows is that a day was materialised, and with which figures: that is told once more, outside any
run, before the last run that says so goes.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES

from odds_pipeline.orchestration.materialise import mark

KEPT = timedelta(days=14)
BATCH = 100


def sweep(instance: dg.DagsterInstance, jobs: Sequence[str], now: datetime | None = None) -> int:
    """Delete the finished runs of these jobs that began before the kept days; returns how many."""
    before = (now or datetime.now(UTC)) - KEPT
    deleted = 0
    for job in jobs:
        while batch := instance.get_runs(_old(job, before), limit=BATCH):
            _keep_marks(instance, batch)
            for run in batch:
                instance.delete_run(run.run_id)
            deleted += len(batch)
    return deleted


def _old(job: str, before: datetime) -> dg.RunsFilter:
    return dg.RunsFilter(job_name=job, created_before=before, statuses=list(FINISHED_STATUSES))


def _keep_marks(instance: dg.DagsterInstance, runs: Sequence[dg.DagsterRun]) -> None:
    leaving = {run.run_id for run in runs}
    for asset, day in sorted(set(_materialised(instance, runs))):
        wanted = dg.AssetRecordsFilter(asset_key=asset, asset_partitions=[day])
        newest = instance.fetch_materializations(wanted, limit=1).records
        if newest and newest[0].run_id in leaving:
            shown = newest[0].asset_materialization
            assert shown is not None
            mark(instance, asset, day, dict(shown.metadata))


def _materialised(
    instance: dg.DagsterInstance, runs: Sequence[dg.DagsterRun]
) -> Iterator[tuple[dg.AssetKey, str]]:
    for run in runs:
        for entry in instance.all_logs(run.run_id, dg.DagsterEventType.ASSET_MATERIALIZATION):
            shown = entry.asset_materialization
            if shown is not None and shown.partition is not None:
                yield shown.asset_key, shown.partition
