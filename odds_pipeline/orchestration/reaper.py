"""Runs whose process is gone: found by the worker's own mark, and ended as failed.

Belongs here: the mark a run leaves when it starts, and who is dead by it. Does not belong here:
limits of time (``run_monitoring`` in dagster.yaml).

Dagster's launcher notices a dead worker only while the code server that started it lives: after
that a run stays STARTED for ever and holds its place in the queue. A worker therefore notes
machine, process and start time; a process of this machine that is not there any more, or is
another one by now, is dead.
"""

import os
import platform

import dagster as dg
import psutil
from dagster import DagsterRunStatus, RunsFilter

from odds_pipeline.orchestration.tags import WORKER

_RUNNING = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]


def mark_worker(instance: dg.DagsterInstance, run_id: str) -> None:
    """Note on a run which process executes it."""
    instance.add_run_tags(run_id, {WORKER: worker_of(os.getpid())})


def worker_of(pid: int) -> str:
    """Machine, process id and its start time, as a run's tag has them.

    Raises:
        psutil.NoSuchProcess: there is no such process.
    """
    return f"{platform.node()}:{pid}:{psutil.Process(pid).create_time():.2f}"


def reap(instance: dg.DagsterInstance) -> list[str]:
    """End the runs of this machine whose process is gone; returns their ids.

    A run of this very process, and those of other machines, are left alone.
    """
    reaped = []
    for run in instance.get_runs(RunsFilter(statuses=_RUNNING)):
        if is_dead(run.tags.get(WORKER)):
            instance.report_run_failed(run, "The run's process is gone; its slots are tried again.")
            reaped.append(run.run_id)
    return reaped


def is_dead(worker: str | None) -> bool:
    """Whether a worker's mark names a process of this machine that is gone."""
    machine, _, rest = (worker or "").rpartition(":")[0].rpartition(":")
    if machine != platform.node() or not rest.isdecimal():
        return False
    try:
        return worker_of(int(rest)) != worker
    except psutil.NoSuchProcess:
        return True
