"""Roles of the database: an owner migrates, a collector adds rows, a researcher reads.

Belongs here: making the two roles and what each may do. Does not belong here: passwords
(``settings``), immutability by trigger (``migrations``).

Roles belong to the whole server, so their names begin with the database's: the roles of `odds` are
`odds_collector` and `odds_researcher`. The owner is whoever runs the migrations. A table whose
rows are guarded by trigger cannot be changed by the collector's grants either: it may read it and
add to it.
"""

from collections.abc import Mapping
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg import sql

from odds_pipeline.errors import StorageError

Connection = psycopg.Connection[Any]

COLLECTOR, RESEARCHER = "collector", "researcher"
ROLES = (COLLECTOR, RESEARCHER)
ADD = "SELECT, INSERT"
WORK = "SELECT, INSERT, UPDATE, DELETE"
# What only the owner's work changes, and the row that may never become another.
_OWNERS = {
    "alembic_version": "SELECT",
    "archives": "SELECT",
    "archived_events": "SELECT",
    "deployment": "SELECT, INSERT, UPDATE",
}
_LIMITS: Mapping[str, Mapping[str, str]] = {
    COLLECTOR: {
        "statement_timeout": "5min",
        "lock_timeout": "1min",
        "idle_in_transaction_session_timeout": "5min",
    },
    RESEARCHER: {
        "statement_timeout": "15min",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "5min",
    },
}


class Role(NamedTuple):
    """One role: its name on the server, and whether it is there."""

    kind: str
    name: str
    exists: bool


def roles(conn: Connection) -> list[Role]:
    """Both roles of this database."""
    found = []
    for kind in ROLES:
        row = conn.execute(
            """SELECT current_database() || '_' || %s::text,
                EXISTS (SELECT FROM pg_roles WHERE rolname = current_database() || '_' || %s)""",
            (kind, kind),
        ).fetchone()
        assert row is not None
        found.append(Role(kind, *row))
    return found


def is_owner(conn: Connection) -> bool:
    """Whether this connection's user owns the tables: a collector may not grant."""
    row = conn.execute(
        """SELECT pg_has_role(relowner, 'USAGE') FROM pg_class
        WHERE oid = to_regclass('public.raw_responses')"""
    ).fetchone()
    return row is not None and bool(row[0])


def set_password(conn: Connection, role: Role, password: str) -> None:
    """Make the role if it is missing, and give it that password, which the server never sees.

    Raises:
        StorageError: this user may not make roles.
    """
    secret = conn.pgconn.encrypt_password(password.encode(), role.name.encode(), b"scram-sha-256")
    verb: LiteralString = "ALTER" if role.exists else "CREATE"
    try:
        conn.execute(
            sql.SQL(
                "{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {}"
            ).format(sql.SQL(verb), sql.Identifier(role.name), sql.Literal(secret.decode()))
        )
        return
    except psycopg.errors.InsufficientPrivilege as refused:
        reason = str(refused).strip().splitlines()[0]
    raise StorageError(
        f"this user may not make the role {role.name} ({reason}); run it as a user with CREATEROLE"
    )


def grant(conn: Connection, kinds: Mapping[str, str]) -> None:
    """Give roles what they may do in our database, and nothing else.

    Args:
        conn: our database, as its owner.
        kinds: names of existing roles by kind.
    """
    conn.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    for kind, name in kinds.items():
        role = sql.Identifier(name)
        _limit(conn, kind, role)
        _run(conn, "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}", role)
        _run(conn, "REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {}", role)
        _run(conn, "GRANT USAGE ON SCHEMA public TO {}", role)
        _run(conn, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}", role)
        # pg_dump reads each month's table and sequence by itself, those to come too.
        _run(conn, "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {}", role)
        _run(conn, "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {}", role)
        if kind == COLLECTOR:
            _let_collect(conn, role)


def grant_dagster(conn: Connection, collector: str) -> None:
    """Let the collector use Dagster's database, whoever makes its tables.

    Args:
        conn: Dagster's database, as the owner of ours.
        collector: the role's name.
    """
    role = sql.Identifier(collector)
    _run(conn, "GRANT USAGE, CREATE ON SCHEMA public TO {}", role)
    _run(conn, f"GRANT {WORK} ON ALL TABLES IN SCHEMA public TO {{}}", role)
    _run(conn, "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}", role)
    _run(
        conn,
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {WORK} ON TABLES TO {{}}",
        role,
    )
    _run(
        conn,
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {}",
        role,
    )


def _limit(conn: Connection, kind: str, role: sql.Identifier) -> None:
    database = sql.Identifier(conn.info.dbname)
    for name, value in _LIMITS[kind].items():
        conn.execute(
            sql.SQL("ALTER ROLE {} IN DATABASE {} SET {} = {}").format(
                role, database, sql.Identifier(name), sql.Literal(value)
            )
        )


def _let_collect(conn: Connection, role: sql.Identifier) -> None:
    for table, rights in _rights(conn).items():
        conn.execute(
            sql.SQL("GRANT {} ON {} TO {}").format(
                sql.SQL(rights), sql.Identifier("public", table), role
            )
        )
    _run(conn, "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}", role)
    _run(conn, "GRANT EXECUTE ON FUNCTION public.ensure_month(timestamptz, text[]) TO {}", role)


def _rights(conn: Connection) -> dict[str, LiteralString]:
    """What the collector may do with each table; rows of partitions are reached by their parent."""
    rows = conn.execute(
        """SELECT c.relname, EXISTS (
            SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
            WHERE t.tgrelid = c.oid AND p.proname = 'refuse_change'
        )
        FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND NOT c.relispartition"""
    )
    return {
        table: _OWNERS.get(table, ADD if guarded else WORK) for table, guarded in rows.fetchall()
    }


def _run(conn: Connection, text: LiteralString, role: sql.Identifier) -> None:
    conn.execute(sql.SQL(text).format(role))
