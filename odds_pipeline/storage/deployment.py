"""The one row that says what kind of database this is.

Belongs here: reading and deciding it. Does not belong here: what follows from it.
"""

from typing import Any

import psycopg

Connection = psycopg.Connection[Any]


def decide(conn: Connection, kind: str) -> str:
    """Make the database ``kind`` (demo or real) unless decided before; returns what it is."""
    conn.execute("INSERT INTO deployment (kind) VALUES (%s) ON CONFLICT DO NOTHING", (kind,))
    row = conn.execute("SELECT kind FROM deployment").fetchone()
    assert row is not None
    return str(row[0])


def kind_of(conn: Connection) -> str | None:
    """demo, real, or ``None`` while nothing was collected."""
    row = conn.execute("SELECT kind FROM deployment").fetchone()
    return None if row is None else str(row[0])


def confirm(conn: Connection) -> None:
    """Record the confirmation of paid collection."""
    conn.execute("UPDATE deployment SET spending_confirmed_at = clock_timestamp()")


def confirmed(conn: Connection) -> bool:
    """Whether paid collection was confirmed."""
    row = conn.execute("SELECT spending_confirmed_at IS NOT NULL FROM deployment").fetchone()
    return row is not None and bool(row[0])
