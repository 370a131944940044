"""Runs the programs `odds up` is made of: starts them in order, restarts them, stops them all.

Belongs here: child processes and their life. Does not belong here: which programs there are, how
readiness is seen (``readiness``), signals (``signals``). Times are seconds.

Each child leads its own process group, so the terminal's Ctrl-C reaches only us and whatever a
child has started can be ended with it. What children say is written to their log files by us, line
by line and without secrets.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from odds_pipeline.errors import OddsPipelineError
from odds_pipeline.redaction import redact

_POLL_S = 0.1
_GRACE_S = 15.0
_KILL_S = 2.0
_STABLE_S = 60.0
_DRAIN_S = 2.0
_LONGEST_LINE = 64 * 1024
_BACKOFF_S = (1.0, 2.0, 4.0, 8.0, 16.0)
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None

Progress = Callable[[str, str], None]


@dataclass(frozen=True)
class Child:
    """One program to run.

    Args:
        name: short name for messages.
        argv: command line.
        env: its whole environment.
        log: file for its redacted output; that of the last `odds up` is kept as ``<log>.1``.
        ready: answers at once whether the program is ready.
        deadline_s: how long it may take to become ready.
        shown: whether what it says, without secrets, also goes to our standard output, for hosts
            that gather that.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log: Path
    ready: Callable[[], bool]
    deadline_s: float = 120.0
    shown: bool = False


@dataclass
class _Running:
    child: Child
    process: subprocess.Popen[bytes]
    writer: threading.Thread
    started: float
    failures: int = 0
    restart_at: float | None = None


class Supervisor:
    """Keeps children running for the length of a ``with`` block.

    Args:
        children: in starting order; they are stopped in the reverse order.
        progress: called with a child's name and what happens to it.
        backoff_s: wait before each restart of a child that ended; its length is the limit. A child
            that ran for a minute starts counting anew.

    Raises:
        OddsPipelineError: on entering, when a child cannot be started or is not ready in time.
    """

    def __init__(
        self,
        children: Sequence[Child],
        progress: Progress,
        backoff_s: Sequence[float] = _BACKOFF_S,
    ) -> None:
        self._children = children
        self._progress = progress
        self._backoff_s = backoff_s
        self._running: list[_Running] = []

    def __enter__(self) -> Self:
        try:
            for child in self._children:
                self._start(child)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pids(self) -> dict[str, int]:
        """Process id of each started child."""
        return {running.child.name: running.process.pid for running in self._running}

    def watch(self) -> None:
        """Restart children that end, for ever.

        Raises:
            OddsPipelineError: a child ended more often than the backoff allows.
        """
        while True:
            self.check()
            time.sleep(_POLL_S)

    def check(self) -> None:
        """Look at every child once and restart those that are due.

        Raises:
            OddsPipelineError: a child ended more often than the backoff allows.
        """
        for running in self._running:
            if running.restart_at is not None:
                self._restart_when_due(running)
            elif running.process.poll() is not None:
                self._plan_restart(running)

    def stop(self) -> None:
        """Stop all children, last started first; none is left when this returns."""
        while self._running:
            running = self._running[-1]
            self._progress(running.child.name, "stopping")
            _end(running.process)
            running.writer.join(_DRAIN_S)
            self._running.pop()

    def _start(self, child: Child) -> None:
        self._progress(child.name, "starting")
        child.log.parent.mkdir(parents=True, exist_ok=True)
        if child.log.exists():
            child.log.replace(child.log.with_name(f"{child.log.name}.1"))
        child.log.touch()
        running = _Running(child, *_launch(child), time.monotonic())
        self._running.append(running)
        while not child.ready():
            if running.process.poll() is not None:
                raise _failed(running, "ended while starting")
            if time.monotonic() - running.started > child.deadline_s:
                raise _failed(running, f"was not ready within {child.deadline_s:g} s")
            time.sleep(_POLL_S)
        self._progress(child.name, "ready")

    def _plan_restart(self, running: _Running) -> None:
        _end(running.process)
        now = time.monotonic()
        if now - running.started > _STABLE_S:
            running.failures = 0
        if running.failures >= len(self._backoff_s):
            raise _failed(running, f"ended {running.failures + 1} times")
        wait = self._backoff_s[running.failures]
        running.failures += 1
        running.restart_at = now + wait
        self._progress(
            running.child.name,
            f"ended (code {running.process.returncode}), restart {running.failures} "
            f"of {len(self._backoff_s)} in {wait:g} s",
        )

    def _restart_when_due(self, running: _Running) -> None:
        now = time.monotonic()
        if running.restart_at is None or now < running.restart_at:
            return
        running.process, running.writer = _launch(running.child)
        running.started = now
        running.restart_at = None
        self._progress(running.child.name, "restarted")


def _launch(child: Child) -> tuple[subprocess.Popen[bytes], threading.Thread]:
    try:
        process = subprocess.Popen(
            list(child.argv),
            env=dict(child.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
            preexec_fn=_die_with_parent,
        )
    except OSError as refused:
        reason = refused.strerror
    else:
        assert process.stdout is not None
        writer = threading.Thread(target=_write_log, args=(process.stdout, child), daemon=True)
        writer.start()
        return process, writer
    raise OddsPipelineError(f"{child.name} cannot be started ({child.argv[0]}): {reason}")


def _write_log(said: IO[bytes], child: Child) -> None:
    """Write what a child and all it started say, until the last of them has ended."""
    with said, child.log.open("ab") as file:
        while line := said.readline(_LONGEST_LINE):
            clean = redact(line.decode("utf-8", "surrogateescape"))
            # A full disk costs us lines, but must not stop whoever wrote them.
            with suppress(OSError):
                file.write(clean.encode("utf-8", "surrogateescape"))
                file.flush()
            if child.shown:
                with suppress(OSError, ValueError):  # nobody listens any more
                    sys.stdout.write(f"{child.name}: {clean}")
                    sys.stdout.flush()


def _die_with_parent() -> None:
    # Only where the kernel offers it: if we are killed outright, the child gets SIGTERM.
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a child and all that is left of its process group."""
    process.terminate()
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    # The leader is gone; what it started and left behind is asked, then killed.
    if _signal_group(process.pid, signal.SIGTERM):
        _wait_for_group(process.pid, _GRACE_S)
        _signal_group(process.pid, signal.SIGKILL)
        _wait_for_group(process.pid, _KILL_S)


def _wait_for_group(group: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while _signal_group(group, 0) and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def _signal_group(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _failed(running: _Running, what: str) -> OddsPipelineError:
    if running.process.poll() is not None:
        running.writer.join(_DRAIN_S)
    lines = running.child.log.read_text(errors="replace").strip().splitlines()
    said = f": {lines[-1]}" if lines else ""
    return OddsPipelineError(f"{running.child.name} {what}{said} (log: {running.child.log})")
