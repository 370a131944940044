"""What was on offer at a moment: every quote of some events.

Belongs here: the as-of query. Does not belong here: what is made of its frame (``prices``).
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.archive.thaw import thaw
from odds_pipeline.storage.frames import fetch_frame
from odds_pipeline.storage.readers.moments import resolved

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]


_ODDS_AT = """
WITH tops AS MATERIALIZED (
    SELECT DISTINCT ON (s.event_no, s.scope_id)
        e.event_id, s.event_no, s.scope_id, s.capture_id, s.capture_time, s.known_time,
        s.commence_time, s.in_play, s.matchup_id, s.layout_id, s.ages, s.far_ages
    FROM event_ids e JOIN snapshots s USING (event_no)
    WHERE e.event_id = ANY(%(events)s)
      AND s.capture_time <= %(at)s
      AND s.capture_time >= %(oldest)s
      AND s.known_time <= %(known_by)s
    ORDER BY s.event_no, s.scope_id, s.capture_time DESC, s.known_time DESC
)
SELECT
    t.event_id, b.bookmaker_key, mk.market_key, o.name AS outcome_name, d.name AS description,
    q.point, q.price, american(q.price) AS american_price, t.capture_time,
    greatest(t.known_time, q.known_time) AS known_time,
    last_update_of(t.capture_time, t.ages, t.far_ages, array_position(
        y.pairs, sel.bookmaker_id::integer * 65536 + sel.market_id)) AS last_update,
    extract(epoch FROM %(at)s - t.capture_time)::float8 AS age_seconds,
    t.in_play, t.commence_time, m.home_team, m.away_team
FROM tops t
JOIN captures p USING (capture_id)
JOIN scopes c ON c.scope_id = t.scope_id
JOIN layouts y USING (layout_id)
LEFT JOIN matchups m USING (matchup_id)
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (x.selection_id)
        x.selection_id, x.price, x.point, x.state, x.known_time
    FROM quotes x
    WHERE x.event_no = t.event_no
      AND x.capture_time <= t.capture_time
      AND x.capture_time >= date_trunc('day', t.capture_time, 'UTC')
      AND x.known_time <= %(known_by)s
    ORDER BY x.selection_id, x.capture_time DESC, x.known_time DESC
) q
JOIN selections sel USING (selection_id)
JOIN bookmakers b USING (bookmaker_id)
JOIN markets mk USING (market_id)
JOIN names o ON o.name_id = sel.outcome_id
LEFT JOIN names d ON d.name_id = sel.description_id
WHERE q.state = 0
  AND scope_covers(c, b.bookmaker_key, mk.market_key)
  AND NOT EXISTS (
      SELECT FROM tops n
      JOIN captures later ON later.capture_id = n.capture_id
      JOIN scopes c ON c.scope_id = n.scope_id
      WHERE n.event_no = t.event_no
        AND (n.capture_time, later.known_time) > (t.capture_time, p.known_time)
        AND scope_covers(c, b.bookmaker_key, mk.market_key)
  )
ORDER BY t.event_id, b.bookmaker_key, mk.market_key, o.name, d.name, q.point
"""

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def odds_at(
    conn: Connection,
    events: str | Iterable[str],
    at: datetime | None = None,
    known_by: datetime | None = None,
    max_age: timedelta | None = None,
    max_quote_age: timedelta | None = None,
) -> "pd.DataFrame":
    """Every price on offer at ``at``: one row an event, bookmaker, market and outcome.

    Args:
        conn: a connection inside a transaction.
        events: event id, or ids.
        at: market time, aware; default now.
        known_by: what must have been stored by then; default all.
        max_age: greatest ``at`` - capture time of the newest snapshot covering the quote.
        max_quote_age: greatest ``at`` - last_update; a quote without last_update is left out.

    Raises:
        UsageError: a time without zone.
        NotYetNormalised: ``known_by`` reaches documents that still wait.
    """
    moment, known = resolved(conn, at, known_by)
    asked = [events] if isinstance(events, str) else list(events)
    thaw(conn, asked, at=moment)
    frame = fetch_frame(
        conn,
        _ODDS_AT,
        {
            "events": asked,
            "at": moment,
            "known_by": known,
            "oldest": _LONG_AGO if max_age is None else moment - max_age,
        },
    )
    ages = (moment - frame["last_update"]).dt.total_seconds()
    frame.insert(list(frame.columns).index("age_seconds") + 1, "quote_age_seconds", ages)
    if max_quote_age is not None:
        frame = frame[ages <= max_quote_age.total_seconds()].reset_index(drop=True)
    return frame
