"""The queue of raw documents to normalise and the marks that say which are done.

Belongs here: pending documents, marks, quarantine rows and hot documents. Does not belong here:
parsing, and the facts themselves (``facts``).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.catalog.observations import Rejection
from odds_pipeline.storage.raw import STATED, Stated

Connection = psycopg.Connection[Any]
Cursor = psycopg.Cursor[Any]
UNREADABLE = "unreadable response"
UNUSABLE = "nothing usable in the response"
NOT_READABLE = (psycopg.DataError, psycopg.errors.ProgramLimitExceeded, UnicodeDecodeError)

# An array, so that however many are asked for costs the same in plans: one is made once and kept.
_OLDEST = f"""SELECT r.raw_id, r.known_time,
    r.known_time < clock_timestamp() - make_interval(days => %s)
        OR EXISTS (SELECT FROM hot_documents h WHERE h.raw_id = r.raw_id),
    {STATED}
FROM raw_responses r
WHERE r.raw_id = ANY(ARRAY(SELECT raw_id FROM pending_raw ORDER BY known_time LIMIT %s))
ORDER BY r.known_time"""  # noqa: S608  (a constant of `raw`)

_HOT = "INSERT INTO hot_documents (raw_id, document) VALUES (%s, %s)"
_TRY_HOT = """INSERT INTO hot_documents (raw_id, document)
SELECT raw_id, body::json FROM (SELECT %s::bigint AS raw_id, %s::text AS body) a
WHERE body::jsonb IS NOT NULL"""

_MARK = """
WITH marked AS (
    INSERT INTO normalisations (raw_id, parser_version, known_time, status, error,
        snapshots, quotes)
    SELECT raw_id, %s, known_time, CASE WHEN error IS NULL THEN 'ok' ELSE 'failed' END, error,
        snapshots, quotes
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::int[], %s::int[])
        AS a(raw_id, known_time, error, snapshots, quotes)
    RETURNING raw_id
)
DELETE FROM pending_raw USING marked WHERE pending_raw.raw_id = marked.raw_id
"""


class Pending(NamedTuple):
    """One raw document that waits; ``cold`` when it gets no SQL-readable copy (any more)."""

    raw_id: int
    known_time: datetime
    cold: bool


def ask_oldest(conn: Connection, limit: int, hot_days: int) -> Cursor:
    """Ask for the next documents to normalise, in known order; ``pending`` reads the answer.

    Args:
        conn: a connection inside a transaction, or in its pipeline.
        limit: how many at most.
        hot_days: age in days from which a document gets no SQL-readable copy.
    """
    return conn.execute(_OLDEST, (hot_days, limit))


def pending(asked: Cursor) -> list[tuple[Pending, Stated]]:
    """The documents that ``ask_oldest`` asked for, without their bytes."""
    return [(Pending(*row[:3]), Stated(*row[3:])) for row in asked]


class Mark(NamedTuple):
    """The mark of one document: normalised into so many rows, or failed with an error."""

    pending: Pending
    snapshots: int = 0
    quotes: int = 0
    error: str | None = None


def mark(conn: Connection, parser_version: int, marks: Sequence[Mark]) -> None:
    """Mark documents as done; their bytes stay."""
    if not marks:
        return
    conn.execute(
        _MARK,
        (
            parser_version,
            [one.pending.raw_id for one in marks],
            [one.pending.known_time for one in marks],
            [storable(one.error) for one in marks],
            [one.snapshots for one in marks],
            [one.quotes for one in marks],
        ),
    )


def storable(text: str | None) -> str | None:
    """Text as PostgreSQL can keep it: without NUL and half characters."""
    if text is None:
        return None
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\0")


def quarantine(
    conn: Connection,
    raw_id: int,
    rejections: Iterable[Rejection],
    known_time: datetime | None = None,
) -> int:
    """Keep what cannot be used, with where and why; returns how many rows are new.

    ``known_time`` is that of the parse that found it; ``None``: the document's own.
    """
    rows = [
        (
            raw_id,
            known_time,
            r.capture_time,
            *map(storable, (r.event_id, r.bookmaker, r.market, r.where, r.reason, r.evidence)),
        )
        for r in rejections
    ]
    if not rows:
        return 0
    new = conn.execute(
        """INSERT INTO quarantine (raw_id, known_time, capture_time, event_id, bookmaker_key,
            market_key, location, reason, evidence)
        SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::text[],
            %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
        ON CONFLICT DO NOTHING RETURNING id""",
        [list(column) for column in zip(*rows, strict=True)],
    )
    return len(new.fetchall())


def keep_hot(conn: Connection, raw_id: int, text: str) -> None:
    """Keep the text of a JSON body readable in plain SQL too."""
    conn.execute(_HOT, (raw_id, text))


def try_hot(conn: Connection, raw_id: int, body: bytes) -> None:
    """As ``keep_hot``, of a body that PostgreSQL may not be able to read.

    Raises:
        psycopg.Error, UnicodeDecodeError: one of ``NOT_READABLE``; the exact bytes stay readable
            through ``raw``.
    """
    conn.execute(_TRY_HOT, (raw_id, body.decode()))


def expire_hot(conn: Connection, days: int) -> int:
    """Drop the SQL-readable copies older than ``days``; the exact bytes stay."""
    return conn.execute(
        """DELETE FROM hot_documents
        WHERE created_at < clock_timestamp() - make_interval(days => %s)""",
        (days,),
    ).rowcount
