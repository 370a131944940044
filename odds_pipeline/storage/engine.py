"""Opens PostgreSQL: pool, timeouts, and one clear error when it cannot be reached.

Belongs here: engines and the way to psycopg's own connection for COPY and array work.
Does not belong here: URLs (``urls``), the embedded server (``embedded``), SQL.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import OperationalError

from odds_pipeline.errors import DatabaseUnavailable, SchemaOutOfDate
from odds_pipeline.storage.urls import data_url, redacted

CONNECT_SECONDS = 5
STATEMENT_MS = 300_000
LOCK_MS = 60_000

Connection = psycopg.Connection[Any]


def open_engine(url: str, pool_size: int = 5, max_overflow: int = 5) -> Engine:
    """An engine on our database; no connection is made yet.

    Args:
        url: any PostgreSQL address; normalised to psycopg 3.
        pool_size: connections kept open.
        max_overflow: connections opened beyond them under load.
    """
    return create_engine(
        data_url(url),
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_pre_ping=True,
        pool_timeout=30,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "odds_pipeline",
            "options": f"-c statement_timeout={STATEMENT_MS} -c lock_timeout={LOCK_MS} "
            "-c idle_in_transaction_session_timeout=300000 -c timezone=UTC "
            # Readers probe indexes by the thousand: compiling that costs more than running it,
            # and pages that were read a moment ago are no seek away.
            "-c jit=off -c random_page_cost=1.1",
        },
    )


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction on psycopg's own connection: committed at the end, rolled back on error.

    Raises:
        DatabaseUnavailable: no connection could be made.
    """
    with _connected(engine) as conn, conn.begin():
        yield conn.connection.driver_connection


@contextmanager
def _connected(engine: Engine) -> Iterator[Any]:
    try:
        conn = engine.connect()
    except OperationalError as refused:
        reason = next(iter(str(refused.orig).splitlines()), "no reason given").strip()
    else:
        with conn:
            yield conn
        return
    where = redacted(engine.url.render_as_string(hide_password=True))
    raise DatabaseUnavailable(
        f"PostgreSQL at {where} cannot be reached ({reason}); "
        "check DATABASE_URL, or unset it to use the embedded server"
    )


def require_schema(engine: Engine, revision: str) -> None:
    """Refuse a database that is not at the revision this code needs.

    Raises:
        SchemaOutOfDate: it is empty, behind or ahead.
    """
    with transaction(engine) as conn:
        found = conn.execute("SELECT to_regclass('alembic_version')").fetchone()
        if found is None or found[0] is None:
            raise SchemaOutOfDate("the database is empty; run `odds db migrate`")
        row = conn.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is None or row[0] != revision:
        at = "nothing" if row is None else row[0]
        raise SchemaOutOfDate(
            f"the database is at revision {at}, this code needs {revision}; run `odds db migrate`"
        )
