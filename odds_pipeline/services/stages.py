"""Times the stages of the live path and keeps how they ran.

Belongs here: the stopwatch. Does not belong here: the stages themselves, judging them
(``services.health``). Imports and recoveries are not timed: their size is not a tick's.

Keeping it never stands in the way of the work: what cannot be kept is logged and forgotten.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

import psycopg

from odds_pipeline.errors import StorageError
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import stage_runs
from odds_pipeline.storage.engine import need_no_sync, pipelined
from odds_pipeline.storage.stage_runs import StageRun

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Run:
    """A stage while it runs; who runs it says how many rows it did, and of what kind it failed."""

    rows: int = 0
    error_class: str | None = None


@dataclass(frozen=True, slots=True)
class Stopwatch:
    """The runs of one piece of work."""

    runs: list[StageRun] = field(default_factory=list)

    @contextmanager
    def timed(self, stage: str) -> Iterator[Run]:
        """Time a stage; an error that leaves the block is the run's and goes on."""
        run, began = Run(), perf_counter()
        try:
            yield run
        except BaseException as failure:
            run.error_class = type(failure).__name__
            raise
        finally:
            self.runs.append(StageRun(stage, perf_counter() - began, run.rows, run.error_class))


@contextmanager
def stopwatch(platform: Platform) -> Iterator[Stopwatch]:
    """A stopwatch whose runs are kept when the block ends, however it does."""
    watch = Stopwatch()
    try:
        yield watch
    finally:
        _keep(platform, watch.runs)


def _keep(platform: Platform, runs: list[StageRun]) -> None:
    if not runs:
        return
    try:
        with pipelined(platform.engine) as conn:
            need_no_sync(conn)
            stage_runs.record(conn, runs)
    except (StorageError, psycopg.Error) as lost:
        log.warning("stage_runs_not_kept", extra={"runs": len(runs), "why": str(lost)})
