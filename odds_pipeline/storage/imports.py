"""What one stored document became: the figures an import reports.

Belongs here: reading them back. Does not belong here: importing.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import psycopg

Connection = psycopg.Connection[Any]


class Outcome(NamedTuple):
    """Figures of one raw document after normalisation; ``error`` when that failed."""

    events: int
    captures: int
    snapshots: int
    quotes: int
    quarantined: int
    error: str | None


def outcome(conn: Connection, raw_id: int) -> Outcome:
    """What became of a document."""
    row = conn.execute(
        """SELECT
            (SELECT count(DISTINCT event_no) FROM (
                SELECT s.event_no FROM captures c JOIN snapshots s
                    ON s.capture_time = c.capture_time AND s.capture_id = c.capture_id
                WHERE c.raw_id = n.raw_id
                UNION SELECT e.event_no FROM captures c JOIN event_statements e
                    ON e.capture_time = c.capture_time AND e.capture_id = c.capture_id
                WHERE c.raw_id = n.raw_id) u),
            (SELECT count(*) FROM captures c WHERE c.raw_id = n.raw_id),
            n.snapshots, n.quotes,
            (SELECT count(*) FROM quarantine q WHERE q.raw_id = n.raw_id), n.error
        FROM normalisations n WHERE n.raw_id = %s ORDER BY n.known_time DESC LIMIT 1""",
        (raw_id,),
    ).fetchone()
    return Outcome(*row) if row is not None else Outcome(0, 0, 0, 0, 0, None)


def request_of(conn: Connection, raw_id: int) -> dict[str, str]:
    """What a stored document remembers of how it is to be read."""
    row = conn.execute("SELECT request FROM raw_responses WHERE raw_id = %s", (raw_id,)).fetchone()
    assert row is not None
    return dict(row[0])


def quarantined_for(conn: Connection, raw_id: int) -> dict[str, int]:
    """How many parts of a document are in quarantine for which reason, most first."""
    rows = conn.execute(
        """SELECT reason, count(*) FROM quarantine WHERE raw_id = %s
        GROUP BY reason ORDER BY count(*) DESC, reason""",
        (raw_id,),
    )
    return dict(rows.fetchall())


def days_of(conn: Connection, raw_ids: Sequence[int]) -> list[date]:
    """UTC days of the captures of these documents."""
    rows = conn.execute(
        """SELECT DISTINCT (capture_time AT TIME ZONE 'UTC')::date AS day FROM captures
        WHERE raw_id = ANY(%s) ORDER BY day""",
        (list(raw_ids),),
    )
    return [row[0] for row in rows]
