"""Emptying a database for good.

Belongs here: who is connected, where the server is, dropping everything. Does not belong here:
asking (``cli.db_reset``), files.
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg

Connection = psycopg.Connection[Any]
_LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1"})


def is_local(url: str) -> bool:
    """Whether the server is on this machine: loopback, or a socket's folder."""
    parts = urlsplit(url)
    hosts = [parts.hostname or "", *parse_qs(parts.query).get("host", [])]
    return all(host in _LOCAL or host.startswith("/") for host in hosts)


def others(conn: Connection) -> list[str]:
    """The programs of other connections to this database."""
    rows = conn.execute(
        """SELECT DISTINCT coalesce(nullif(application_name, ''), 'unnamed')
        FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND backend_type = 'client backend'
        ORDER BY 1"""
    )
    return [row[0] for row in rows]


def empty(conn: Connection) -> None:
    """Drop everything in the schema public: tables, views, functions, all rows."""
    conn.execute("DROP SCHEMA public CASCADE")
    conn.execute("CREATE SCHEMA public")
