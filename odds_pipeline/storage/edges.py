"""Opportunities: one row each, its life and its newest sight, worked out of its sights.

Belongs here: bringing them up to date, listing and counting them. Does not belong here: sights
(``edge_sights``).

A life is told by captures: it begins at the first that showed the edge and ends, for each episode,
at the last; ``closed_at`` is the first capture that no longer did.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.frames import fetch_frame

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]

_REFRESH = """
WITH standing AS MATERIALIZED (
    SELECT * FROM edge_sights WHERE opportunity_id = ANY(%(ids)s) AND superseded_at IS NULL
), moments AS (
    SELECT opportunity_id, capture_time, bool_or(state = 'seen') AS seen,
        max(closed_by) AS closed_by
    FROM standing GROUP BY opportunity_id, capture_time
), walked AS (
    SELECT *, lag(seen) OVER (PARTITION BY opportunity_id ORDER BY capture_time) AS before
    FROM moments
), numbered AS (
    SELECT *, count(*) FILTER (WHERE seen AND before IS NOT TRUE)
        OVER (PARTITION BY opportunity_id ORDER BY capture_time) AS episode
    FROM walked
), lives AS (
    SELECT opportunity_id, episode, min(capture_time) AS first_seen, max(capture_time) AS last_seen
    FROM numbered WHERE seen GROUP BY opportunity_id, episode
), life AS (
    SELECT opportunity_id, count(*) AS episodes, min(first_seen) AS first_seen,
        max(last_seen) AS last_seen,
        sum(extract(epoch FROM last_seen - first_seen))::float8 AS life_seconds
    FROM lives GROUP BY opportunity_id
), ending AS (
    SELECT DISTINCT ON (opportunity_id) * FROM moments ORDER BY opportunity_id, capture_time DESC
), newest AS (
    SELECT DISTINCT ON (opportunity_id) * FROM standing WHERE state = 'seen'
    ORDER BY opportunity_id, capture_time DESC, edge_percentage DESC, bookmaker_id
), counted AS (
    SELECT opportunity_id, count(*) AS sights, max(edge_percentage) AS greatest
    FROM standing WHERE state = 'seen' GROUP BY opportunity_id
)
INSERT INTO edges (opportunity_id, event_no, market_id, outcome_id, description_id, point, kind,
    strategy, status, verdict, category, tags, first_seen, last_seen, expires_at, commence_time,
    closed_at, closed_by, sights, episodes, life_seconds, bookmaker_id, price, fair_probability,
    model_probability, implied_probability, model_version, edge_percentage,
    greatest_edge_percentage, kelly_fraction, age_seconds, total_stake, worst_case_profit, legs)
SELECT n.opportunity_id, n.event_no, n.market_id, n.outcome_id, n.description_id, n.point, n.kind,
    n.strategy, CASE WHEN e.seen THEN 'open' ELSE 'closed' END, n.verdict, n.category, n.tags,
    l.first_seen, l.last_seen, n.expires_at, n.commence_time,
    CASE WHEN NOT e.seen THEN e.capture_time END, CASE WHEN NOT e.seen THEN e.closed_by END,
    c.sights, l.episodes, l.life_seconds, n.bookmaker_id, n.price, n.fair_probability,
    n.model_probability, n.implied_probability, n.model_version, n.edge_percentage, c.greatest,
    n.kelly_fraction, n.age_seconds, n.total_stake, n.worst_case_profit, n.legs
FROM newest n JOIN life l USING (opportunity_id) JOIN ending e USING (opportunity_id)
JOIN counted c USING (opportunity_id)
ON CONFLICT (opportunity_id) DO UPDATE SET (status, verdict, category, tags, first_seen, last_seen,
    expires_at, commence_time, closed_at, closed_by, sights, episodes, life_seconds, bookmaker_id,
    price, fair_probability, model_probability, implied_probability, model_version,
    edge_percentage, greatest_edge_percentage, kelly_fraction, age_seconds, total_stake,
    worst_case_profit, legs, updated_at) = (excluded.status, excluded.verdict, excluded.category,
    excluded.tags, excluded.first_seen, excluded.last_seen, excluded.expires_at,
    excluded.commence_time, excluded.closed_at, excluded.closed_by, excluded.sights,
    excluded.episodes, excluded.life_seconds, excluded.bookmaker_id, excluded.price,
    excluded.fair_probability, excluded.model_probability, excluded.implied_probability,
    excluded.model_version, excluded.edge_percentage, excluded.greatest_edge_percentage,
    excluded.kelly_fraction, excluded.age_seconds, excluded.total_stake,
    excluded.worst_case_profit, excluded.legs, clock_timestamp())
