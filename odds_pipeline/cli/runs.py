"""Runs of the Dagster jobs in this process, and what the command line says of them.

Belongs here: a run's figures, and its failure as one of our errors. Does not belong here: the
runs themselves (``orchestration.runs``). Units: credits.
"""

import signal
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from odds_pipeline import errors
from odds_pipeline.errors import OddsPipelineError
from odds_pipeline.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

# Dagster takes the signals that end a program for itself while a run lasts.
_INTERRUPTED = "DagsterExecutionInterruptedError"
CREDITS, REFUSED = "credits charged", "markets refused"


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: what it paid, how many checks it ran, and which of them found issues.

    ``refused`` names the markets that the provider refused.
    """

    run_id: str
    credits: float
    checks: int
    failed: tuple[str, ...]
    refused: tuple[str, ...] = ()


def run_day(settings: Settings, instance: "DagsterInstance", day: date) -> Run:
    """Collect, normalise, judge and price a UTC day.

    Raises:
        OddsPipelineError: the run failed, with the reason of its first failed step.
    """
    from odds_pipeline.orchestration.jobs import COLLECT

    return _run(settings, instance, day, COLLECT)


def run_scores(settings: Settings, instance: "DagsterInstance", day: date) -> Run:
    """Ask for scores.

    Raises:
        OddsPipelineError: likewise.
    """
    from odds_pipeline.orchestration.jobs import SETTLE

    return _run(settings, instance, day, SETTLE)


def run_learning(settings: Settings, instance: "DagsterInstance") -> Run:
    """Work out what past edges were worth, and which margin removal foretold best.

    Raises:
        OddsPipelineError: likewise.
    """
    from odds_pipeline.orchestration.jobs import LEARN

    return _run(settings, instance, None, LEARN)


def _run(settings: Settings, instance: "DagsterInstance", day: date | None, job: str) -> Run:
    from odds_pipeline.orchestration.runs import run_collection

    outcome = run_collection(settings, day, instance, job=job)
    if not outcome.success:
        if any(_INTERRUPTED in failure for failure in outcome.failures):
            raise SystemExit(128 + signal.SIGINT)
        raise as_error(outcome.failures[0] if outcome.failures else f"run {outcome.run_id} failed")
    return _figures(instance, outcome.run_id)


def as_error(failure: str) -> OddsPipelineError:
    """The error a failed step reports as ``Kind: text``, with the exit code of its kind."""
    kind, _, text = failure.partition(": ")
    found = getattr(errors, kind, None)
    if not (isinstance(found, type) and issubclass(found, OddsPipelineError)):
        return OddsPipelineError(failure)
    error = OddsPipelineError(text)
    error.exit_code = found.exit_code
    return error


def _names(value: object) -> list[str]:
    text = getattr(value, "value", None)
    return text.split(", ") if isinstance(text, str) else []


def _figures(instance: "DagsterInstance", run_id: str) -> Run:
    paid = 0.0
    refused: set[str] = set()
    verdicts: dict[str, bool] = {}
    for entry in instance.all_logs(run_id):
        event = entry.dagster_event
        if event is not None and event.is_step_materialization:
            told = event.materialization.metadata
            paid += _number(told.get(CREDITS))
            refused.update(_names(told.get(REFUSED)))
        elif event is not None and event.event_type_value == "ASSET_CHECK_EVALUATION":
            check = event.asset_check_evaluation_data
            verdicts[check.check_name] = check.passed
    failed = tuple(sorted(name for name, passed in verdicts.items() if not passed))
    return Run(run_id, paid, len(verdicts), failed, tuple(sorted(refused)))


def _number(value: object) -> float:
    number = getattr(value, "value", 0.0)
    return float(number) if isinstance(number, int | float) else 0.0
