"""Runs of the Dagster jobs in this process, and what the command line says of them.

Belongs here: a run's figures, and its failure as one of our errors. Does not belong here: the
runs themselves (``orchestration.runs``). Units: credits.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from odds_pipeline.errors import OddsPipelineError
from odds_pipeline.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance, ExecuteInProcessResult

CREDITS = "credits charged"


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: what it paid, how many checks it ran, and which of them found issues."""

    run_id: str
    credits: float
    checks: int
    failed: tuple[str, ...]


def run_day(settings: Settings, instance: "DagsterInstance", day: date) -> Run:
    """Collect, normalise and judge a UTC day.

    Raises:
        OddsPipelineError: the run failed, with the reason of its first failed step.
    """
    return _run(settings, instance, day, "collect")


def run_scores(settings: Settings, instance: "DagsterInstance", day: date) -> Run:
    """Ask for scores.

    Raises:
        OddsPipelineError: likewise.
    """
    return _run(settings, instance, day, "settle_scores")


def _run(settings: Settings, instance: "DagsterInstance", day: date, name: str) -> Run:
    from odds_pipeline.orchestration.build import build_definitions

    job = build_definitions(settings).resolve_job_def(name)
    try:
        result = job.execute_in_process(instance=instance, partition_key=day.isoformat())
    except Exception as failure:
        raise ours(failure) from None
    return _figures(result)


def ours(failure: BaseException) -> BaseException:
    """The platform's own error behind a failed run, or what failed when it was none of ours."""
    seen: BaseException | None = failure
    while seen is not None:
        if isinstance(seen, OddsPipelineError):
            return seen
        seen = seen.__cause__
    return failure


def _figures(result: "ExecuteInProcessResult") -> Run:
    paid = 0.0
    for event in result.all_events:
        if event.is_step_materialization:
            value = event.materialization.metadata.get(CREDITS)
            paid += float(value.value) if value is not None else 0.0  # type: ignore[arg-type]
    checks = result.get_asset_check_evaluations()
    failed = tuple(sorted({check.check_name for check in checks if not check.passed}))
    return Run(result.run_id, paid, len(checks), failed)
