"""The command line on a real database: in this process for speed, or as a program of its own."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from odds_pipeline.cli.main import run
from odds_pipeline_tests.conftest import POOLER, direct

REPOSITORY = Path(__file__).resolve().parents[2]
FIXTURES = REPOSITORY / "odds_pipeline_tests" / "fixtures"
OURS = ("ODDS_", "DATABASE_", "DAGSTER_")
NAMES = ("SPORTS", "BOOKMAKERS", "MARKETS", "REGIONS", "LOG_LEVEL", "LOG_FILE")


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


Odds = Callable[..., Ended]


@pytest.fixture
def bare(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A process without any setting of ours but an empty home, in an empty folder."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(OURS) or name in NAMES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("ODDS_HOME", str(home))
    monkeypatch.chdir(home)
    yield home
    os.environ.clear()
    os.environ.update(before)
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, WatchedFileHandler)]:
        root.removeHandler(handler)
        handler.close()


@pytest.fixture
def odds(bare: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Odds]:
    """`odds` in this process, on a fresh migrated database."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    if POOLER:
        monkeypatch.setenv("DATABASE_DIRECT_URL", direct(database_url))
    yield in_process()
    drop_dagster(database_url)


@pytest.fixture
def nowhere(bare: Path) -> Odds:
    """`odds` in this process, where nothing is set up."""
    return in_process()


def in_process() -> Odds:
    import contextlib
    import io

    def call(*arguments: str) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(list(arguments))
        return Ended(code, out.getvalue(), err.getvalue())

    return call


def program(*arguments: str, **environment: str) -> Ended:
    """`odds` as a program of its own, with the present environment and more."""
    done = subprocess.run(
        [sys.executable, "-m", "odds_pipeline.cli", *arguments],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def is_one_line(ended: Ended, code: int) -> bool:
    """Whether it failed as promised: one marked line on standard error and nothing else."""
    lines = ended.err.splitlines()
    return (ended.code, len(lines), ended.err[:2]) == (code, 1, "✗ ") and not ended.out


def drop_dagster(url: str) -> None:
    """Remove the Dagster database a command may have made beside a test's database."""
    root, _, name = url.replace("+psycopg", "").rpartition("/")
    with psycopg.connect(f"{root}/postgres", autocommit=True) as conn:
        conn.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                sql.Identifier(f"{name}_dagster")
            )
        )
