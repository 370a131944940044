"""Which process does a run, and runs whose process is gone.

Belongs here: a worker's name, and failing the runs of dead ones. Does not belong here: workers
that live but hang, which Dagster's own monitor ends (``dagster.yaml``, max runtime).

Measured: a run whose code server died with it stays STARTED for ever, and keeps its place among
the concurrent runs, with Dagster's run monitoring on.
"""

import socket
from pathlib import Path
from typing import NamedTuple, Self

import dagster as dg

from odds_pipeline.orchestration.tags import WORKER

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_RUNNING = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)


class Worker(NamedTuple):
    """A process among all machines, boots and reuses of its number."""

    host: str
    boot: str
    pid: int
    started: float

    def __str__(self) -> str:
        return f"{self.host} {self.boot} {self.pid} {self.started}"

    @classmethod
    def of(cls, text: str) -> Self:
        """The worker of that name."""
        host, boot, pid, started = text.split(" ")
        return cls(host, boot, int(pid), float(started))

    @classmethod
    def this(cls) -> Self:
        """This process."""
        import psutil

        own = psutil.Process()
        return cls(socket.gethostname(), _boot(), own.pid, own.create_time())

    def is_gone(self) -> bool:
        """Whether it has surely ended; of another machine nobody here can tell."""
        if self.host != socket.gethostname():
            return False
        return self.boot != _boot() or _created(self.pid) != self.started


def record_worker(instance: dg.DagsterInstance, run_id: str) -> None:
    """Write down that this process does the run."""
    instance.add_run_tags(run_id, {WORKER: str(Worker.this())})


def reap(instance: dg.DagsterInstance) -> list[str]:
    """Fail the runs whose worker is gone; returns their ids."""
    reaped = []
    for run in instance.get_runs(dg.RunsFilter(statuses=list(_RUNNING))):
        named = run.tags.get(WORKER)
        if named is None or not Worker.of(named).is_gone():
            continue
        instance.report_run_failed(run, f"its process is gone ({named})")
        reaped.append(run.run_id)
    return reaped


def _boot() -> str:
    return BOOT_ID.read_text().strip() if BOOT_ID.exists() else "-"


def _created(pid: int) -> float | None:
    import psutil

    try:
        found = psutil.Process(pid)
        return None if found.status() == psutil.STATUS_ZOMBIE else found.create_time()
    except psutil.NoSuchProcess:
        return None
