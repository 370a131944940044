"""Events as they were stated by a moment."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.archive.thaw import thaw_starting
from odds_pipeline.storage.frames import fetch_frame
from odds_pipeline.storage.readers.moments import aware, resolved

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]


EVENTS = """
SELECT
    e.event_id AS id, sp.sport_key, sp.title AS sport_title, st.commence_time,
    CASE WHEN st.day_only THEN 'day' ELSE 'exact' END AS start_precision,
    m.home_team, m.away_team,
    CASE
        WHEN sc.completed THEN 'final'
        WHEN st.starts_by > %(at)s THEN 'scheduled'
        WHEN st.starts_by + make_interval(hours => sp.live_hours) > %(at)s THEN 'live'
        ELSE 'final'
    END AS status,
    sc.completed IS NOT TRUE
        AND st.starts_by + make_interval(hours => sp.live_hours) <= %(at)s
        AS status_inferred,
    sc.home_score, sc.away_score,
    CASE WHEN sc.completed THEN sc.score_time END AS completed_at,
    e.created_at, greatest(st.known_time, sc.known_time) AS updated_at
FROM event_ids e
JOIN sports sp USING (sport_id)
CROSS JOIN LATERAL (
    SELECT u.commence_time, u.day_only, u.matchup_id, u.known_time,
        u.commence_time + make_interval(days => u.day_only::integer) AS starts_by
    FROM (
        (SELECT commence_time, day_only, matchup_id, capture_time, known_time FROM snapshots
         WHERE event_no = e.event_no AND NOT unlisted
           AND capture_time <= %(at)s AND known_time <= %(known_by)s
         ORDER BY capture_time DESC, known_time DESC LIMIT 1)
        UNION ALL
        (SELECT commence_time, day_only, matchup_id, capture_time, known_time
         FROM event_statements
         WHERE event_no = e.event_no
           AND capture_time <= %(at)s AND known_time <= %(known_by)s
         ORDER BY capture_time DESC, known_time DESC LIMIT 1)
    ) u
    ORDER BY u.capture_time DESC, u.known_time DESC LIMIT 1
) st
LEFT JOIN matchups m USING (matchup_id)
LEFT JOIN LATERAL (
    SELECT completed, home_score, away_score, score_time, known_time FROM event_statements
    WHERE event_no = e.event_no AND completed IS NOT NULL
      AND capture_time <= %(at)s AND known_time <= %(known_by)s
    ORDER BY capture_time DESC, known_time DESC LIMIT 1
) sc ON true
WHERE st.commence_time >= %(start)s AND st.commence_time < %(end)s
  AND (%(sport)s::text IS NULL OR sp.sport_key = %(sport)s)
ORDER BY st.commence_time, e.event_id
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
