"""Dagster's own programs on a block: a code server, daemons, and the runs they make.

Belongs here: starting and killing them, the switches that are on, the runs without an end. Does not
belong here: which of them is killed (``dagster_faults``).

Time is driven: the platform, in all programs, and the provider have the same clock, which stands
still until a case moves it to the next slot (``faults.hurried``).
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, LiteralString

import psutil
import psycopg

from odds_pipeline.cli.environment import environment
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.services import gaps
from odds_pipeline.services.collect import collect_events
from odds_pipeline.services.sampling import GRACE, tick
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.storage.databases import ensure_database
from odds_pipeline.storage.urls import dagster_database, libpq_url
from odds_pipeline_tests.conftest import REPOSITORY
from odds_pipeline_tests.faults.invariants import Finding, Kind
from odds_pipeline_tests.faults.matrix.block import Block
from odds_pipeline_tests.faults.worker import CLOCK

DEADLINE = "ODDS_TEST_DEADLINE"  # as in ``hurried``, which changes the process that imports it

START = datetime(2026, 3, 12, 9, 0, 5, tzinfo=UTC)  # games are hours away: a slot each 15 minutes
STEP = timedelta(minutes=15)
ON = ("collect_adaptive", "reap_runs")
LONGEST_RUN_S = 120.0  # after a fault
QUIET_S = 300.0  # by then all that followed from it, such as another try, has ended too
STARTED_S = 180.0
TRIED_AGAIN_S = 5.0
ENDED = ("ok", "gap", "healed")
POLL_S = 0.25
FORKED = "--multiprocessing-fork"  # how a code server starts a run's process
WORKSPACE = """load_from:
  - grpc_server: {{host: 127.0.0.1, port: {port}, location_name: odds_pipeline}}
"""
_OPEN = """SELECT run_id, status FROM runs
WHERE status NOT IN ('SUCCESS', 'FAILURE', 'CANCELED') ORDER BY id"""
# Those that a fault at this second met and that had no end so many seconds later.
_TOO_LONG = """SELECT run_id, status FROM runs
WHERE extract(epoch FROM create_timestamp) < %(struck)s
  AND coalesce(end_time, extract(epoch FROM clock_timestamp())) > %(struck)s + %(longest)s
