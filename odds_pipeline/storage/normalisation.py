"""The queue of raw documents to normalise and the marks that say which are done.

Belongs here: pending documents, marks, quarantine rows and hot documents. Does not belong here:
parsing, and the facts themselves (``facts``).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.catalog.observations import Rejection

Connection = psycopg.Connection[Any]


class Pending(NamedTuple):
    """One raw document that waits, oldest known time first."""

    raw_id: int
    known_time: datetime


def oldest_pending(conn: Connection, limit: int) -> list[Pending]:
    """The next documents to normalise, in known order."""
    rows = conn.execute(
        "SELECT raw_id, known_time FROM pending_raw ORDER BY known_time LIMIT %s", (limit,)
    )
    return [Pending(*row) for row in rows]


def mark_normalised(
    conn: Connection, pending: Pending, parser_version: int, snapshots: int, quotes: int
) -> None:
    """Mark a document as normalised and let its slot be ok."""
    _mark(conn, pending, parser_version, "ok", None, snapshots, quotes)
    conn.execute(
        """UPDATE slots s SET status = 'ok' FROM raw_responses r
        WHERE r.raw_id = %s AND s.call_id = r.call_id AND s.status = 'fetched'""",
        (pending.raw_id,),
    )


def mark_failed(conn: Connection, pending: Pending, parser_version: int, error: str) -> None:
    """Mark a document that cannot be normalised; its bytes stay, its slot becomes a gap."""
    _mark(conn, pending, parser_version, "failed", error, 0, 0)
    conn.execute(
        """UPDATE slots s SET status = 'gap', reason = 'unreadable response'
        FROM raw_responses r
        WHERE r.raw_id = %s AND s.call_id = r.call_id AND s.status = 'fetched'""",
        (pending.raw_id,),
    )


def _mark(
    conn: Connection,
    pending: Pending,
    parser_version: int,
    status: str,
    error: str | None,
    snapshots: int,
    quotes: int,
) -> None:
    conn.execute(
        """INSERT INTO normalisations (raw_id, parser_version, known_time, status, error,
            snapshots, quotes) VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        (pending.raw_id, parser_version, pending.known_time, status, error, snapshots, quotes),
    )
    conn.execute("DELETE FROM pending_raw WHERE raw_id = %s", (pending.raw_id,))


def quarantine(conn: Connection, raw_id: int, rejections: Iterable[Rejection]) -> int:
    """Keep what cannot be used, with where and why; returns how many rows are new."""
    rows = [
        (
            raw_id,
            r.capture_time,
            r.event_id,
            r.bookmaker,
            r.market,
            r.where,
            r.reason,
            r.evidence.replace("\x00", "\\0"),
        )
        for r in rejections
    ]
    if not rows:
        return 0
    return conn.execute(
        """INSERT INTO quarantine (raw_id, capture_time, event_id, bookmaker_key, market_key,
            location, reason, evidence)
        SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::text[],
            %s::text[], %s::text[], %s::text[])
        ON CONFLICT DO NOTHING""",
        [list(column) for column in zip(*rows, strict=True)],
    ).rowcount


def keep_hot(conn: Connection, raw_id: int, body: bytes) -> None:
    """Keep a JSON body readable in plain SQL too, where PostgreSQL can read it at all."""
    try:
        with conn.transaction():
            conn.execute(
                """INSERT INTO hot_documents (raw_id, document)
                SELECT %(raw_id)s, %(text)s::json WHERE %(text)s::jsonb IS NOT NULL
                ON CONFLICT DO NOTHING""",
                {"raw_id": raw_id, "text": body.decode()},
            )
    except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded, UnicodeDecodeError):
        return  # the exact bytes stay readable through `raw.read`; this copy is a convenience


def expire_hot(conn: Connection, days: int) -> int:
    """Drop the SQL-readable copies older than ``days``; the exact bytes stay."""
    return conn.execute(
        """DELETE FROM hot_documents
        WHERE created_at < clock_timestamp() - make_interval(days => %s)""",
        (days,),
    ).rowcount
