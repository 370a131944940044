"""What a fault is played on: a database, a home, a provider, and processes of their own.

Belongs here: the stage. Does not belong here: which faults are played (``matrix``, tests), the
invariants.
"""

import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from odds_pipeline.crash_points import Point
from odds_pipeline.settings import Settings
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline_tests.faults import alerter, writer

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
    """A database, a home, a provider: all that a case needs; without a key it is a DEMO."""

    database_url: str
    home: Path
    provider: RunningSimulator
    quota: int = 20_000
    key: str = ""
    bookmakers: tuple[str, ...] = Settings.model_fields["bookmakers"].default

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
            odds_api_key=SecretStr(self.key) if self.key else None,
            odds_yes=True,
            bookmakers=self.bookmakers,
            database_url=SecretStr(self.database_url),
        )

    def environment(self, crash: str = "") -> dict[str, str]:
        return {
            "ODDS_HOME": str(self.home),
            "DATABASE_URL": self.database_url,
            "ODDS_API_BASE_URL": self.provider.url,
            "ODDS_API_KEY": self.key,
            "ODDS_YES": "1",
            "BOOKMAKERS": ",".join(self.bookmakers),
            "ODDS_API_QUOTA": str(self.quota),
            "ODDS_CRASH": crash,
        }

    def charged(self) -> float:
        return self.provider.credits_charged(self.key or "demo")

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
