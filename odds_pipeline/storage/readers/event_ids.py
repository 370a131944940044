"""From an event's id to its number here."""

from datetime import datetime
from typing import Any

import psycopg

from odds_pipeline.errors import NotFound
from odds_pipeline.storage.archive.manifest import SNAPSHOTS
from odds_pipeline.storage.archive.thaw import thaw

Connection = psycopg.Connection[Any]


def require_event(conn: Connection, event: str, known_by: datetime | None = None) -> None:
    """Make sure that anything was known of an event by then; default now.

    Readers themselves have no rows for an event they do not know: whether its id is wrong, or
    nothing was told of it yet, nobody can say by then.

    Raises:
        NotFound: nothing was.
    """
    thaw(conn, event, kinds=(SNAPSHOTS,))
    found = conn.execute(
        """SELECT FROM event_ids e
        WHERE event_id = %(event)s AND (
            EXISTS (SELECT FROM snapshots s WHERE s.event_no = e.event_no
                AND s.known_time <= coalesce(%(known_by)s::timestamptz, 'infinity'))
            OR EXISTS (SELECT FROM event_statements s WHERE s.event_no = e.event_no
                AND s.known_time <= coalesce(%(known_by)s::timestamptz, 'infinity')))""",
        {"event": event, "known_by": known_by},
    )
    if found.fetchone() is None:
        when = "" if known_by is None else f" by {known_by:%Y-%m-%dT%H:%M:%SZ}"
        raise NotFound(
            f"event {event!r} is not known here{when}; `odds events` lists those that are"
        )


def event_number(conn: Connection, event: str) -> int:
    """The number of an event; 0, which none has, if no event of that id is stored."""
    row = conn.execute("SELECT event_no FROM event_ids WHERE event_id = %s", (event,)).fetchone()
    return 0 if row is None else int(row[0])
