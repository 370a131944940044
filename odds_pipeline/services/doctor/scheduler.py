"""Dagster: does its daemon live, and do its schedules run."""

from datetime import timedelta

from odds_pipeline.services.doctor.examination import Examination
from odds_pipeline.services.doctor.findings import Check, Finding, fail, ok, warn
from odds_pipeline.storage.health import DagsterHealth

SILENT_AFTER = timedelta(minutes=5)


def daemon(seen: Examination) -> Finding | None:
    """Without the daemon nothing is collected on schedule."""
    if not isinstance(seen.dagster, DagsterHealth):
        return warn("daemon", seen.dagster, "run `odds up`") if seen.dagster else None
    beat = seen.dagster.heartbeat
    if beat is not None and seen.now - beat <= SILENT_AFTER:
        return ok("daemon", f"lives (last sign {beat:%H:%M:%S} UTC)")
    last = f"last sign {beat:%Y-%m-%d %H:%M} UTC" if beat else "it has never run"
    if seen.up_pid:
        return fail(
            "daemon",
            f"silent though odds up runs ({seen.up_pid}); {last}",
            f"look into {seen.home.path / 'logs' / 'dagster-daemon.log'}, restart `odds up`",
        )
    return warn("daemon", f"does not run; {last}", "run `odds up` to collect on schedule")


def schedules(seen: Examination) -> Finding | None:
    """Schedules run unless somebody stopped one."""
    if not isinstance(seen.dagster, DagsterHealth):
        return None
    stopped = seen.dagster.stopped_schedules
    if not stopped:
        return ok("schedules", "none was stopped by hand")
    return warn("schedules", f"{stopped} stopped by hand", "start them in the UI, Automation")


CHECKS: tuple[Check, ...] = (daemon, schedules)
