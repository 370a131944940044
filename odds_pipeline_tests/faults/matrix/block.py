"""Where some twenty cases are played: a database, a home, a provider, a key that is a canary.

Belongs here: the parts, slots nobody used, processes whose words are kept, starting again. Does not
belong here: faults, the verdict (``judge``).
"""

import os
import signal
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from psycopg import sql

from odds_pipeline.composition import open_platform
from odds_pipeline.errors import CallsPaused
from odds_pipeline.services.platform import Platform
from odds_pipeline.simulator.clock import Clock, SteppedClock
from odds_pipeline.simulator.faults.switch import Faults
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.sources.the_odds_api.client import OddsApiClient
from odds_pipeline.sources.the_odds_api.transport import Limits, Timing
from odds_pipeline.storage.embedded import EmbeddedServer
from odds_pipeline.storage.urls import libpq_url
from odds_pipeline_tests.canary import found_in_error
from odds_pipeline_tests.faults import writer
from odds_pipeline_tests.faults.cases import CallClock, Stage, processes

BOOKMAKERS = ("pinnacle", "draftkings", "fanduel")  # fewer than all: more faults in the same time
KEYS = 60  # one for every refusal that a block may meet
HURRY = Limits(deadline_s=1.0, tries=2)


@dataclass
class Block:
    """All that cases need.

    Args:
        stage: database, home, provider and the key in force.
        server: the database server, if it may be killed.
        outside: a folder for what is written down about the platform.
        keys: not used so far.
        password: the database's, to be found nowhere.
    """

    stage: Stage
    server: EmbeddedServer | None
    outside: Path
    keys: list[str]
    password: str
    retired: list[str] = field(default_factory=list)
    used: int = 0
    struck_at: float = 0.0
    leaks: list[str] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)  # at which points, in the case that is played
    at_end: ExitStack = field(default_factory=ExitStack)
    programs: object = None  # Dagster's, once a case has started them

    def take(self, count: int) -> range:
        """So many slots that nobody used, by number."""
        first = self.used
        self.used += count
        return range(first, self.used)

    def strike(self) -> None:
        """The fault happens now: recovery is measured from here."""
        self.struck_at = time.monotonic()

    def charged(self) -> float:
        """Credits the provider charged all keys of the block."""
        keys = [*self.retired, self.stage.key]
        return sum(self.stage.provider.credits_charged(key) for key in keys)

    @property
    def planned_after(self) -> datetime | None:
        """From when on slots may still be planned: now, where time is driven."""
        clock = self.stage.provider.clock
        return clock.now() if isinstance(clock, SteppedClock) else None

    def renew_key(self) -> None:
        """Go on with another key, as a person would whose key is refused or used up."""
        self.retired.append(self.stage.key)
        self.stage = replace(self.stage, key=self.keys.pop())

    @contextmanager
    def opened(self, url: str = "", limits: Limits | None = None) -> Iterator[Platform]:
        """The platform as a start opens it, without pauses between tries.

        Args:
            url: of the database, where it is reached by another way.
            limits: how long the provider is waited for, where that is not as usual.
        """
        stage = replace(self.stage, database_url=url) if url else self.stage
        timing = Timing(sleep=lambda _: None)
        client = OddsApiClient(stage.provider.url, stage.key, limits, timing)
        with open_platform(stage.settings) as platform:
            yield replace(platform, provider=lambda: client)
        client.close()

    def collect(self, platform: Platform, number: int) -> bool:
        """Collect one slot and write down that it was told as done; whether it was."""
        fetched = writer.collect(platform, number)
        if fetched is not None:
            with self.stage.acknowledged.open("a") as told:
                told.write(writer.line(number, fetched))
        return fetched is not None

    def collect_clean(self) -> bool:
        """One slot more, by a new start and with another key if this one may not be used."""
        (number,) = self.take(1)
        try:
            with self.opened() as platform:
                return self.collect(platform, number)
        except CallsPaused:
            self.renew_key()
        (number,) = self.take(1)
        with self.opened() as platform:
            return self.collect(platform, number)

    def note(self, failure: BaseException) -> None:
        """Look whether an error tells a secret."""
        for secret in (self.stage.key, self.password):
            self.leaks += found_in_error(secret, failure)

    def start(
        self,
        work: Callable[..., None],
        *arguments: Any,
        crash: str = "",
        told: Path | None = None,
    ) -> BaseProcess:
        """Start a writer's work in a process of its own, whose words are kept."""
        process = processes().Process(
            target=_heard,
            args=(
                *(self.outside / "said", work, self.stage.environment(crash)),
                *(told or self.stage.acknowledged, *arguments),
            ),
            daemon=True,
        )
        process.start()
        return process

    def run(self, work: Callable[..., None], *arguments: Any, crash: str = "") -> int:
        """The same to its end; its exit code."""
        process = self.start(work, *arguments, crash=crash)
        return self.ended(process, crash)

    def ended(self, process: BaseProcess, crash: str) -> int:
        """The exit code of a process that ``start`` started, when it is over; notes its kill."""
        process.join()
        assert process.exitcode is not None
        if process.exitcode == -signal.SIGKILL:
            self.killed.append(crash.partition(":")[0])
        return process.exitcode

    def booked(self) -> float:
        """Credits that the ledger says were charged."""
        with self.admin() as conn:
            row = conn.execute(
                "SELECT coalesce(sum(credits), 0)::float8 FROM credit_ledger "
                "WHERE entry <> 'reserved'"
            ).fetchone()
        assert row is not None
        return float(row[0])

    @contextmanager
    def admin(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection of an administrator, each statement for itself."""
        with psycopg.connect(libpq_url(self.stage.database_url), autocommit=True) as conn:
            yield conn


@contextmanager
def new_block(
    database_url: str,
    server: EmbeddedServer | None = None,
    clock: Clock | None = None,
    faults: Faults | None = None,
) -> Iterator[Block]:
    """A block on a fresh, migrated database.

    Args:
        database_url: as a superuser.
        server: if the block may kill it.
        clock: the provider's; by default it goes on at every call, so that prices move.
        faults: of the provider, from the start on.
    """
    keys = [uuid.uuid4().hex for _ in range(KEYS)]
    with ExitStack() as opened:
        home, outside = (
            Path(opened.enter_context(TemporaryDirectory(prefix=prefix)))
            for prefix in ("odds-", "outside-")
        )
        provider = opened.enter_context(
            RunningSimulator(
                clock=clock or CallClock(), quota=10**6, keys=frozenset(keys), faults=faults
            )
        )
        stage = Stage(database_url, home, provider, 10**6, keys[0], BOOKMAKERS)
        password = psycopg.conninfo.conninfo_to_dict(libpq_url(database_url)).get("password")
        block = Block(stage, server, outside, keys[1:], str(password or "no password"))
        opened.push(block.at_end)
        yield block


@contextmanager
def fresh_database(server_url: str, template: str) -> Iterator[str]:
    """A copy of a database, dropped at the end; ``server_url`` ends before its name."""
    name = f"odds_{datetime.now(UTC):%H%M%S}_{uuid.uuid4().hex[:12]}"
    admin = libpq_url(f"{server_url}/postgres")
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    yield f"{server_url}/{name}"
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def _heard(said: Path, work: Callable[..., None], *arguments: Any) -> None:
    """In the child: do the work, with all it says in a file."""
    with said.open("ab") as file:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(file.fileno(), stream.fileno())
    work(*arguments)
