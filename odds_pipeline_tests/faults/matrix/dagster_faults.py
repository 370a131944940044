"""Dagster's processes die while a slot is captured; its end, and one charge, are still reached.

Belongs here: the classes. Does not belong here: the programs (``dagster_programs``).
"""

import time
from contextlib import suppress
from datetime import datetime
from random import Random

import psutil

from odds_pipeline_tests.faults.invariants import Finding, Kind
from odds_pipeline_tests.faults.matrix.block import Block
from odds_pipeline_tests.faults.matrix.dagster_programs import (
    LONGEST_RUN_S,
    POLL_S,
    Programs,
    kill_tree,
    programs_of,
)

A_TICK_S = 35.0
RUN_S = 6.0  # about as long as a run's process lives


def run_killed(block: Block, random: Random, _: int) -> list[Finding]:
    """kill -9 of a run's process at a random moment of its life."""
    programs = programs_of(block)
    slot = programs.due()
    run = _first_run(programs)
    if run is None:
        return [Finding(Kind.RUNNING, "I7: no run was started for a slot that was due")]
    time.sleep(random.random() * RUN_S)
    block.strike()
    with suppress(psutil.NoSuchProcess):  # it may be quicker; the slot is judged all the same
        run.kill()
    return programs.until_quiet(slot)


def code_server_killed(block: Block, random: Random, _: int) -> list[Finding]:
    """The code server and the run it started die together; a new one is started."""
    programs = programs_of(block)
    slot = programs.due()
    _first_run(programs)
    time.sleep(random.random() * RUN_S)
    block.strike()
    assert programs.code_server is not None
    kill_tree(programs.code_server)
    programs.start()
    return programs.until_quiet(slot)


def daemon_killed(block: Block, random: Random, _: int) -> list[Finding]:
    """The daemon dies at a random moment between a slot's tick and the end of its run."""
    programs = programs_of(block)
    slot = programs.due()
    if random.random() < 0.5:
        _first_run(programs)
    time.sleep(random.random() * RUN_S)
    block.strike()
    assert programs.daemon is not None
    kill_tree(programs.daemon)
    programs.start()
    return programs.until_quiet(slot)


def two_daemons(block: Block, _: Random, __: int) -> list[Finding]:
    """A second daemon ticks beside the first: the slot is paid once."""
    programs = programs_of(block)
    second = programs.another_daemon()
    try:
        slot = programs.due()
        block.strike()
        time.sleep(A_TICK_S)  # a tick of each
        found = programs.until_quiet(slot)
    finally:
        kill_tree(second)
    return found + _paid_twice(programs, slot)


def one_of_two_daemons_killed(block: Block, random: Random, number: int) -> list[Finding]:
    """Of two daemons one in turn dies with the run in flight; the slot is paid once."""
    programs = programs_of(block)
    second = programs.another_daemon()
    try:
        slot = programs.due()
        run = _first_run(programs)
        time.sleep(random.random() * RUN_S)
        block.strike()
        assert programs.daemon is not None
        kill_tree((programs.daemon, second)[number % 2])
        block.killed.append("daemon")
        if run is not None and run.is_running():
            with suppress(psutil.NoSuchProcess):
                run.kill()
                block.killed.append("run")
        programs.start()
        found = programs.until_quiet(slot)
    finally:
        kill_tree(second)
    return found + _paid_twice(programs, slot)


def _paid_twice(programs: Programs, slot: datetime) -> list[Finding]:
    charged = programs.charged_for(slot)
    if charged <= 1:
        return []
    return [Finding(Kind.CHARGED, f"I4: slot {slot} was paid {charged} times")]


def _first_run(programs: Programs) -> psutil.Process | None:
    """The next run's process as soon as there is one."""
    deadline = time.monotonic() + LONGEST_RUN_S
    while time.monotonic() < deadline:
        runs = programs.runs()
        if runs:
            return runs[0]
        time.sleep(POLL_S)
    return None
