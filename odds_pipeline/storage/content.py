"""What a database holds, as a number of rows and one hash a table: equal content, equal hashes.

Belongs here: hashing, exporting the snapshot that is hashed, telling an empty database. Does not
belong here: dumps (``dumps``). A row's hash is PostgreSQL's own of the row's text; rows add up, so
their order, the partitions they stand in and how they were written make no difference.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from odds_pipeline.errors import DatabaseUnavailable
from odds_pipeline.storage.urls import libpq_url, redacted

Connection = psycopg.Connection[Any]
_CONNECT_S = 10


class Content(NamedTuple):
    """Rows of a table and the sum of their hashes, as decimal text."""

    rows: int
    hash: str


class Frozen(NamedTuple):
    """One state of a database: its connection, the snapshot's name for others, its moment."""

    conn: Connection
    snapshot: str
    moment: datetime


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection of its own on which nothing is ever too slow; committed at the end.

    Raises:
        DatabaseUnavailable: no connection can be made.
    """
    try:
        opened = psycopg.connect(
            libpq_url(url), connect_timeout=_CONNECT_S, application_name="odds db"
        )
    except psycopg.OperationalError as refused:
        reason = str(refused).strip().splitlines()[-1]
    else:
        with opened as conn:
            conn.execute("SET statement_timeout = 0")
            conn.execute("SET idle_in_transaction_session_timeout = 0")
            conn.commit()
            yield conn
        return
    raise DatabaseUnavailable(f"{redacted(url)} cannot be reached ({reason})")


@contextmanager
def frozen(url: str) -> Iterator[Frozen]:
    """One state of the database for as long as the block lasts; writers go on.

    Raises:
        DatabaseUnavailable: it cannot be reached.
    """
    with connected(url) as conn:
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = conn.execute("SELECT pg_export_snapshot(), clock_timestamp()").fetchone()
        assert row is not None
        yield Frozen(conn, *row)
        conn.rollback()


def contents(conn: Connection) -> dict[str, Content]:
    """Every table of ours by name, a partitioned one as a whole."""
    conn.execute("SET LOCAL timezone = 'UTC'")
    conn.execute("SET LOCAL extra_float_digits = 1")
    return {table: _content(conn, table) for table in _tables(conn)}


def is_empty(conn: Connection) -> bool:
    """Whether there is not one table."""
    return not _tables(conn)


def has_table(conn: Connection, table: str) -> bool:
    """Whether there is a table of that name."""
    row = conn.execute("SELECT to_regclass(%s) IS NOT NULL", (f"public.{table}",)).fetchone()
    return row is not None and bool(row[0])


def revision_of(conn: Connection) -> str | None:
    """The database's revision; ``None`` where nothing was migrated."""
    if not has_table(conn, "alembic_version"):
        return None
    row = conn.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _tables(conn: Connection) -> list[str]:
    rows = conn.execute(
        """SELECT relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
          AND NOT relispartition
        ORDER BY 1"""
    )
    return [row[0] for row in rows]


def _content(conn: Connection, table: str) -> Content:
    row = conn.execute(
        sql.SQL(
            "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text "
            "FROM {} t"
        ).format(sql.Identifier("public", table))
    ).fetchone()
    assert row is not None
    return Content(*row)
