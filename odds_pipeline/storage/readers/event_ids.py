"""From an event's id to its number here."""

from typing import Any

import psycopg

from odds_pipeline.errors import NotFound

Connection = psycopg.Connection[Any]


def require_event(conn: Connection, event: str) -> None:
    """Make sure that an event of that id is stored.

    Raises:
        NotFound: it is not.
    """
    event_number(conn, event)


def event_number(conn: Connection, event: str) -> int:
    """The number of an event.

    Raises:
        NotFound: no event of that id is stored.
    """
    row = conn.execute("SELECT event_no FROM event_ids WHERE event_id = %s", (event,)).fetchone()
    if row is None:
        raise NotFound(f"event {event!r} is not stored here; `odds events` lists those that are")
    return int(row[0])
