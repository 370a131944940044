"""The log of every call to the provider and how it went.

Belongs here: rows of ``fetch_logs``. Does not belong here: the calls.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import psycopg

from odds_pipeline.storage.ledger import Call

Connection = psycopg.Connection[Any]
LOOK_BACK = 100


def succeeded(
    conn: Connection,
    call: Call,
    raw_id: int,
    credits: float,
    remaining: float | None,
    elapsed_ms: int | None,
) -> None:
    """A usable answer came; the counts follow when it is normalised."""
    _log(conn, call, True, raw_id=raw_id, credits=credits, remaining=remaining, ms=elapsed_ms)


def failed(
    conn: Connection,
    call: Call,
    message: str,
    code: str | None = None,
    raw_id: int | None = None,
    remaining: float | None = None,
) -> None:
    """No usable answer came, and why."""
    _log(conn, call, False, raw_id=raw_id, remaining=remaining, code=code, message=message)


def first(conn: Connection) -> datetime | None:
    """When the first call was logged; ``None`` before it."""
    row = conn.execute("SELECT min(fetch_time) FROM fetch_logs").fetchone()
    return None if row is None else row[0]


def count(conn: Connection, counts: Mapping[int, tuple[int, int]]) -> None:
    """Say what logged answers held: (events, bookmakers) by raw document."""
    if not counts:
        return
    events, bookmakers = zip(*counts.values(), strict=True)
    conn.execute(
        """UPDATE fetch_logs f SET events_count = a.events, bookmakers_count = a.bookmakers
        FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS a(raw_id, events, bookmakers)
        WHERE f.raw_id = a.raw_id""",
        (list(counts), list(events), list(bookmakers)),
    )


def counts(conn: Connection, raw_id: int) -> tuple[int | None, int | None]:
    """Events and bookmakers of a logged answer; ``None`` until it is normalised."""
    row = conn.execute(
        "SELECT events_count, bookmakers_count FROM fetch_logs WHERE raw_id = %s", (raw_id,)
    ).fetchone()
    return (None, None) if row is None else (row[0], row[1])


def last_outcomes(
    conn: Connection, key_fingerprint: str
) -> tuple[datetime, list[tuple[datetime, int | None, str, float | None]]]:
    """The database's time, and how the key's last calls went, newest first.

    Of each call: when it was logged, HTTP status (``None`` = no answer), error code, credits left.
    """
    rows = conn.execute(
        """SELECT f.fetch_time, r.status, coalesce(f.error_code, ''), f.api_quota_remaining::float8
        FROM (SELECT * FROM fetch_logs ORDER BY id DESC LIMIT %s) f
        JOIN credit_ledger l ON l.call_id = f.call_id AND l.entry = 'reserved'
        LEFT JOIN raw_responses r ON r.raw_id = f.raw_id
        WHERE l.key_fingerprint = %s
        ORDER BY f.id DESC""",
        (LOOK_BACK, key_fingerprint),
    ).fetchall()
    now = conn.execute("SELECT clock_timestamp()").fetchone()
    assert now is not None
    return now[0], [(row[0], row[1], row[2], row[3]) for row in rows]


def history_refused(conn: Connection, within: timedelta) -> bool:
    """Whether the last call for history, not longer ago than that, was none of the plan's."""
    row = conn.execute(
        """SELECT error_code = 'HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN'
        FROM fetch_logs
        WHERE fetch_time > clock_timestamp() - %s AND endpoint LIKE 'historical%%'
        ORDER BY fetch_time DESC, id DESC LIMIT 1""",
        (within,),
    ).fetchone()
    return row is not None and bool(row[0])


def _log(
    conn: Connection,
    call: Call,
    success: bool,
    *,
    raw_id: int | None = None,
    credits: float = 0.0,
    remaining: float | None = None,
    ms: int | None = None,
    code: str | None = None,
    message: str | None = None,
) -> None:
    conn.execute(
        """INSERT INTO fetch_logs (sport_key, endpoint, success, error_code, error_message,
            api_quota_remaining, response_time_ms, credits, slot_id, call_id, raw_id)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
        (
            call.sport_key,
            call.endpoint,
            success,
            code,
            message,
            remaining,
            ms,
            credits,
            call.slot_id,
            call.call_id,
            raw_id,
        ),
    )