"""

_VOIDED = """
UPDATE edges e SET status = 'voided', closed_at = coalesce(closed_at, %(known_by)s),
    closed_by = 'void', updated_at = clock_timestamp()
WHERE e.opportunity_id = ANY(%(ids)s) AND NOT EXISTS (
    SELECT FROM edge_sights s WHERE s.opportunity_id = e.opportunity_id AND s.state = 'seen'
      AND s.superseded_at IS NULL
)
"""

_STARTED = """
UPDATE edges SET status = 'closed', closed_at = commence_time, closed_by = 'start',
    updated_at = clock_timestamp()
WHERE status = 'open' AND commence_time <= %(at)s
"""

# Edges as people see them, at a moment: an open one may have expired by then.
ROWS = """
SELECT g.opportunity_id, e.event_id, sp.sport_key, mk.market_key, o.name AS outcome_name,
    d.name AS description, g.point, g.kind, g.strategy,
    CASE WHEN g.status = 'open' AND g.expires_at <= %(at)s THEN 'expired' ELSE g.status END
        AS status,
    g.verdict, g.category, g.tags, b.bookmaker_key, g.price, american(g.price) AS american_price,
    g.fair_probability, g.model_probability, g.implied_probability, g.model_version,
    g.edge_percentage, g.greatest_edge_percentage, g.kelly_fraction, g.age_seconds,
    g.total_stake, g.worst_case_profit, g.first_seen, g.last_seen, g.expires_at, g.commence_time,
    g.closed_at, g.closed_by, g.sights, g.episodes, g.life_seconds, g.legs
