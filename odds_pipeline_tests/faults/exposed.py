"""A whole real platform whose secrets are canaries, and all the places they could get to.

Belongs here: the platform, giving orders to its processes, and the search. Does not belong here:
which faults it meets (tests), how a secret is recognised (``odds_pipeline_tests.canary``).
"""

import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlsplit

import psutil
import psycopg
import yaml
from psycopg import sql

from odds_pipeline.cli.environment import environment, project_root
from odds_pipeline.cli.readiness import http_answers
from odds_pipeline.settings import Settings
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.storage.databases import ensure_database
from odds_pipeline.storage.urls import dagster_database, libpq_url
from odds_pipeline_tests.canary import found_in, found_in_database, found_in_files
from odds_pipeline_tests.conftest import REPOSITORY
from odds_pipeline_tests.faults.webserver import Asked
from odds_pipeline_tests.faults.worker import CLOCK, ENDED

START = datetime(2025, 11, 10, 12, tzinfo=UTC)
WORKER = "from odds_pipeline_tests.faults.worker import main; main()"
STEP = timedelta(hours=1)  # each order has an hour, and so a slot of each kind, of its own
_START_S = 120.0


@dataclass
class Worker:
    """A process that does orders; see ``worker``."""

    name: str
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def order(self, **order: object) -> Any:
        """Have one done; returns its outcome."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"env": {}, **order}) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith(ENDED):
                return json.loads(line.removeprefix(ENDED))
            self.said.append(line)
        raise AssertionError(f"{self.name} ended over {order}")


@dataclass
class Exposed:
    """The platform; ``secrets`` are looked for by name."""

    home: Path
    outside: Path
    database_url: str
    provider: RunningSimulator
    clock: SteppedClock
    secrets: dict[str, str]
    variables: dict[str, str]
    said: list[tuple[str, bytes]] = field(default_factory=list)

    def step(self) -> str:
        """Move to the next hour; returns the UTC day it is in."""
        self.clock.advance(STEP)
        Path(self.variables[CLOCK]).write_text(self.clock.now().isoformat())
        return self.clock.now().date().isoformat()

    @contextmanager
    def worker(
        self, name: str, script: str = WORKER, argument: str = "", **changed: str
    ) -> Iterator[Worker]:
        """A worker, or a script that becomes one, with an argument; what it says is kept."""
        with (self.outside / f"{name}.stderr").open("a+b") as errors:
            process = subprocess.Popen(
                [sys.executable, "-c", script, argument],
                env=self.variables | changed,
                cwd=self.home,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                errors="surrogateescape",
            )
            worker = Worker(name, process)
            try:
                yield worker
                self.note_processes()
            finally:
                rest, _ = process.communicate()
                told = "".join([*worker.said, rest])
                self.said.append((f"stdout of {name}", told.encode("utf-8", "surrogateescape")))
                self.said.append((f"stderr of {name}", _all_of(errors)))

    def program(self, *arguments: str, **changed: str) -> int:
        """A program with this platform's environment; what it says is kept."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.variables | changed,
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        name = " ".join(arguments[1:])
        self.said += [(f"stdout of {name}", done.stdout), (f"stderr of {name}", done.stderr)]
        return done.returncode

    @contextmanager
    def webserver(self) -> Iterator[Asked]:
        """Dagster's webserver and its code server; what they say is kept, as it was said."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        location = "odds_pipeline_tests.faults.hurried"
        command = (
            *(sys.executable, "-m", "dagster_webserver", "-h", "127.0.0.1", "-p", str(port)),
            *("-m", location),
        )
        with (self.outside / "webserver.log").open("w+b") as log:
            process = subprocess.Popen(
                command, env=self.variables, cwd=self.home, stdout=log, stderr=log
            )
            try:
                _until_ready(process, port, log)
                yield Asked(f"http://127.0.0.1:{port}", location)
                self.note_processes()
            finally:
                process.terminate()
                process.wait()
                self.said.append(("output of the webserver", _all_of(log)))

    def note_processes(self) -> None:
        """Remember the command line of every process below this one."""
        for child in psutil.Process().children(recursive=True):
            try:
                line = "\0".join(child.cmdline()).encode()
            except psutil.NoSuchProcess:
                continue
            if ("command line", line) not in self.said:
                self.said.append(("command line", line))

    def found(self, asked: Asked) -> dict[str, set[str]]:
        """Where each secret is found, by its name; nothing found is good."""
        answers = list(asked.everything())
        return {name: set(self._found(secret, answers)) for name, secret in self.secrets.items()}

    def _found(self, secret: str, answers: list[tuple[str, bytes]]) -> Iterator[str]:
        for url in (self.database_url, dagster_database(self.database_url)):
            with psycopg.connect(libpq_url(url)) as conn:
                which = "Dagster's database" if url.endswith("_dagster") else "our database"
                yield from (f"{which}: {hit}" for hit in found_in_database(secret, conn))
                folder = conn.execute("SHOW data_directory").fetchone()
        yield from (f"home: {hit}" for hit in found_in_files(secret, self.home))
        assert folder is not None
        for log in Path(folder[0]).parent.glob("*.log*"):
            yield from found_in(secret, log.read_bytes(), "PostgreSQL's log")
        for name, told in (*self.said, *answers):
            yield from found_in(secret, told, name)


@contextmanager
def exposed(database_url: str, home: Path, outside: Path) -> Iterator[Exposed]:
    """A real, confirmed platform on a database, with Dagster's database beside it.

    Args:
        database_url: of a migrated database, as a superuser.
        home: the platform's home folder.
        outside: a folder for what tests write down.
    """
    token = uuid.uuid4().hex
    secrets = {
        "awkward key": f"canary/key+1% &=<x>\"'{token[:12]}",
        "plain key": uuid.uuid4().hex,
        "password": f"pass/word+2% @:{token[12:24]}",
    }
    clock = SteppedClock(START)
    with ExitStack() as opened:
        url = opened.enter_context(_login(database_url, f"canary_{token}", secrets["password"]))
        ensure_database(dagster_database(url), through=url)
        opened.callback(_drop, dagster_database(url), through=database_url)
        keys = frozenset((secrets["awkward key"], secrets["plain key"]))
        provider = opened.enter_context(RunningSimulator(clock=clock, keys=keys))
        settings = Settings(_env_file=None, odds_home=home)
        variables = _plain_environment() | environment(settings, url)
        variables |= {
            "PYTHONPATH": str(REPOSITORY),
            "ODDS_API_BASE_URL": provider.url,
            "ODDS_API_KEY": secrets["awkward key"],
            "ODDS_YES": "1",
            "BOOKMAKERS": "pinnacle",
            "LOG_LEVEL": "DEBUG",
            "LOG_FILE": str(home / "elsewhere.log"),
            CLOCK: str(outside / "clock"),
        }
        _launch_at_once(Path(variables["DAGSTER_HOME"]) / "dagster.yaml")
        yield Exposed(home, outside, url, provider, clock, secrets, variables)


def _plain_environment() -> dict[str, str]:
    ours = ("ODDS_", "DATABASE_", "DAGSTER_", "LOG_", "SPORTS", "BOOKMAKERS", "MARKETS", "REGIONS")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


@contextmanager
def _login(database_url: str, user: str, password: str) -> Iterator[str]:
    """The same database for a superuser whose password is known to be looked for."""
    role = sql.Identifier(user)
    with psycopg.connect(libpq_url(database_url), autocommit=True) as conn:
        made = sql.SQL("CREATE ROLE {} LOGIN SUPERUSER PASSWORD {}")
        conn.execute(made.format(role, sql.Literal(password)))
    parts = urlsplit(database_url)
    place = parts.netloc.rpartition("@")[2]
    yield parts._replace(netloc=f"{user}:{quote(password, safe='')}@{place}").geturl()
    with psycopg.connect(libpq_url(database_url), autocommit=True) as conn:
        conn.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(role))
        conn.execute(sql.SQL("DROP OWNED BY {}").format(role))
        conn.execute(sql.SQL("DROP ROLE {}").format(role))


def _drop(url: str, through: str) -> None:
    name = sql.Identifier(url.rpartition("/")[2])
    with psycopg.connect(libpq_url(through), autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def _launch_at_once(file: Path) -> None:
    """Dagster's instance as it is shipped, without the queue that only its daemon empties.

    Commands put the shipped file back, so the webserver has to be started before them.
    """
    shipped = yaml.safe_load((project_root() / "dagster.yaml").read_text())
    del shipped["concurrency"]
    shipped["run_coordinator"] = {
        "module": "dagster._core.run_coordinator",
        "class": "DefaultRunCoordinator",
    }
    file.unlink()
    file.write_text(yaml.safe_dump(shipped))


def _until_ready(process: subprocess.Popen[bytes], port: int, log: IO[bytes]) -> None:
    ready = http_answers(port, "/server_info")
    deadline = time.monotonic() + _START_S
    while not ready():
        assert process.poll() is None, _all_of(log).decode()
        assert time.monotonic() < deadline, "the webserver did not start"
        time.sleep(0.1)


def _all_of(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()
