"""Figures about the whole database: what the status panel and `odds db stats` show.

Belongs here: counts and sizes. Does not belong here: their presentation.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.storage.archive.thaw import thaw_day

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts of the database; times UTC, sizes bytes, rates 0 to 1 (``None`` = nothing to rate)."""

    last_fetch: datetime | None
    last_fetch_ok: bool | None
    events_scheduled: int
    events_total: int
    snapshots: int
    quotes: int
    pending: int
    quarantined: int
    database_bytes: int
    fetches_24h: int
    fetch_success_24h: float | None
    checks: int
    checks_failed: int
    issues_open: int


class TableSize(NamedTuple):
    """One table with its partitions: rows as PostgreSQL estimates them, bytes with indexes."""

    table: str
    rows: int
    bytes: int


class DayFigures(NamedTuple):
    """What a UTC day holds: the numbers that asset materialisations plot."""

    captures: int
    events: int
    snapshots: int
    quotes_changed: int
    bookmakers: int
    p95_quote_age_s: float | None
    quarantined: int


def statistics(conn: Connection) -> Statistics:
    """Count everything the status panel shows."""
    row = conn.execute(
        """SELECT
            (SELECT max(fetch_time) FROM fetch_logs),
            (SELECT success FROM fetch_logs ORDER BY fetch_time DESC LIMIT 1),
            (SELECT count(*) FROM events WHERE status = 'scheduled'),
            (SELECT count(*) FROM event_ids),
            (SELECT coalesce(sum(snapshots), 0) FROM normalisations),
            (SELECT coalesce(sum(quotes), 0) FROM normalisations),
            (SELECT count(*) FROM pending_raw),
            (SELECT count(*) FROM quarantine WHERE status = 'open'),
            pg_database_size(current_database()),
            (SELECT count(*) FROM fetch_logs
             WHERE fetch_time > clock_timestamp() - interval '24 hours'),
            (SELECT avg(success::int)::float8 FROM fetch_logs
             WHERE fetch_time > clock_timestamp() - interval '24 hours'),
            (SELECT count(*) FROM quality_runs),
            (SELECT count(*) FROM quality_runs WHERE issues > 0),
            (SELECT count(*) FROM data_quality_logs WHERE resolution IS NULL)"""
    ).fetchone()
    assert row is not None
    return Statistics(*row)


def table_sizes(conn: Connection) -> list[TableSize]:
    """Every table of ours, partitions summed, largest first."""
    rows = conn.execute(
        """SELECT coalesce(i.inhparent, c.oid)::regclass::text,
            sum(greatest(c.reltuples, 0))::bigint, sum(pg_total_relation_size(c.oid))::bigint
        FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
        GROUP BY 1 ORDER BY 3 DESC, 1"""
    )
    return [TableSize(*row) for row in rows]


def day_figures(conn: Connection, day: date) -> DayFigures:
    """What was captured on a UTC day."""
    thaw_day(conn, day)
    row = conn.execute(
        """WITH span AS (
            SELECT %(day)s::date::timestamp AT TIME ZONE 'UTC' AS since,
                (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC' AS until
        ), s AS (
            SELECT s.* FROM snapshots s, span
            WHERE capture_time >= since AND capture_time < until AND NOT unlisted
        ), q AS (
            SELECT selection_id FROM quotes, span
            WHERE capture_time >= since AND capture_time < until
        ), ages AS (SELECT unnest(ages) AS age FROM s)
        SELECT (SELECT count(DISTINCT capture_time) FROM s),
            (SELECT count(DISTINCT event_no) FROM s),
            (SELECT count(*) FROM s),
            (SELECT count(*) FROM q),
            (SELECT count(DISTINCT bookmaker_id) FROM selections
             WHERE selection_id IN (SELECT selection_id FROM q)),
            (SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY age)::float8 FROM ages
             WHERE age > -32766),
            (SELECT count(*) FROM quarantine, span
             WHERE capture_time >= since AND capture_time < until)""",
        {"day": day},
    ).fetchone()
    assert row is not None
    return DayFigures(*row)
