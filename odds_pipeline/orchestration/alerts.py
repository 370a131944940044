"""Alerts in Dagster: the job that sends them, and the runs that failed, which are worth some.

Belongs here: those two. Does not belong here: raising and sending (``services.alerting``), when
they are looked for (``sensors``).
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import dagster as dg
from dagster._core.events import DagsterEventType
from dagster._core.execution.plan.objects import StepFailureData

from odds_pipeline.orchestration.descriptions import OWNERS
from odds_pipeline.orchestration.failures import one_line_failures
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.orchestration.tags import MAX_RUNTIME
from odds_pipeline.redaction import redact

LONGEST = 400
MOST = 100
_FAILURES = {DagsterEventType.STEP_FAILURE, DagsterEventType.RUN_FAILURE}


class FailedRun(NamedTuple):
    """A run that failed, why, and when."""

    job: str
    run_id: str
    reason: str
    at: datetime


def send_alerts_job(name: str) -> dg.JobDefinition:
    """The job that sends what is due."""

    @dg.op(name="send_waiting_alerts")
    def send_waiting_alerts(
        context: dg.OpExecutionContext, platform_resource: dg.ResourceParam[PlatformResource]
    ) -> None:
        """Send what is due; what a channel does not take waits for the next pass."""
        from odds_pipeline.services.alerting.sending import send_waiting

        with one_line_failures(), platform_resource.open() as platform:
            done = send_waiting(platform)
        for failure in done.failures.values():
            context.log.warning(failure)
        context.add_output_metadata(
            {
                "messages": done.messages,
                "alerts told of": done.alerts,
                "channels that failed": len(done.failures),
            }
        )

    @dg.job(
        name=name,
        description="Send alerts that are due to the channels of the settings.",
        owners=OWNERS,
        tags={MAX_RUNTIME: str(10 * 60)},
        executor_def=dg.in_process_executor,
    )
    def send_alerts() -> None:
        send_waiting_alerts()

    return send_alerts


def failed_runs(instance: dg.DagsterInstance, since: datetime) -> Iterator[FailedRun]:
    """Runs that failed since then, and of what, without secrets."""
    filters = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], updated_after=since)
    for record in instance.get_run_records(filters, limit=MOST):
        run = record.dagster_run
        ended = datetime.fromtimestamp(record.end_time or record.update_timestamp.timestamp(), UTC)
        reason = redact(_reason(instance, run.run_id))[:LONGEST]
        yield FailedRun(run.job_name, run.run_id, reason, ended)


def _reason(instance: dg.DagsterInstance, run_id: str) -> str:
    """What the first step that failed says; else what Dagster says of the run."""
    events = instance.all_logs(run_id, of_type=_FAILURES)
    for entry in events:
        data = entry.dagster_event and entry.dagster_event.event_specific_data
        if not isinstance(data, StepFailureData):
            continue
        told = data.user_failure_data and data.user_failure_data.description
        return told or (data.error.message.strip() if data.error else "") or "no reason given"
    return events[-1].message if events else "no reason given"
