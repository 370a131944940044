"""Which starts lie ahead, as known now.

Belongs here: the starts that are a reason to capture odds. Does not belong here: when to capture
(``planning``), the rules of a status, which stand once, in the database's `events_as_of`.
"""

from datetime import datetime
from typing import Any, NamedTuple

import psycopg

Connection = psycopg.Connection[Any]

_LISTED_AT = """
SELECT c.capture_time, c.known_time
FROM captures c JOIN raw_responses r USING (raw_id)
WHERE c.kind = 'events' AND c.capture_time <= %(at)s AND r.endpoint = 'events'
  AND r.source <> 'file' AND r.request ->> 'sport' = %(sport)s
  AND NOT r.request ?| ARRAY['eventIds', 'commenceTimeFrom', 'commenceTimeTo']
ORDER BY c.capture_time DESC, c.known_time DESC LIMIT 1
"""

# Whether to look at an event at all is found by the starts ever stated of it.
_AHEAD = """
SELECT e.commence_time
FROM events_as_of(%(at)s, 'infinity') e
WHERE e.id = ANY(ARRAY(
        SELECT event_id FROM starts_stated
        WHERE commence_time > %(at)s AND sport_key = %(sport)s
    ))
  AND e.sport_key = %(sport)s AND e.start_precision = 'exact'
  AND (e.status = 'scheduled' OR e.status = 'postponed' AND NOT EXISTS (
      SELECT FROM starts_stated s
      WHERE s.event_id = e.id AND s.commence_time < e.commence_time
        AND s.commence_time + make_interval(hours => s.live_hours) > %(at)s
  ))
  AND e.commence_time > %(at)s AND e.updated_at >= %(listed)s
ORDER BY e.commence_time
"""


class Schedule(NamedTuple):
    """When the sport's events were last listed, and the starts ahead: one an event, sorted."""

    listed_at: datetime | None
    starts: tuple[datetime, ...]


def scheduled_starts(conn: Connection, sport: str, at: datetime) -> Schedule:
    """The starts after ``at`` of a sport's scheduled events, by all that is known now.

    Events in play, ended, cancelled or postponed are not among them, nor those that the newest
    whole list of events no longer names. A postponed one is again, with its new start, once the
    time it was first meant to be played at is over.
    """
    asked = {"sport": sport, "at": at}
    listing = conn.execute(_LISTED_AT, asked).fetchone()
    if listing is None:
        return Schedule(None, ())
    rows = conn.execute(_AHEAD, {**asked, "listed": listing[1]})
    return Schedule(listing[0], tuple(row[0] for row in rows))
