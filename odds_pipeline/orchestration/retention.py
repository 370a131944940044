"""Dagster's own growth, bounded: runs of old ticks are deleted, what they showed is kept.

Belongs here: which runs go. Does not belong here: our own tables, which keep every figure; ticks,
which dagster.yaml purges.

A small run writes some sixty events. Deleting it takes its materialisations with it, and a day
would look as if nothing had been done: so each day is first marked once more, with its figures,
outside any run.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster import RunsFilter

from odds_pipeline.orchestration.descriptions import OWNERS
from odds_pipeline.orchestration.failures import one_line_failures
from odds_pipeline.orchestration.figures import odds_metadata
from odds_pipeline.orchestration.materialise import mark
from odds_pipeline.orchestration.partitions import day_of
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.orchestration.tags import MAX_RUNTIME, SLOT
from odds_pipeline.services.platform import Platform

TIDY = "tidy_runs"
TICK_RUNS_DAYS = 14
SECONDS = 3600
BATCH = 500
PARTITION = "dagster/partition"
TABLES = ("odds_snapshots", "odds")


def build_tidy() -> dg.JobDefinition:
    """The job that deletes runs of ticks older than two weeks."""

    @dg.op(name="delete_old_tick_runs", description="Mark their days, then delete the runs.")
    def delete(
        context: dg.OpExecutionContext,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> None:
        with one_line_failures(), platform_resource.open() as platform:
            deleted = delete_old(platform, context.instance)
        context.log.info(f"deleted {deleted} runs of ticks older than {TICK_RUNS_DAYS} days")

    @dg.job(
        name=TIDY,
        description=f"Delete runs of ticks older than {TICK_RUNS_DAYS} days; figures are kept.",
        owners=OWNERS,
        tags={MAX_RUNTIME: str(SECONDS)},
    )
    def tidy() -> None:
        delete()

    return tidy


def delete_old(platform: Platform, instance: dg.DagsterInstance) -> int:
    """Delete the finished runs of ticks older than two weeks; returns how many there were."""
    before = datetime.now(UTC) - timedelta(days=TICK_RUNS_DAYS)
    marked: set[str] = set()
    deleted = 0
    for run in _old_ticks(instance, before):
        day = run.tags.get(PARTITION)
        if day is not None and day not in marked:
            _mark(platform, instance, day)
            marked.add(day)
        instance.delete_run(run.run_id)
        deleted += 1
    return deleted


def _old_ticks(instance: dg.DagsterInstance, before: datetime) -> Iterator[dg.DagsterRun]:
    while True:
        old = RunsFilter(created_before=before)
        runs = [
            run
            for run in instance.get_runs(old, limit=BATCH, ascending=True)
            if SLOT in run.tags and run.is_finished
        ]
        if not runs:
            return
        yield from runs


def _mark(platform: Platform, instance: dg.DagsterInstance, day: str) -> None:
    for table in TABLES:
        figures = odds_metadata(platform, day_of(day), table)
        mark(instance, dg.AssetKey(table), day, figures)
