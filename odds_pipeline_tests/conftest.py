"""Real parts for every test: one PostgreSQL server a session, one database a test.

The server is the embedded one, without syncs to disk, shared by all xdist workers; each database
is a copy of a migrated template. `make test-external` uses another one: ODDS_TEST_DATABASE_URL is
the address of its database `postgres`, for a superuser. ODDS_TEST_POOLER leads to the same server
through a pooler in transaction mode; what tests open then goes that way, migrations excepted.
"""

import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine

from odds_pipeline.services.platform import Platform
from odds_pipeline.services.spool import Spool
from odds_pipeline.settings import Settings
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.sources.the_odds_api.client import OddsApiClient
from odds_pipeline.storage import engine as opening
from odds_pipeline.storage.embedded import EmbeddedServer
from odds_pipeline.storage.embedded.locks import exclusively
from odds_pipeline.storage.engine import open_engine
from odds_pipeline.storage.urls import data_url

REPOSITORY = Path(__file__).resolve().parent.parent
TEMPLATE = "odds_template"
EXTERNAL = os.environ.get("ODDS_TEST_DATABASE_URL")
POOLER = os.environ.get("ODDS_TEST_POOLER")

if POOLER:
    open_engine = partial(open_engine, pooled=True)
    opening.open_engine = open_engine


@pytest.hookimpl(trylast=True)  # after the marks have left out what is slow
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests first in each worker's share, which is one stretch of all."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    longest = [item for item in items if item.get_closest_marker("long")]
    ordered = [item for item in items if not item.get_closest_marker("long")]
    share = len(items) // workers
    for number, item in enumerate(longest):
        ordered.insert(number % workers * share + number // workers, item)
    items[:] = ordered


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """Address of the session's server: any database name may follow."""
    base = tmp_path_factory.getbasetemp()
    home = (base if worker_id == "master" else base.parent) / "server"
    home.mkdir(exist_ok=True)
    if EXTERNAL:
        root = data_url(EXTERNAL).rpartition("/")[0]
        with exclusively(home / "template.lock"):
            _make_external_template(root, home / "template.made")
        yield data_url(POOLER).rpartition("/")[0] if POOLER else root
        return
    with EmbeddedServer(home, durable=False) as url:
        root = url.rpartition("/")[0]
        with exclusively(home / "template.lock"):
            _make_template(root)
        yield root


def _make_template(root: str) -> None:
    with psycopg.connect(_plain(f"{root}/postgres"), autocommit=True) as conn:
        found = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,))
        if found.fetchone():
            return
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(f"{TEMPLATE}_new")))
        migrate(f"{root}/{TEMPLATE}_new")
        conn.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(f"{TEMPLATE}_new"), sql.Identifier(TEMPLATE)
            )
        )


def _make_external_template(root: str, made: Path) -> None:
    """As this code has it, once a session: an earlier one's may be of another revision."""
    if made.exists():
        return
    with psycopg.connect(_plain(f"{root}/postgres"), autocommit=True) as conn:
        for name in (TEMPLATE, f"{TEMPLATE}_new"):
            conn.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
    _make_template(root)
    made.touch()


def migrate(url: str, *arguments: str) -> str:
    """Run Alembic as a user would, from the repository's root."""
    done = subprocess.run(
        [sys.executable, "-m", "alembic", *(arguments or ("upgrade", "head"))],
        cwd=REPOSITORY,
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stdout + done.stderr
    return done.stdout


def migrate_here(url: str, revision: str = "head", *, up: bool = False) -> None:
    """The same in this process, down to a revision or up to it; its environment is put back."""
    from alembic import command
    from alembic.config import Config

    config = Config(toml_file=REPOSITORY / "pyproject.toml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)
        (command.upgrade if up or revision == "head" else command.downgrade)(config, revision)


@pytest.fixture
def database_url(server_url: str) -> Iterator[str]:
    """A fresh, migrated database."""
    with fresh_database(server_url) as url:
        yield url


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """A copy of the template, for as long as it is needed."""
    name = f"odds_{uuid.uuid4().hex}"
    with psycopg.connect(_plain(f"{server_url}/postgres"), autocommit=True) as conn:
        conn.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE)
            )
        )
        yield f"{server_url}/{name}"
        conn.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh, migrated database."""
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def clock() -> SteppedClock:
    """A clock that stands still until a test moves it; provider and platform share it."""
    return SteppedClock(datetime(2026, 3, 10, 12, 7, tzinfo=UTC))


@pytest.fixture
def provider(clock: SteppedClock) -> Iterator[RunningSimulator]:
    """The loopback provider over real HTTP."""
    with RunningSimulator(clock=clock) as running:
        yield running


@pytest.fixture
def platform(
    engine: Engine, home: Path, provider: RunningSimulator, clock: SteppedClock
) -> Platform:
    """A whole DEMO platform on a fresh database and the loopback provider."""
    chosen = Settings(_env_file=None, odds_home=home, odds_api_base_url=provider.url)

    @cache
    def client() -> OddsApiClient:
        return OddsApiClient(provider.url, "demo")

    return Platform(chosen, engine, Spool(home / "spool"), client, clock.now)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Recorded real data; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("ODDS_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no recorded data at {folder} (set ODDS_SHARED_DATA)")
    return folder


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty home folder of its own, on a short path."""
    with tempfile.TemporaryDirectory(prefix="odds-") as folder:
        yield Path(folder)


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")