ORDER BY id"""


def driven_clock() -> SteppedClock:
    """The clock of a block whose runs Dagster makes."""
    return SteppedClock(START)


@dataclass
class Programs:
    """A code server and a daemon of one block; started when first asked for, ended with it.

    Args:
        block: where they work.
        port: of the code server.
        on: the switches that are on.
        more: variables of theirs.
    """

    block: Block
    port: int
    code_server: "subprocess.Popen[bytes] | None" = None
    daemon: "subprocess.Popen[bytes] | None" = None
    quiet_since: float | None = None
    on: tuple[str, ...] = ON
    more: Mapping[str, str] = field(default_factory=dict)

    def due(self) -> datetime:
        """Move on to the next slot; returns when it is due."""
        now = self._clock.now()
        self.move(STEP - timedelta(minutes=now.minute % 15))
        with self.block.opened() as opened:
            platform = replace(opened, now=self._clock.now)
            collect_events(platform)
            found = tick(platform, SamplingMode.ADAPTIVE)
        assert found.due, found.reason
        return found.due[0].slot_time

    def move(self, by: timedelta) -> None:
        """Let time pass, for the platform and the provider."""
        self._clock.advance(by)
        self._clock_file.write_text(self._clock.now().isoformat())

    @property
    def _clock(self) -> SteppedClock:
        clock = self.block.stage.provider.clock
        assert isinstance(clock, SteppedClock)
        return clock

    def start(self) -> None:
        """Start what does not run."""
        if self.code_server is None or self.code_server.poll() is not None:
            module = ("--module-name", "odds_pipeline_tests.faults.hurried")
            self.code_server = self._program(
                "dagster", "api", "grpc", "--host", "127.0.0.1", "--port", str(self.port), *module
            )
            _until(self._answers, STARTED_S, "the code server does not answer")
        if self.daemon is None or self.daemon.poll() is not None:
            self.daemon = self.another_daemon()
        self._signal_daemon(signal.SIGCONT)

    def another_daemon(self) -> "subprocess.Popen[bytes]":
        """One daemon more."""
        return self._program("dagster._daemon", "run", "--workspace", str(self._workspace))

    def runs(self) -> list[psutil.Process]:
        """The processes that do runs now."""
        assert self.code_server is not None
        try:
            children = psutil.Process(self.code_server.pid).children(recursive=True)
            return [child for child in children if FORKED in child.cmdline()]
        except psutil.Error:
            return []

    def until_quiet(self, slot_time: datetime) -> list[Finding]:
        """Wait until the slot has its end and no run is without one; then let the daemon stand.

        A slot that nobody captured in time is missed, as it would be by the clock; what has no end
        by then is returned.
        """
        self.quiet_since = None
        with suppress(TimeoutError):
            _until(lambda: self._is_quiet(slot_time), QUIET_S, "")
        struck = time.time() - (time.monotonic() - self.block.struck_at)
        found = [
            Finding(Kind.RUNNING, f"I7: run {run_id}, now {status}, was open after two minutes")
            for run_id, status in self.asked(_TOO_LONG, struck=struck, longest=LONGEST_RUN_S)
        ]
        self._signal_daemon(signal.SIGSTOP)
        if self._statuses(slot_time) != ["ok"]:
            self.move(GRACE + timedelta(minutes=1))
        with self.block.opened() as opened:
            gaps.find_missed(replace(opened, now=self._clock.now), SamplingMode.ADAPTIVE)
        return found + [
            Finding(Kind.OPEN, f"I6: slot {slot_time} is {status}")
            for status in self._statuses(slot_time)
            if status not in ENDED
        ]

    def charged_for(self, slot_time: datetime) -> int:
        """How many answers of a slot were paid."""
        with self.block.admin() as conn:
            row = conn.execute(
                """SELECT count(*) FROM fetch_logs JOIN slots USING (slot_id)
                WHERE slot_time = %s AND purpose = 'live' AND credits > 0""",
                (slot_time,),
            ).fetchone()
        assert row is not None
        return int(row[0])

    def stop(self) -> None:
        """End both, and what they started."""
        for program in (self.daemon, self.code_server):
            if program is not None:
                kill_tree(program)

    @property
    def _clock_file(self) -> Path:
        return self.block.outside / "clock"

    @property
    def _workspace(self) -> Path:
        return self.block.outside / "workspace.yaml"

    def prepare(self) -> None:
        """Dagster's database, the workspace, and only the switches that are needed."""
        url = self.block.stage.database_url
        ensure_database(dagster_database(url), through=url)
        self._workspace.write_text(WORKSPACE.format(port=self.port))
        self._clock_file.write_text(self.block.stage.provider.clock.now().isoformat())
        assert self.block.run(turn_on, self._environment(), self.on) == 0

    def _environment(self) -> dict[str, str]:
        stage = self.block.stage
        return {
            **stage.environment(),
            **environment(stage.settings, stage.database_url),
            "PYTHONPATH": str(REPOSITORY),
            "SAMPLING_MODE": "adaptive",
            CLOCK: str(self._clock_file),
            DEADLINE: "20",
            **self.more,
        }

    def _signal_daemon(self, number: signal.Signals) -> None:
        if self.daemon is not None and self.daemon.poll() is None:
            os.killpg(self.daemon.pid, number)

    def _program(self, *arguments: str) -> "subprocess.Popen[bytes]":
        with (self.block.outside / "said").open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env=os.environ | self._environment(),
                cwd=self.block.stage.home,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _is_quiet(self, slot_time: datetime) -> bool:
        """Whether the slot and all runs have ended some seconds ago: a failed run is tried again.

        Asked again and again; the first of the seconds is remembered.
        """
        ended = all(status in ENDED for status in self._statuses(slot_time))
        if not ended or self.asked(_OPEN) or self.runs():
            self.quiet_since = None
            return False
        self.quiet_since = self.quiet_since or time.monotonic()
        return time.monotonic() - self.quiet_since > TRIED_AGAIN_S

    def asked(self, query: LiteralString, **values: float) -> list[tuple[Any, ...]]:
        """What Dagster's database answers."""
        dagster = dagster_database(self.block.stage.database_url)
        with psycopg.connect(libpq_url(dagster)) as conn:
            return conn.execute(query, values).fetchall()

    def _statuses(self, slot_time: datetime) -> list[str]:
        with self.block.admin() as conn:
            rows = conn.execute(
                "SELECT status FROM slots WHERE slot_time = %s AND purpose = 'live'", (slot_time,)
            ).fetchall()
        return [row[0] for row in rows] or ["absent"]


def programs_of(block: Block) -> Programs:
    """The block's programs, running."""
    found = block.programs
    if not isinstance(found, Programs):
        found = new_programs(block)
        block.programs = found
    found.start()
    return found


def new_programs(
    block: Block, on: tuple[str, ...] = ON, more: Mapping[str, str] = MappingProxyType({})
) -> Programs:
    """Programs that may be started, ended with the block; see ``Programs``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    programs = Programs(block, port, on=on, more=more)
    programs.prepare()
    block.at_end.callback(programs.stop)
    return programs


def kill_tree(program: "subprocess.Popen[bytes]") -> None:
    """kill -9 of a program and of all that it started."""
    try:
        tree = [psutil.Process(program.pid), *psutil.Process(program.pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        tree = []
    for one in tree:
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
    program.wait()
    psutil.wait_procs(tree)


def turn_on(
    _: Mapping[str, str], __: Path, variables: Mapping[str, str], names: tuple[str, ...]
) -> None:
    """In a process of its own: these sensors on, all others off."""
    os.environ.update(variables)
    import dagster as dg

    from odds_pipeline.orchestration import switches
    from odds_pipeline.settings import load_settings

    with dg.DagsterInstance.get() as instance:
        for each in switches._all(load_settings()):
            switches._turn(instance, each, on=each.name in names)


def _until(holds: Callable[[], bool], seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(otherwise)
        time.sleep(POLL_S)
