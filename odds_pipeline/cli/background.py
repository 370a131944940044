"""Dagster's daemon without its UI: here, or in the background.

Belongs here: starting and ending it, and knowing whether it runs. Does not belong here: what it
does (``orchestration``), a program's life (``supervisor``).
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack

from odds_pipeline.cli import screen
from odds_pipeline.errors import OddsPipelineError
from odds_pipeline.settings import Settings

ADDRESS = "none (scheduler only)"
_LOOK_S, _READY_S, _END_S = 0.2, 90.0, 60.0


def start(settings: Settings) -> int:
    """Start the daemon in the background, and wait until it is ready; returns its process id.

    Raises:
        AlreadyRunning: `odds up` or another daemon runs in this home folder.
        OddsPipelineError: it did not become ready.
    """
    from odds_pipeline.cli.occupancy import only_up, up_pid

    with only_up(settings.home, ADDRESS):  # refuse here, where a person reads it
        pass
    log = settings.home / "logs" / "scheduler.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "odds_pipeline.cli", "scheduler", "run"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    until = time.monotonic() + _READY_S
    while time.monotonic() < until:
        if process.poll() is not None:
            last = (log.read_text().strip().splitlines() or ["no word"])[-1]
            raise OddsPipelineError(f"the daemon ended while starting: {last} (log: {log})")
        if up_pid(settings.home) == process.pid and "collects" in log.read_text():
            return process.pid
        time.sleep(_LOOK_S)
    raise OddsPipelineError(f"the daemon was not ready within {_READY_S:g} s (log: {log})")


def stop(settings: Settings) -> int | None:
    """End the daemon that `start` left in the background; ``None`` if there is none.

    `odds up` is left alone. Runs in progress are processes of their own and go on.
    """
    from odds_pipeline.cli.occupancy import up_pid

    pid = up_pid(settings.home)
    if pid is None or ADDRESS not in (settings.home / "up.lock").read_text():
        return None
    os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + _END_S
    while up_pid(settings.home) == pid and time.monotonic() < until:
        time.sleep(_LOOK_S)
    return pid


def serve(settings: Settings) -> None:
    """Run the daemon, and in DEMO the loopback provider, until a signal ends it.

    Raises:
        AlreadyRunning: `odds up` or another daemon runs in this home folder.
        ConfirmationRequired: paid collection was not confirmed.
    """
    from odds_pipeline.cli import children
    from odds_pipeline.cli.instance import exported
    from odds_pipeline.cli.occupancy import only_up
    from odds_pipeline.cli.supervisor import Supervisor
    from odds_pipeline.composition import open_platform
    from odds_pipeline.services.deployment import require_confirmed, settle_kind
    from odds_pipeline.services.recover import recover

    with only_up(settings.home, ADDRESS), ExitStack() as running:
        named = running.enter_context(exported(settings))
        platform = running.enter_context(open_platform(named))
        settle_kind(platform)
        require_confirmed(platform, 1)
        recover(platform)
        programs = [children.provider(named)] if children.needs_provider(named) else []
        programs.append(children.daemon(named))
        supervisor = running.enter_context(Supervisor(programs, _told))
        screen.say(f"{screen.YES} Dagster's daemon collects")
        sys.stdout.flush()
        supervisor.watch()


def _told(name: str, what: str) -> None:
    screen.say(f"  {name}: {what}")
    sys.stdout.flush()
