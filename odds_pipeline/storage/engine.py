"""Opens PostgreSQL: pool, timeouts, and one clear error when it cannot be reached.

Belongs here: engines and the way to psycopg's own connection for COPY and array work.
Does not belong here: URLs (``urls``), the embedded server (``embedded``), SQL.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from select import POLLIN, poll
from typing import Any, TypeVar

import psycopg
from psycopg import sql
from psycopg.pq import PipelineStatus
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Engine, PoolProxiedConnection, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from odds_pipeline.errors import ConnectionLost, DatabaseUnavailable, SchemaOutOfDate
from odds_pipeline.storage.urls import data_url, redacted

CONNECT_SECONDS = 5
STATEMENT_MS = 300_000
LOCK_MS = 60_000
# A connection that rested longer is asked whether it still stands: a network may lose it silently.
RESTED_SECONDS = 5.0
# One that is waited on and whose network went silent is given up within a minute: by the system's
# defaults it would be waited for two hours, and a key's calls with it.
SILENT = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}

# Readers probe indexes by the thousand: compiling that costs more than running it, and pages that
# were read a moment ago are no seek away.
SESSION = {
    "statement_timeout": str(STATEMENT_MS),
    "lock_timeout": str(LOCK_MS),
    "idle_in_transaction_session_timeout": "300000",
    "timezone": "UTC",
    "jit": "off",
    "random_page_cost": "1.1",
    "work_mem": "32MB",
}
POOLED = "odds_pooled"

Connection = psycopg.Connection[Any]
T = TypeVar("T")

_PASSING = (
    ConnectionLost,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)


def open_engine(
    url: str, pool_size: int = 5, max_overflow: int = 5, *, pooled: bool = False
) -> Engine:
    """An engine on our database; no connection is made yet.

    Args:
        url: any PostgreSQL address; normalised to psycopg 3.
        pool_size: connections kept open.
        max_overflow: connections opened beyond them under load.
        pooled: whether the address leads through a pooler that gives each transaction any of its
            connections: nothing may outlive one then, no prepared statement and no setting.
    """
    options = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
    engine = create_engine(
        data_url(url),
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=30,
        connect_args={
            **SILENT,
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "odds_pipeline",
            **({"prepare_threshold": None} if pooled else {"options": options}),
        },
        execution_options={POOLED: pooled},
    )
    event.listen(engine, "checkin", _note_rest)
    event.listen(engine, "checkout", _require_standing)
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction on psycopg's own connection: committed at the end, rolled back on error.

    Raises:
        DatabaseUnavailable: no connection could be made.
        ConnectionLost: it broke before the end; whether it was committed is unknown.
    """
    with _connected(engine) as conn, conn.begin():
        yield _set_up(engine, _driver(conn))


@contextmanager
def pipelined(engine: Engine, meanwhile: Callable[[], None] = lambda: None) -> Iterator[Connection]:
    """As ``transaction``, in one pipeline: only what is fetched is waited for before the commit.

    An error is raised where something is fetched, or at the end. Not for COPY, nor for row counts
    of what was not fetched.

    Args:
        engine: our database.
        meanwhile: work to do while the server commits; what it raises leaves the commit unknown.

    Raises:
        DatabaseUnavailable: no connection could be made.
        ConnectionLost: it broke before the end; whether it was committed is unknown.
    """
    with _connected(engine) as conn:
        driver = _driver(conn)
        with conn.begin(), driver.pipeline():
            yield _set_up(engine, driver)
            send_commit(driver)
            meanwhile()


def send_commit(conn: Connection) -> None:
    """Send the commit of a pipeline's transaction, which its end waits for.

    psycopg's own ``commit`` waits for everything sent before it returns.
    """
    conn.execute("COMMIT")


def answer_now(conn: Connection) -> None:
    """Have a pipeline answer what was sent so far at once, whatever is sent after it."""
    if in_pipeline(conn):
        conn.pgconn.send_flush_request()
        conn.pgconn.flush()


def in_pipeline(conn: Connection) -> bool:
    """Whether what is sent on the connection is answered later."""
    return conn.pgconn.pipeline_status != PipelineStatus.OFF


def need_no_sync(conn: Connection) -> None:
    """Let the transaction's commit return before it is on disk.

    For what can be made again from what is: a server that dies within the next moment (half a
    second, or until any other commit) may forget the transaction as a whole, never a part of it.
    """
    conn.execute("SET LOCAL synchronous_commit = off")


@contextmanager
def session(engine: Engine) -> Iterator[Connection]:
    """One connection outside any transaction, for locks that outlive one.

    Behind a pooler one transaction, for as long as the block lasts: it keeps the connection.

    Raises:
        DatabaseUnavailable: no connection could be made.
    """
    if _is_pooled(engine):
        with transaction(engine) as driver:
            yield driver
        return
    with _connected(engine) as conn:
        yield _driver(conn.execution_options(isolation_level="AUTOCOMMIT"))


def _is_pooled(engine: Engine) -> bool:
    return bool(engine.get_execution_options().get(POOLED))


def _set_up(engine: Engine, driver: Connection) -> Connection:
    """Behind a pooler, give the transaction the settings that connections have elsewhere.

    By SET, which is no query: whoever asks for an isolation level may still do so after it.
    """
    if not _is_pooled(engine):
        return driver
    statements = [
        sql.SQL("SET LOCAL {} = {}").format(sql.Identifier(name), sql.Literal(value))
        for name, value in SESSION.items()
    ]
    if not in_pipeline(driver):
        driver.execute(sql.SQL("; ").join(statements))
        return driver
    for statement in statements:  # a pipeline takes one at a time, without waiting
        driver.execute(statement)
    return driver


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


def _note_rest(_: psycopg.Connection[Any] | None, entry: ConnectionPoolEntry) -> None:
    entry.info["rests_since"] = time.monotonic()


def _require_standing(
    driver: Connection, entry: ConnectionPoolEntry, _: PoolProxiedConnection
) -> None:
    """Let the pool replace a connection that its server ended, without asking it every time.

    A server that ends a connection says so: there is something to read where nothing was asked.
    """
    rests_since = entry.info.get("rests_since")
    if rests_since is None:
        return
    rested = time.monotonic() - rests_since
    if rested < RESTED_SECONDS and not driver.closed and not _readable(driver):
        return
    try:
        driver.execute("SELECT 1")
        driver.rollback()
    except psycopg.Error as lost:
        raise DisconnectionError from lost


def _readable(driver: Connection) -> bool:
    asked = poll()
    asked.register(driver.fileno(), POLLIN)
    return bool(asked.poll(0))


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
