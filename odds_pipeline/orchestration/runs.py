"""Work done outside the daemon, shown in Dagster as if it had done it.

Belongs here: running the `collect` job in this process, and reporting an import. Does not belong
here: the job (``jobs``), importing (``services.import_files``).
"""

import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run
from dagster._core.execution.execute_in_process import merge_run_tags
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.storage.tags import MAX_RETRIES_TAG

from odds_pipeline.orchestration.build import build_definitions
from odds_pipeline.orchestration.checks import evaluations
from odds_pipeline.orchestration.figures import Metadata, day_metadata, of_table, quality_metadata
from odds_pipeline.orchestration.jobs import COLLECT
from odds_pipeline.orchestration.materialise import mark_days
from odds_pipeline.orchestration.switches import LOCATION
from odds_pipeline.quality.registry import RuleResult
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.reconcile import Readings
from odds_pipeline.services.validate import validate_day
from odds_pipeline.settings import Settings

IMPORT = "import"
AT_ONCE = 50  # days whose events are stored together
# Whoever asked for it sees it fail: the daemon, which knows now where it comes from, must not pay
# for it once more.
NOT_AGAIN = {MAX_RETRIES_TAG: "0"}
SNAPSHOTS, ODDS, LOG = (
    dg.AssetKey(name) for name in ("odds_snapshots", "odds", "data_quality_log")
)


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """A run that has ended; ``failures`` holds one line for each step that failed."""

    run_id: str
    success: bool
    failures: tuple[str, ...]


def run_collection(
    settings: Settings,
    day: date | None,
    instance: dg.DagsterInstance,
    selection: Sequence[str] | None = None,
    job: str = COLLECT,
) -> RunOutcome:
    """Run a job, of one UTC day, in this process, recorded in the instance.

    It is recorded as one of the code location's: Dagster's timeline leaves out all others, which
    is why `execute_in_process`, which cannot say so, is not used.

    Args:
        settings: all settings.
        day: today for a live capture, a past day to complete it; ``None`` for a job without days.
        instance: Dagster's instance; the UI on it shows the run.
        selection: names of the assets to materialise; default all of the job, with its checks.
        job: name of the job; default the one that makes a day's odds complete.
    """
    chosen = None if selection is None else [dg.AssetKey(name) for name in selection]
    repository = build_definitions(settings).get_repository_def()
    definition = repository.get_job(job)
    place = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(LOCATION), repository.name)
    key = None if day is None else day.isoformat()
    with _own_signals():
        run = instance.create_run_for_job(
            definition,
            tags=merge_run_tags(definition, key, NOT_AGAIN, chosen, instance, None),
            asset_selection=None if chosen is None else frozenset(chosen),
            remote_job_origin=RemoteJobOrigin(place, job),
        )
        result = execute_run(InMemoryJob(definition), run, instance)
    failed = [event for event in result.all_events if event.is_step_failure]
    return RunOutcome(result.run_id, result.success, tuple(_reason(event) for event in failed))


def report_import(
    platform: Platform,
    instance: dg.DagsterInstance,
    days: Iterable[date],
    progress: Callable[[date], None] = lambda _: None,
) -> dict[str, int]:
    """Show imported days as materialised and checked, with the figures a run would show.

    The issues that were found on them, by rule.

    Args:
        platform: its database and settings are used.
        instance: Dagster's instance.
        days: UTC days of the imported captures.
        progress: told each day before it is reported.
    """
    readings = Readings()
    run_id = _import_run(instance)
    flagged: Counter[str] = Counter()
    for some in _batched(days, AT_ONCE):
        figures = {day.isoformat(): day_metadata(platform, day) for day in some}
        for asset, table in ((SNAPSHOTS, "odds_snapshots"), (ODDS, "odds")):
            told = {day: of_table(table, numbers) for day, numbers in figures.items()}
            mark_days(instance, asset, told)
        if platform.settings.enable_validation:
            judged: dict[str, Metadata] = {}
            for day in some:
                progress(day)
                results = _report_validation(platform, instance, run_id, day, readings)
                flagged.update({r.rule.name: len(r.issues) for r in results if len(r.issues)})
                judged[day.isoformat()] = quality_metadata(results)
            # Last of all: `unreported` takes it for the end of a day's report.
            mark_days(instance, LOG, judged)
    return dict(flagged)


def unreported(
    platform: Platform, instance: dg.DagsterInstance, days: Iterable[date]
) -> list[date]:
    """Those of the days that no report was finished for: their process died before its end."""
    last = LOG if platform.settings.enable_validation else ODDS
    reported = instance.get_materialized_partitions(last)
    return [day for day in days if day.isoformat() not in reported]


def _import_run(instance: dg.DagsterInstance) -> str:
    """A run to hang an import's check results on, begun and ended: the UI shows both times.

    Dagster keeps one result a check, day and run: a second one outside any run is refused.
    """
    run = instance.add_run(dg.DagsterRun(job_name=IMPORT))
    for happened in (dg.DagsterEventType.RUN_START, dg.DagsterEventType.RUN_SUCCESS):
        event = dg.DagsterEvent(event_type_value=happened.value, job_name=IMPORT)
        instance.report_dagster_event(event, run_id=run.run_id)
    return run.run_id


def _report_validation(
    platform: Platform,
    instance: dg.DagsterInstance,
    run_id: str,
    day: date,
    readings: Readings,
) -> list[RuleResult]:
    results = validate_day(platform, day, readings=readings)
    for evaluation in evaluations(instance, results, day):
        instance.report_dagster_event(
            dg.DagsterEvent(
                event_type_value=dg.DagsterEventType.ASSET_CHECK_EVALUATION.value,
                event_specific_data=evaluation,
                job_name=IMPORT,
            ),
            run_id=run_id,
        )
    return results


def _batched(days: Iterable[date], size: int) -> Iterator[list[date]]:
    """The days, so many at a time."""
    left = list(days)
    for first in range(0, len(left), size):
        yield left[first : first + size]


@contextmanager
def _own_signals() -> Iterator[None]:
    """Give SIGTERM back to whoever had it.

    Dagster leaves SIGTERM with SIGINT's handler after a run. A background job of a shell ignores
    SIGINT, so from then on it could not be stopped at all.
    """
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _reason(event: dg.DagsterEvent) -> str:
    failure = event.step_failure_data
    stated = failure.user_failure_data
    if stated is not None and stated.description:
        return stated.description
    error = failure.error
    if error is None:
        return f"step {event.step_key} failed"
    return (error.cause or error).message.strip().splitlines()[0]
