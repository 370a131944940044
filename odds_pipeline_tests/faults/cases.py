"""Killing a writer at a named point, and what the next start makes of it.

Belongs here: one case, start to verdict. Does not belong here: which cases are run (tests,
``__main__``), the invariants themselves.
"""

import multiprocessing
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from odds_pipeline.composition import open_platform
from odds_pipeline.crash_points import Point
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.recover import recover
from odds_pipeline.settings import Settings
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline_tests.faults import alerter, invariants, writer

SLOTS = 4
# At which the answer is in no safe place: its charge is unknown until the next one tells.
UNSAFE = (Point.CLAIMED, Point.RESERVED_SPACE, Point.ANSWERED)


class CallClock:
    """A provider's clock that goes on by some minutes at every call, so that prices move."""

    def __init__(self) -> None:
        self._now = writer.FIRST_SLOT - timedelta(days=1)

    def now(self) -> datetime:
        self._now += timedelta(minutes=7)
        return self._now


@dataclass(frozen=True)
class Stage:
    """A database, a home, a provider: all that a case needs."""

    database_url: str
    home: Path
    provider: RunningSimulator
    quota: int = 20_000

    @property
    def acknowledged(self) -> Path:
        return self.home / "acknowledged"

    @property
    def settings(self) -> Settings:
        return Settings(
            _env_file=None,
            odds_home=self.home,
            odds_api_base_url=self.provider.url,
            odds_api_quota=self.quota,
            database_url=SecretStr(self.database_url),
        )

    def environment(self, crash: str = "") -> dict[str, str]:
        return {
            "ODDS_HOME": str(self.home),
            "DATABASE_URL": self.database_url,
            "ODDS_API_BASE_URL": self.provider.url,
            "ODDS_API_KEY": "",
            "ODDS_API_QUOTA": str(self.quota),
            "ODDS_CRASH": crash,
        }

    def charged(self) -> float:
        return self.provider.credits_charged("demo")

    def run(self, work: Callable[..., None], *arguments: Any, crash: str = "") -> int:
        """Run the writer's work in a process of its own; its exit code."""
        process = processes().Process(
            target=work, args=(self.environment(crash), self.acknowledged, *arguments)
        )
        process.start()
        process.join()
        assert process.exitcode is not None
        return process.exitcode


def processes() -> ForkServerContext:
    """Where children come from: a server that has imported everything, so that a fork is quick."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [writer.__name__, alerter.__name__, "odds_pipeline.sources.the_odds_api.client"]
    )
    return context


def crash_case(stage: Stage, point: Point, hit: int) -> list[str]:
    """Kill a writer at the n-th visit of a point and start again; every fault found, in words."""
    code = stage.run(writer.write, 0, SLOTS, crash=f"{point}:{hit}")
    if code != -signal.SIGKILL:
        return [f"the writer passed {point} {hit} times without dying (exit code {code})"]
    with open_platform(stage.settings) as platform:
        recover(platform)
        found = _after_recovery(platform, point)
        for number in range(SLOTS + 1):
            writer.collect(platform, number)
        return found + invariants.broken(platform, stage.charged(), stage.acknowledged)


def _after_recovery(platform: Platform, point: Point) -> list[str]:
    """Before anything is asked again: only a call that died in flight has left a gap."""
    with platform.engine.connect() as conn:
        gaps = conn.exec_driver_sql("SELECT reason FROM slots WHERE status <> 'ok'").fetchall()
    expected = [("charge unknown",)] if point in UNSAFE else []
    found = [tuple(gap) for gap in gaps]
    return [] if found == expected else [f"I6: after recovery {found}, expected {expected}"]
