"""Opens PostgreSQL: pool, timeouts, and one clear error when it cannot be reached.

Belongs here: engines and the way to psycopg's own connection for COPY and array work.
Does not belong here: URLs (``urls``), the embedded server (``embedded``), SQL.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError, OperationalError

from odds_pipeline.errors import ConnectionLost, DatabaseUnavailable, SchemaOutOfDate
from odds_pipeline.storage.urls import data_url, redacted

CONNECT_SECONDS = 5
STATEMENT_MS = 300_000
LOCK_MS = 60_000

Connection = psycopg.Connection[Any]
T = TypeVar("T")

_PASSING = (
    ConnectionLost,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)


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
            "-c idle_in_transaction_session_timeout=300000 -c timezone=UTC",
        },
    )


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction on psycopg's own connection: committed at the end, rolled back on error.

    Raises:
        DatabaseUnavailable: no connection could be made.
        ConnectionLost: it broke before the end; whether it was committed is unknown.
    """
    with _connected(engine) as conn, conn.begin():
        yield _driver(conn)


@contextmanager
def session(engine: Engine) -> Iterator[Connection]:
    """One connection outside any transaction, for locks that outlive one.

    Raises:
        DatabaseUnavailable: no connection could be made.
    """
    with _connected(engine) as conn:
        yield _driver(conn.execution_options(isolation_level="AUTOCOMMIT"))


def persistently(work: Callable[[], T], tries: int = 5) -> T:
    """Do work again when PostgreSQL undid it or its connection broke.

    Args:
        work: may be done twice: what an unknown commit may have done changes nothing.
        tries: how often at most.

    Raises:
        DatabaseUnavailable: there is no connection any more.
    """
    for left in range(tries - 1, -1, -1):
        try:
            return work()
        except _PASSING:
            if not left:
                raise
    raise AssertionError


@contextmanager
def _connected(engine: Engine) -> Iterator[SqlConnection]:
    try:
        conn = engine.connect()
    except OperationalError as refused:
        reason = _reason(refused.orig)
    else:
        with conn, _not_lost(engine, conn):
            yield conn
        return
    raise DatabaseUnavailable(
        f"PostgreSQL at {_address(engine)} cannot be reached ({reason}); "
        "check DATABASE_URL, or unset it to use the embedded server"
    )


@contextmanager
def _not_lost(engine: Engine, conn: SqlConnection) -> Iterator[None]:
    driver = _driver(conn)
    try:
        yield
        return
    except (psycopg.Error, DBAPIError) as failure:
        cause = failure.orig if isinstance(failure, DBAPIError) else failure
        # A rollback that the client itself cannot send leaves a connection as useless.
        if not driver.closed and (cause is failure or getattr(cause, "sqlstate", "") is not None):
            raise
        conn.invalidate()
        reason = _reason(cause)
    finally:
        if driver.closed:
            conn.invalidate()  # the pool must not try to tidy it
    raise ConnectionLost(
        f"PostgreSQL at {_address(engine)} broke the connection ({reason}); "
        "what was paid is kept in the spool and stored by the next start"
    )


def _driver(conn: SqlConnection) -> Connection:
    driver: Connection | None = conn.connection.driver_connection
    assert driver is not None
    return driver


def _reason(error: BaseException | None) -> str:
    return next(iter(str(error).splitlines()), "").strip() or "no reason given"


def _address(engine: Engine) -> str:
    return redacted(engine.url.render_as_string(hide_password=True))


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
