"""Real parts for every test: one PostgreSQL server a session, one database a test.

The server is the embedded one, without syncs to disk, shared by all xdist workers; each database
is a copy of a migrated template, and so is Dagster's beside it where a test works with Dagster.
`make test-external` uses another server: ODDS_TEST_DATABASE_URL is the address of its database
`postgres`, for a superuser. ODDS_TEST_POOLER leads to the same server through a pooler in
transaction mode; what tests open then goes that way, migrations excepted.
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
from typing import Any

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr
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
from odds_pipeline.storage.urls import dagster_database, dagster_url, data_url

REPOSITORY = Path(__file__).resolve().parent.parent
TEMPLATE = "odds_template"
DAGSTER_TEMPLATE = "odds_template_dagster"
EXTERNAL = os.environ.get("ODDS_TEST_DATABASE_URL")
POOLER = os.environ.get("ODDS_TEST_POOLER")
# A pooler keeps connections to a database that is to go, knows none of the roles that a test makes,
# and answers for a connection that ended.
whole_server = pytest.mark.skipif(POOLER is not None, reason="needs the server itself")

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
        if _has(conn, TEMPLATE):
            return
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(f"{TEMPLATE}_new")))
        migrate(f"{root}/{TEMPLATE}_new")
        _rename(conn, f"{TEMPLATE}_new", TEMPLATE)


def _make_external_template(root: str, made: Path) -> None:
    """As this code has it, once a session: an earlier one's may be of another revision."""
    if made.exists():
        return
    with psycopg.connect(_plain(f"{root}/postgres"), autocommit=True) as conn:
        for name in (TEMPLATE, f"{TEMPLATE}_new", DAGSTER_TEMPLATE, f"{DAGSTER_TEMPLATE}_new"):
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


@pytest.fixture(scope="session")
def dagster_template(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name of a database in which Dagster has made its tables; made by whoever comes first."""
    folder = tmp_path_factory.mktemp("dagster-template")
    root = direct(server_url)
    with (
        exclusively(folder.parent.parent / "dagster_template.lock"),
        psycopg.connect(_plain(f"{root}/postgres"), autocommit=True) as conn,
    ):
        if not _has(conn, DAGSTER_TEMPLATE):
            _copy(conn, "template1", f"{DAGSTER_TEMPLATE}_new")
            _fill_dagster(f"{root}/{DAGSTER_TEMPLATE}_new", folder)
            _rename(conn, f"{DAGSTER_TEMPLATE}_new", DAGSTER_TEMPLATE)
    return DAGSTER_TEMPLATE


def _fill_dagster(url: str, folder: Path) -> None:
    from dagster import DagsterInstance

    (folder / "dagster.yaml").symlink_to(REPOSITORY / "dagster.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ODDS_DAGSTER_PG_URL", dagster_url(url))
        DagsterInstance.from_config(str(folder)).dispose()


@pytest.fixture
def dagster_beside(server_url: str, database_url: str, dagster_template: str) -> Iterator[str]:
    """Dagster's database beside the test's, with its tables."""
    url = dagster_database(direct(database_url))
    with fresh_database(server_url, dagster_template, url.rpartition("/")[2]):
        yield url


@contextmanager
def fresh_database(
    server_url: str, template: str = TEMPLATE, name: str | None = None
) -> Iterator[str]:
    """A copy of a template, for as long as it is needed."""
    name = name or f"odds_{uuid.uuid4().hex}"
    with psycopg.connect(_plain(f"{direct(server_url)}/postgres"), autocommit=True) as conn:
        _copy(conn, template, name)
        yield f"{server_url}/{name}"
        conn.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def _copy(conn: psycopg.Connection[Any], template: str, name: str) -> None:
    """Copy a database file by file: a third of the time that it takes through the log."""
    conn.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
            sql.Identifier(name), sql.Identifier(template)
        )
    )


def _has(conn: psycopg.Connection[Any], name: str) -> bool:
    found = conn.execute("SELECT FROM pg_database WHERE datname = %s", (name,))
    return found.fetchone() is not None


def _rename(conn: psycopg.Connection[Any], name: str, to: str) -> None:
    conn.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(to))
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


def addresses(url: str) -> dict[str, Any]:
    """The settings that lead to a database."""
    own = {"database_direct_url": SecretStr(direct(url))} if POOLER else {}
    return {"database_url": SecretStr(url)} | own


def direct(url: str) -> str:
    """The same database, or server, without the pooler between."""
    if not (POOLER and EXTERNAL):
        return url
    through, server = (data_url(one).rpartition("/")[0] for one in (POOLER, EXTERNAL))
    return url.replace(through, server)


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")
