"""Databases that are not ours to fill: making one that is missing, and how others' are written.

Belongs here: CREATE DATABASE, and when Dagster's commits reach the disk. Does not belong here:
tables (``migrations``), the embedded server's own databases (``embedded``).
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine, event

from odds_pipeline.errors import DatabaseUnavailable
from odds_pipeline.storage.urls import libpq_url, redacted

_CONNECT_S = 10


def ensure_database(url: str, through: str) -> None:
    """Create the database of ``url`` if its server does not have it.

    Args:
        url: database that is to exist, for example Dagster's; any accepted scheme.
        through: database of the same server that exists.

    Raises:
        DatabaseUnavailable: the server cannot be reached, or its user may not create databases.
        SettingsError: not the URL of a PostgreSQL database.
    """
    name = str(conninfo_to_dict(libpq_url(url))["dbname"])
    try:
        with psycopg.connect(
            libpq_url(through), autocommit=True, connect_timeout=_CONNECT_S
        ) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if known.fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return
    except psycopg.errors.DuplicateDatabase:
        return
    except psycopg.errors.InsufficientPrivilege:
        reason = f"its user may not create databases: CREATE DATABASE {name} as its owner, once"
    except psycopg.Error as refused:
        reason = str(refused).strip().splitlines()[-1]
    raise DatabaseUnavailable(f"database {name} of {redacted(through)}: {reason}")


@contextmanager
def scratch_database(through: str) -> Iterator[str]:
    """A new, empty database on the same server, dropped at the end; yields its address.

    Raises:
        DatabaseUnavailable: the server cannot be reached, or its user may not create databases.
    """
    scheme, _, rest = through.partition("://")
    address, question, query = rest.partition("?")
    name = f"odds_drill_{secrets.token_hex(6)}"
    url = f"{scheme}://{address.rpartition('/')[0]}/{name}{question}{query}"
    ensure_database(url, through)
    try:
        yield url
    finally:
        with psycopg.connect(
            libpq_url(through), autocommit=True, connect_timeout=_CONNECT_S
        ) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


@contextmanager
def synced_later() -> Iterator[None]:
    """Let commits through psycopg2 (Dagster's driver, never ours) return before they are on disk.

    For connections made while the block lasts. A crash of the server may lose the last of them,
    never a part of one.
    """

    def not_waiting(connection: psycopg.Connection[Any], _: object) -> None:
        if type(connection).__module__.startswith("psycopg2"):
            with connection.cursor() as cursor:
                cursor.execute("SET synchronous_commit = off")

    event.listen(Engine, "connect", not_waiting)
    try:
        yield
    finally:
        event.remove(Engine, "connect", not_waiting)
