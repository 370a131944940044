"""A writer that never rests while it, its database's backends and the whole server are killed.

Belongs here: the random kills, how long each recovery takes, the verdict at the end. Does not
belong here: kills at named points (``cases``).

Units: seconds. A recovery lasts from the kill to the next slot begun and finished after it: the
first one acknowledged may have been committed before the kill, so the second one counts.
"""

import os
import random
import signal
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg

from odds_pipeline.composition import open_platform
from odds_pipeline.services.recover import recover
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.storage.embedded import EmbeddedServer
from odds_pipeline.storage.urls import libpq_url
from odds_pipeline_tests.conftest import migrate
from odds_pipeline_tests.faults import invariants, writer
from odds_pipeline_tests.faults.cases import CallClock, Stage, processes

LONGEST_RECOVERY = 120.0
BETWEEN = (0.2, 1.2)
_BACKENDS = """SELECT pid FROM pg_stat_activity
WHERE application_name = 'odds_pipeline' AND backend_type = 'client backend'"""


@dataclass
class Verdict:
    """What a loop found: broken invariants, slots finished, recovery times by kind of kill."""

    broken: list[str]
    finished: int
    recoveries: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def lines(self) -> list[str]:
        """The verdict in words."""
        kinds = [
            f"{kind:<20} {len(times):>4} kills, recovery median {statistics.median(times):.2f} s, "
            f"max {max(times):.2f} s"
            for kind, times in sorted(self.recoveries.items())
        ]
        kills = sum(len(times) for times in self.recoveries.values())
        return [
            *kinds,
            f"{kills} kills, {self.finished} slots acknowledged, "
            f"{len(self.broken)} invariants broken",
            *self.broken,
        ]


def run(seconds: float, seed: int) -> Verdict:
    """Kill at random for so long on a server of its own, then judge."""
    with TemporaryDirectory(prefix="odds-") as folder:
        server = EmbeddedServer(Path(folder))
        url = server.acquire()
        try:
            migrate(url)
            with RunningSimulator(clock=CallClock(), quota=10**9) as provider:
                stage = Stage(url, Path(folder), provider, quota=10**9)
                return _Loop(stage, server, random.Random(seed)).run(seconds)
        finally:
            server.release()


class _Loop:
    def __init__(self, stage: Stage, server: EmbeddedServer, rng: random.Random) -> None:
        self._stage, self._server, self._rng = stage, server, rng
        self._writer = self._started()
        self._verdict = Verdict([], 0)

    def run(self, seconds: float) -> Verdict:
        end = time.monotonic() + seconds
        self._next_finished()
        while time.monotonic() < end:
            time.sleep(self._rng.uniform(*BETWEEN))
            kind, kill = self._rng.choice(self._kinds())
            killed = time.monotonic()
            kill()
            self._next_finished()
            self._next_finished()
            self._verdict.recoveries[kind].append(time.monotonic() - killed)
        self._stop_writer()
        self._judge()
        return self._verdict

    def _kinds(self) -> list[tuple[str, Callable[[], None]]]:
        """Kinds of kill; the writer's own is the likeliest."""
        return [
            ("writer killed", self._kill_writer),
            ("writer killed", self._kill_writer),
            ("backend terminated", self._terminate_backend),
            ("backend killed", self._kill_backend),
            ("server killed", self._kill_server),
        ]

    def _started(self) -> BaseProcess:
        process = processes().Process(
            target=writer.write_on,
            args=(self._stage.environment(), self._stage.acknowledged, 0),
            daemon=True,
        )
        process.start()
        return process

    def _next_finished(self) -> None:
        """Return when one more slot is acknowledged, by a writer that lives."""
        before = self._size()
        deadline = time.monotonic() + LONGEST_RECOVERY
        while self._size() == before:
            if not self._writer.is_alive():
                self._writer = self._started()
            if time.monotonic() > deadline:
                raise TimeoutError(f"nothing was finished for {LONGEST_RECOVERY:g} s")
            time.sleep(0.005)

    def _size(self) -> int:
        told = self._stage.acknowledged
        return told.stat().st_size if told.exists() else 0

    def _stop_writer(self) -> None:
        self._writer.kill()
        self._writer.join()

    def _kill_writer(self) -> None:
        self._stop_writer()

    def _terminate_backend(self) -> None:
        with psycopg.connect(libpq_url(self._stage.database_url), autocommit=True) as conn:
            conn.execute(f"SELECT pg_terminate_backend(pid) FROM ({_BACKENDS}) b")  # noqa: S608

    def _kill_backend(self) -> None:
        with psycopg.connect(libpq_url(self._stage.database_url), autocommit=True) as conn:
            backends = [pid for (pid,) in conn.execute(_BACKENDS).fetchall()]
            if backends:
                os.kill(self._rng.choice(backends), signal.SIGKILL)
                _wait_until_cut(conn)

    def _kill_server(self) -> None:
        pid = self._server.status().pid
        assert pid is not None
        postmaster = psutil.Process(pid)
        tree = [postmaster, *postmaster.children(recursive=True)]
        for process in tree:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(tree)
        assert self._server.acquire() == self._stage.database_url

    def _judge(self) -> None:
        stage = self._stage
        self._verdict.finished = len(stage.acknowledged.read_text().splitlines())
        with open_platform(stage.settings) as platform:
            recover(platform)
            writer.collect(platform, self._verdict.finished + 1000)
            self._verdict.broken = invariants.broken(platform, stage.charged(), stage.acknowledged)


def _wait_until_cut(conn: psycopg.Connection) -> None:
    """Return when the server has noticed a dead backend, for which it cuts every connection."""
    with suppress(psycopg.OperationalError):
        conn.execute("SELECT pg_sleep(%s)", [LONGEST_RECOVERY])