FROM edges g
JOIN event_ids e USING (event_no)
JOIN sports sp USING (sport_id)
JOIN markets mk USING (market_id)
LEFT JOIN bookmakers b USING (bookmaker_id)
LEFT JOIN names o ON o.name_id = g.outcome_id
LEFT JOIN names d ON d.name_id = g.description_id"""

_LISTED = f"""{ROWS}
WHERE (%(sport)s::text IS NULL OR sp.sport_key = %(sport)s)
  AND (%(event)s::text IS NULL OR e.event_id = %(event)s)
  AND (%(market)s::text IS NULL OR mk.market_key = %(market)s)
  AND (%(kind)s::text IS NULL OR g.kind = %(kind)s)
  AND (%(verdict)s::text IS NULL OR g.verdict = %(verdict)s)
  AND (%(tag)s::text IS NULL OR %(tag)s = ANY(g.tags))
  AND (%(bookmaker)s::text IS NULL
      OR g.legs @> jsonb_build_array(jsonb_build_object('bookmaker_key', %(bookmaker)s::text)))
  AND (%(minimum)s::float8 IS NULL OR g.edge_percentage >= %(minimum)s)
  AND (%(max_age)s::float8 IS NULL OR g.age_seconds <= %(max_age)s)
  AND (%(status)s::text IS NULL OR %(status)s
      = CASE WHEN g.status = 'open' AND g.expires_at <= %(at)s THEN 'expired' ELSE g.status END)
  AND (%(day)s::date IS NULL OR g.opportunity_id IN (
      SELECT s.opportunity_id FROM edge_sights s
      WHERE s.superseded_at IS NULL
        AND s.capture_time >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
        AND s.capture_time < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'))
ORDER BY g.verdict, g.edge_percentage DESC, g.opportunity_id
LIMIT %(limit)s OFFSET %(offset)s
"""  # noqa: S608  (a constant of this module)

_HISTORY = """
SELECT s.capture_time, s.known_time, s.superseded_at, s.state, b.bookmaker_key, s.price,
    s.fair_probability, s.implied_probability, s.edge_percentage, s.kelly_fraction, s.age_seconds,
    s.verdict, s.reason, s.closed_by, s.legs
FROM edge_sights s LEFT JOIN bookmakers b USING (bookmaker_id)
WHERE s.opportunity_id = %(id)s
ORDER BY s.capture_time, s.known_time, b.bookmaker_key
"""

_DAY = """
SELECT s.kind, s.verdict, count(DISTINCT s.opportunity_id) AS edges, count(*) AS sights,
    max(s.edge_percentage)::float8 AS greatest, avg(s.edge_percentage)::float8 AS mean,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY s.age_seconds)::float8 AS median_age,
    count(*) FILTER (WHERE s.flagged) AS flagged
FROM edge_sights s
WHERE s.superseded_at IS NULL AND s.state = 'seen'
  AND s.capture_time >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
  AND s.capture_time < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
GROUP BY s.kind, s.verdict ORDER BY s.kind, s.verdict
"""

_LIVES = """
SELECT kind, verdict, life_seconds, edge_percentage, greatest_edge_percentage, episodes
FROM edges WHERE status = 'closed' AND (%(day)s::date IS NULL
    OR (closed_at >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
        AND closed_at < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'))
"""


_FIRST_SIGHTS = """
SELECT e.event_id, mk.market_key, b.bookmaker_key, o.name AS outcome_name, d.name AS description,
    s.opportunity_id, s.point, s.kind, s.strategy, s.tags, s.price, s.edge_percentage, s.legs,
    g.verdict, g.life_seconds, s.capture_time, s.commence_time
FROM (
    SELECT DISTINCT ON (opportunity_id) * FROM edge_sights
    WHERE state = 'seen' AND superseded_at IS NULL
    ORDER BY opportunity_id, capture_time, edge_percentage DESC, bookmaker_id
) s
JOIN edges g USING (opportunity_id)
JOIN event_ids e ON e.event_no = s.event_no
JOIN markets mk ON mk.market_id = s.market_id
LEFT JOIN bookmakers b ON b.bookmaker_id = s.bookmaker_id
LEFT JOIN names o ON o.name_id = s.outcome_id
LEFT JOIN names d ON d.name_id = s.description_id
WHERE g.status = 'closed'
ORDER BY s.opportunity_id
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which opportunities to list; ``None`` leaves nothing out.

    Args:
        minimum: least edge, percent of the stake.
        max_age: greatest age of the oldest leg when last seen, seconds.
        status: as of the asked moment, ``expired`` where an open one is past its expiry.
        bookmaker: one of the legs is there.
        day: UTC day on which it was seen.
    """

    sport: str | None = None
    event: str | None = None
    market: str | None = None
    bookmaker: str | None = None
    kind: str | None = None
    tag: str | None = None
    verdict: str | None = None
    status: str | None = None
    minimum: float | None = None
    max_age: float | None = None
    day: date | None = None


def refresh(conn: Connection, opportunities: Iterable[str], known_by: datetime) -> None:
    """Work the opportunities out anew from the sights that stand of them."""
    values = {"ids": sorted(opportunities), "known_by": known_by}
    if values["ids"]:
        conn.execute(_REFRESH, values)
        conn.execute(_VOIDED, values)


def close_started(conn: Connection, at: datetime) -> int:
    """Close what is open of events that have begun by a moment; returns how many."""
    return conn.execute(_STARTED, {"at": at}).rowcount


def edges(
    conn: Connection, wanted: Wanted, at: datetime, limit: int | None = None, offset: int = 0
) -> "pd.DataFrame":
    """Opportunities, executable ones first, then by their edge.

    Args:
        conn: a connection inside a transaction.
        wanted: which.
        at: the moment at which they are open or expired.
        limit: at most so many; default all.
        offset: how many to leave out first.
    """
    return fetch_frame(
        conn, _LISTED, {**asdict(wanted), "at": at, "limit": limit, "offset": offset}
    )


def sights(conn: Connection, opportunity: str) -> "pd.DataFrame":
    """The history of an opportunity: every sight, also those that no longer stand."""
    return fetch_frame(conn, _HISTORY, {"id": opportunity})


def day_kinds(conn: Connection, day: date) -> "pd.DataFrame":
    """What was seen on a UTC day of captures, a row a kind and verdict."""
    return fetch_frame(conn, _DAY, {"day": day})


def lives(conn: Connection, day: date | None = None) -> "pd.DataFrame":
    """How long closed opportunities lived; of one UTC day of closing, or ever."""
    values: Mapping[str, object] = {"day": day}
    return fetch_frame(conn, _LIVES, values)


def first_sights(conn: Connection) -> "pd.DataFrame":
    """The first sight of every opportunity that is over, the greatest edge of its capture."""
    return fetch_frame(conn, _FIRST_SIGHTS, {})


def replace_statistics(conn: Connection, rows: Sequence[Sequence[object]]) -> None:
    """Make the statistics of past edges the given rows, in the order of the table's columns."""
    conn.execute("DELETE FROM edge_statistics")
    with conn.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO edge_statistics (kind, dimension, value, edges, executable,
                mean_edge_percentage, median_life_seconds, settled, expected_yield,
                realised_yield, realised_low, realised_high, with_closing, mean_clv,
                without_closing, line_moved)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            rows,
        )


def statistics(conn: Connection) -> "pd.DataFrame":
    """What past edges were worth, as it was last worked out."""
    return fetch_frame(
        conn, "SELECT * FROM edge_statistics ORDER BY kind, dimension, edges DESC, value", {}
    )
