"""Dagster's daemon in the background, for collection without `odds up`.

Belongs here: launching it, and how long it stays. Does not belong here: the switches
(``orchestration.switches``), the children's life (``supervisor``).

The process in the background keeps the embedded server, the loopback provider (DEMO) and the
daemon running, and ends itself when everything is switched off and no run is left. It takes the
place of `odds up` in its home folder, so the two never run beside each other.
"""

import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from odds_pipeline.cli import screen
from odds_pipeline.errors import OddsPipelineError
from odds_pipeline.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from odds_pipeline.cli.supervisor import Supervisor

NAME = "none; `odds scheduler start` runs its daemon, `odds scheduler stop` ends it"
_LOOK_S = 0.5
_IDLE_LOOK_S = 10.0
_START_S = 180.0
_SIGN_S = 45.0


def runs(settings: Settings, instance: "DagsterInstance") -> bool:
    """Whether a daemon lives: ours or that of an `odds up`, or one that signs from elsewhere.

    One that was killed a moment ago looks alive by its last sign, so the next one is waited for.
    """
    from odds_pipeline.cli.occupancy import up_pid
    from odds_pipeline.orchestration.switches import SILENT_AFTER, heartbeat

    if up_pid(settings.home) is not None:
        return True
    before = heartbeat(instance)
    if before is None or datetime.now(UTC) - before > SILENT_AFTER:
        return False
    deadline = time.monotonic() + _SIGN_S
    while time.monotonic() < deadline:
        if heartbeat(instance) != before:
            return True
        time.sleep(_LOOK_S)
    return False


def launch(settings: Settings, instance: "DagsterInstance", environment: Mapping[str, str]) -> int:
    """Start the process in the background; returns its id once the daemon has signed.

    Args:
        settings: all settings.
        instance: Dagster's instance, which the daemon signs.
        environment: ours as it was given to us: with the embedded server's address in it the
            process would take that for a server of one's own, and not keep it running.

    Raises:
        OddsPipelineError: it ended, or the daemon did not sign in time.
    """
    from odds_pipeline.orchestration.switches import heartbeat

    before = heartbeat(instance)
    log = settings.home / "logs" / "scheduler.log"
    with log.open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "odds_pipeline.cli", "scheduler", "serve"],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=environment,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_S
    while heartbeat(instance) == before:
        if process.poll() is not None:
            lines = log.read_text(errors="replace").strip().splitlines()
            raise OddsPipelineError(f"the daemon ended while starting: {lines[-1:]} (log: {log})")
        if time.monotonic() > deadline:
            raise OddsPipelineError(f"the daemon gave no sign within {_START_S:g} s (log: {log})")
        time.sleep(_LOOK_S)
    return process.pid


def serve(settings: Settings) -> None:
    """Keep the daemon running while anything is switched on or any run is left.

    Raises:
        AlreadyRunning: `odds up`, or another one of these, runs in this home folder.
    """
    from odds_pipeline.cli import children
    from odds_pipeline.cli.instance import dagster_instance, exported
    from odds_pipeline.cli.occupancy import only_up
    from odds_pipeline.cli.supervisor import Supervisor

    with only_up(settings.home, NAME), ExitStack() as running:
        settings = running.enter_context(exported(settings))
        programs = [children.provider(settings)] if children.needs_provider(settings) else []
        programs.append(children.daemon(settings))
        supervisor = running.enter_context(Supervisor(programs, _told))
        instance = running.enter_context(dagster_instance(settings))
        _watch(supervisor, instance, settings)


def _watch(supervisor: "Supervisor", instance: "DagsterInstance", settings: Settings) -> None:
    looked = time.monotonic()
    while True:
        supervisor.check()
        time.sleep(_LOOK_S)
        if time.monotonic() - looked > _IDLE_LOOK_S:
            looked = time.monotonic()
            if _idle(instance, settings):
                return


def _idle(instance: "DagsterInstance", settings: Settings) -> bool:
    from dagster import RunsFilter
    from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES

    from odds_pipeline.orchestration.switches import any_on

    if any_on(instance, settings):
        return False
    return not instance.get_runs(RunsFilter(statuses=list(IN_PROGRESS_RUN_STATUSES)), limit=1)


def _told(name: str, what: str) -> None:
    screen.say(f"{name}: {what}")
