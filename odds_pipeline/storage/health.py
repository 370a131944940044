"""The state of our database and of Dagster's, as far as `odds doctor` judges it.

Belongs here: reading it, without changing anything. Does not belong here: judging
(``services.doctor``). Units: seconds, bytes, counts; times UTC.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from odds_pipeline.storage.urls import libpq_url

Connection = psycopg.Connection[Any]
_CONNECT_S = 5
_STATEMENT_MS = 30_000


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits: documents to normalise, quarantined parts, claims whose holder died."""

    kind: str | None
    pending: int
    quarantined: int
    expired_claims: int


@dataclass(frozen=True, slots=True)
class DatabaseHealth:
    """A server and our database on it.

    ``version`` is PostgreSQL's number (180001 is 18.1); ``skew_s`` its clock minus ours;
    ``revision`` is None for an empty database, ``backlog`` None unless it is at our revision.
    """

    version: int
    encoding: str
    timezone: str
    skew_s: float
    max_connections: int
    reserved_connections: int
    open_connections: int
    size_bytes: int
    revision: str | None
    backlog: Backlog | None


@dataclass(frozen=True, slots=True)
class DagsterHealth:
    """Dagster's own database: the last sign of life of its daemon, and the schedules stopped."""

    heartbeat: datetime | None
    stopped_schedules: int


def database_health(url: str, revision: str) -> DatabaseHealth:
    """What the server and our database say of themselves.

    Args:
        url: our database, in any accepted scheme.
        revision: the one this code needs.

    Raises:
        psycopg.Error: it cannot be reached or asked.
    """
    with _connected(url) as conn:
        before = datetime.now(UTC)
        row = _one(
            conn,
            """SELECT clock_timestamp(), current_setting('server_version_num')::int,
                pg_encoding_to_char(encoding), current_setting('TimeZone'),
                current_setting('max_connections')::int,
                current_setting('superuser_reserved_connections')::int,
                (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
                pg_database_size(oid)
            FROM pg_database WHERE datname = current_database()""",
        )
        middle = before + (datetime.now(UTC) - before) / 2
        found = _revision(conn)
        return DatabaseHealth(
            version=row[1],
            encoding=row[2],
            timezone=row[3],
            skew_s=(row[0] - middle).total_seconds(),
            max_connections=row[4],
            reserved_connections=row[5],
            open_connections=row[6],
            size_bytes=row[7],
            revision=found,
            backlog=_backlog(conn) if found == revision else None,
        )


def dagster_health(url: str) -> DagsterHealth | None:
    """What Dagster's database says of its daemon and schedules; None when it has no tables yet.

    Raises:
        psycopg.Error: it cannot be reached, or is not there.
    """
    with _connected(url) as conn:
        if _one(conn, "SELECT to_regclass('daemon_heartbeats')")[0] is None:
            return None
        heartbeat = _one(conn, "SELECT max(timestamp) FROM daemon_heartbeats")[0]
        stopped = _one(
            conn,
            """SELECT count(*) FROM instigators
            WHERE instigator_type = 'SCHEDULE' AND status = 'STOPPED'""",
        )[0]
        # Dagster stores UTC without saying so.
        return DagsterHealth(heartbeat and heartbeat.replace(tzinfo=UTC), stopped)


def _connected(url: str) -> Connection:
    return psycopg.connect(
        libpq_url(url),
        connect_timeout=_CONNECT_S,
        options=f"-c statement_timeout={_STATEMENT_MS} -c default_transaction_read_only=on",
        application_name="odds doctor",
    )


def _revision(conn: Connection) -> str | None:
    if _one(conn, "SELECT to_regclass('alembic_version')")[0] is None:
        return None
    row = conn.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _backlog(conn: Connection) -> Backlog:
    row = _one(
        conn,
        """SELECT (SELECT kind FROM deployment),
            (SELECT count(*) FROM pending_raw),
            (SELECT count(*) FROM quarantine WHERE status = 'open'),
            (SELECT count(*) FROM slots
             WHERE status = 'claimed' AND claim_expires < clock_timestamp())""",
    )
    return Backlog(*row)


def _one(conn: Connection, query: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = conn.execute(query).fetchone()
    assert row is not None
    return row
