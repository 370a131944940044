"""Finds the raw document behind an event's newest snapshot.

Belongs here: lineage queries from facts to raw. Does not belong here: reading bodies (``raw``).
"""

from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.storage.archive.manifest import SNAPSHOTS
from odds_pipeline.storage.archive.thaw import thaw

Connection = psycopg.Connection[Any]


class Lineage(NamedTuple):
    """Which document, captured and known when."""

    raw_id: int
    capture_time: datetime
    known_time: datetime
    sha256: str


def newest(
    conn: Connection, event_id: str, at: datetime | None, known_by: datetime | None
) -> Lineage | None:
    """The document of the newest listed snapshot at or before ``at``, known by ``known_by``."""
    thaw(conn, event_id, at=at, kinds=(SNAPSHOTS,))
    row = conn.execute(
        """SELECT c.raw_id, s.capture_time, s.known_time, encode(r.sha256, 'hex')
        FROM snapshots s JOIN event_ids e USING (event_no) JOIN captures c USING (capture_id)
        JOIN raw_responses r USING (raw_id)
        WHERE e.event_id = %s AND NOT s.unlisted
          AND s.capture_time <= coalesce(%s, clock_timestamp())
          AND s.known_time <= coalesce(%s, clock_timestamp())
        ORDER BY s.capture_time DESC, s.known_time DESC LIMIT 1""",
        (event_id, at, known_by),
    ).fetchone()
    return None if row is None else Lineage(*row)
