"""The memory of Dagster's daemon and code server over hundreds of ticks and tens of runs.

Belongs here: letting them work on a driven clock, with ticks as quick as the daemon makes them, and
the account. Does not belong here: starting them (``matrix.dagster_programs``), hours of sampling
without Dagster (``soak``).

Units: seconds; memory in MiB. Growth is the slope of a straight line through the moments after the
first third, in which both programs load what they need.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import psutil

from odds_pipeline_tests.faults.matrix.block import new_block
from odds_pipeline_tests.faults.matrix.dagster_programs import (
    Programs,
    driven_clock,
    new_programs,
)
from odds_pipeline_tests.faults.worker import TICK

ON = (
    *("collect_adaptive", "collect_scores", "list_events", "find_gaps", "judge_captures"),
    *("close_day", "reap_runs", "send_alerts"),
)
STEP = timedelta(minutes=15)
STEP_S, LOOK_S = 45.0, 5.0
FLAT = 1.0  # MiB per 100 ticks at most
MIB = 2**20
_TICKS = "SELECT count(*) FROM job_ticks"
_RUNS = "SELECT status, count(*) FROM runs GROUP BY 1 ORDER BY 1"


class Moment(NamedTuple):
    """How much was done so far, and what both programs hold then."""

    seconds: float
    ticks: int
    daemon: float
    code_server: float


@dataclass(frozen=True)
class Account:
    """All moments, and how the runs ended."""

    moments: Sequence[Moment]
    runs: dict[str, int]

    def growth(self, program: str) -> float:
        """MiB per 100 ticks, after the first third."""
        settled = self.moments[len(self.moments) // 3 :]
        ticks = [moment.ticks for moment in settled]
        memory = [float(getattr(moment, program)) for moment in settled]
        return float(np.polyfit(ticks, memory, 1)[0]) * 100

    @property
    def is_flat(self) -> bool:
        """Whether neither program grows."""
        return max(self.growth("daemon"), self.growth("code_server")) <= FLAT

    def lines(self) -> list[str]:
        """The account in words."""
        last = self.moments[-1]
        ended = ", ".join(f"{count} {status}" for status, count in self.runs.items())
        return [
            f"{last.seconds / 60:.0f} minutes, {last.ticks} ticks, runs: {ended}",
            "",
            *(self._line(program) for program in ("daemon", "code_server")),
        ]

    def _line(self, program: str) -> str:
        memory = [float(getattr(moment, program)) for moment in self.moments]
        third, half = memory[len(memory) // 3], memory[len(memory) // 2]
        return (
            f"- {program.replace('_', ' ')}: start {memory[0]:.0f} MiB, a third {third:.0f}, "
            f"half {half:.0f}, end {memory[-1]:.0f}; {self.growth(program):+.2f} MiB per 100 ticks"
        )


def run(database_url: str, minutes: float, say: Callable[[str], None]) -> Account:
    """Let both work for so long on a fresh database; say a line a minute."""
    with new_block(database_url, clock=driven_clock()) as block:
        programs = new_programs(block, ON, {TICK: "1"})
        programs.start()
        moments = _watch(programs, minutes * 60, say)
        return Account(moments, dict(programs.asked(_RUNS)))


def _watch(programs: Programs, seconds: float, say: Callable[[str], None]) -> list[Moment]:
    began = time.monotonic()
    moments = [_moment(programs, began)]
    moved = began
    while (now := time.monotonic()) - began < seconds:
        if now - moved >= STEP_S:
            programs.move(STEP)
            moved = now
        time.sleep(LOOK_S)
        moments.append(_moment(programs, began))
        if int(moments[-1].seconds / 60) > int(moments[-2].seconds / 60):
            say("{:.0f} s, {} ticks: daemon {:.1f} MiB, code server {:.1f}".format(*moments[-1]))
    return moments


def _moment(programs: Programs, began: float) -> Moment:
    assert programs.daemon is not None
    assert programs.code_server is not None
    ((ticks,),) = programs.asked(_TICKS)
    return Moment(
        time.monotonic() - began, ticks, _held(programs.daemon.pid), _held(programs.code_server.pid)
    )


def _held(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / MIB
