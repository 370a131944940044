"""Which events that began have a result.

Belongs here: what asking for scores goes by. Does not belong here: when to ask (``planning``), the
rules of a status, which stand once, in the database's `events_as_of`.
"""

from datetime import datetime
from typing import Any, NamedTuple

import psycopg

Connection = psycopg.Connection[Any]

# Whether to look at an event at all is found by the starts ever stated of it.
_BEGUN = """
SELECT e.commence_time, NOT e.status_inferred AND e.status = 'final'
FROM events_as_of(%(at)s, 'infinity') e
WHERE e.id = ANY(ARRAY(
        SELECT event_id FROM starts_stated
        WHERE commence_time >= %(since)s AND commence_time <= %(at)s AND sport_key = %(sport)s
    ))
  AND e.status IN ('live', 'final') AND e.start_precision = 'exact'
  AND e.commence_time >= %(since)s AND e.commence_time <= %(at)s
ORDER BY e.commence_time
"""


class Begun(NamedTuple):
    """One event that began and was not called off: its start, and whether its result is known."""

    commence_time: datetime
    result_known: bool


def begun_events(conn: Connection, sport: str, since: datetime, at: datetime) -> list[Begun]:
    """The sport's events that began in [since, at], by all that is known now."""
    rows = conn.execute(_BEGUN, {"sport": sport, "since": since, "at": at})
    return [Begun(*row) for row in rows]
