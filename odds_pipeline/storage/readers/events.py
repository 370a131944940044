"""Events as they were stated by a moment.

Belongs here: reading them. Does not belong here: the rules of their status, which stand once, in
the database's `events_as_of`.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.archive.thaw import thaw_starting
from odds_pipeline.storage.frames import fetch_frame
from odds_pipeline.storage.readers.moments import aware, resolved

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]


# Which events to look at is found by the starts ever stated of them.
EVENTS = """
SELECT * FROM events_as_of(%(at)s, %(known_by)s)
WHERE id = ANY(ARRAY(
        SELECT event_id FROM starts_stated
        WHERE commence_time >= %(start)s AND commence_time < %(end)s
    ))
  AND commence_time >= %(start)s AND commence_time < %(end)s
  AND (%(sport)s::text IS NULL OR sport_key = %(sport)s)
ORDER BY commence_time, id
"""


def events_between(
    conn: Connection,
    start: datetime,
    end: datetime,
    sport: str | None = None,
    at: datetime | None = None,
    known_by: datetime | None = None,
) -> "pd.DataFrame":
    """Events whose start, as stated by ``at`` and known by ``known_by``, lies in [start, end)."""
    moment, known = resolved(conn, at, known_by)
    since, until = aware(start, "start"), aware(end, "end")
    thaw_starting(conn, since, until, moment, known)
    return fetch_frame(
        conn,
        EVENTS,
        {
            "start": since,
            "end": until,
            "sport": sport,
            "at": moment,
            "known_by": known,
        },
    )
