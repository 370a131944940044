"""Everything that was stated about one event, in the order in which it became known.

Belongs here: starts, statuses and scores through time. Does not belong here: prices.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.frames import fetch_frame
from odds_pipeline.storage.readers.event_ids import event_number
from odds_pipeline.storage.readers.moments import resolved
from odds_pipeline.storage.readers.united import united

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]

# What only some documents state (a score, a final result) is compared with the last that did.
_HISTORY = """
WITH span AS (
    SELECT min(first_capture) AS first, max(last_capture) AS last FROM event_scopes
    WHERE event_no = %(event)s
), stated AS (
    SELECT s.capture_time, s.known_time, 'odds' AS source, s.commence_time, s.day_only,
        s.matchup_id, NULL::boolean AS completed, NULL::integer AS home_score,
        NULL::integer AS away_score
    FROM snapshots s, span
    WHERE s.event_no = %(event)s AND NOT s.unlisted AND s.known_time <= %(known_by)s
      AND s.capture_time >= span.first AND s.capture_time <= span.last
    UNION ALL
    SELECT capture_time, known_time, 'events', commence_time, day_only, matchup_id, completed,
        home_score, away_score
    FROM event_statements WHERE event_no = %(event)s AND known_time <= %(known_by)s
), timed AS (
    SELECT *, commence_time + make_interval(days => day_only::integer) AS starts_by
    FROM stated
), judged AS (
    SELECT t.*,
        CASE
            WHEN completed THEN 'final'
            WHEN starts_by > capture_time THEN 'scheduled'
            WHEN starts_by + make_interval(hours => sp.live_hours) > capture_time THEN 'live'
            ELSE 'final'
        END AS status,
        completed IS NOT NULL AS scored,
        last_value(starts_by) OVER (
            ORDER BY capture_time, source = 'events', known_time
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS true_start
    FROM timed t, event_ids e JOIN sports sp USING (sport_id)
    WHERE e.event_no = %(event)s
)
SELECT
    j.capture_time, j.known_time, j.source, j.commence_time,
    CASE WHEN j.day_only THEN 'day' ELSE 'exact' END AS start_precision,
    m.home_team, m.away_team, j.status, j.home_score, j.away_score,
    j.capture_time >= j.starts_by AS in_play,
    j.capture_time >= j.true_start AS in_play_by_true_start,
    coalesce((j.commence_time, j.day_only) <> lag((j.commence_time, j.day_only)) OVER w, false)
        AS start_changed,
    coalesce(j.status <> lag(j.status) OVER w, false) AS status_changed,
    j.scored AND (j.home_score, j.away_score, j.completed) IS DISTINCT FROM lag(
        (j.home_score, j.away_score, j.completed)
    ) OVER (PARTITION BY j.scored ORDER BY j.known_time, j.capture_time) AS score_changed
FROM judged j LEFT JOIN matchups m USING (matchup_id)
WINDOW w AS (ORDER BY j.known_time, j.capture_time)
ORDER BY j.known_time, j.capture_time
"""


def event_history(conn: Connection, event: str, known_by: datetime | None = None) -> "pd.DataFrame":
    """Each statement about an event: one row a capture, in the order in which they became known.

    Nothing is ever overwritten: a corrected score or a new start is a row of its own, marked by
    ``score_changed``, ``start_changed`` or ``status_changed`` against what was known before it.
    ``in_play`` is judged by the start stated in that very capture, ``in_play_by_true_start`` by
    the one stated last of all. The status is ``final`` once stated so, or once the sport's
    ``live_hours`` are over; odds documents state no score.

    Raises:
        NotYetNormalised: ``known_by`` reaches documents that still wait.
    """
    _, known = resolved(conn, None, known_by)
    one = united(conn, event, known)
    number = event_number(conn, one.ids[0])
    frame = fetch_frame(conn, _HISTORY, {"event": number, "known_by": known})
    return one.called(frame, one.ids[0])
