# ruff: noqa: S608  (every text here is a constant of this module; values are bound)
"""What newly stored facts there are to raise alerts of.

Belongs here: those queries. Does not belong here: what is worth an alert (``alerts.rules``).
Probabilities 0 to 1; edges in percent of the stake; times UTC.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import class_row

Connection = psycopg.Connection[Any]


class OpenEdge(NamedTuple):
    """An opportunity that is open and executable; ``legs`` as in ``edges``."""

    opportunity_id: str
    kind: str
    game: str
    market_key: str
    legs: list[dict[str, Any]]
    edge_percentage: float
    last_seen: datetime
    expires_at: datetime


class Moved(NamedTuple):
    """A fair probability of an outcome without a line, and what it was within the span before."""

    event_id: str
    game: str
    market_key: str
    outcome_name: str
    before: float
    after: float
    since: datetime
    at: datetime
    commence_time: datetime


class DayBrought(NamedTuple):
    """What a UTC day brought."""

    fetches: int
    failed: int
    snapshots: int
    quotes: int
    gaps: int
    issues: int
    edges: int
    credits: float


# What the newest snapshot calls the event.
_GAME = """CROSS JOIN LATERAL (
    SELECT coalesce(m.away_team || ' at ' || m.home_team, e.event_id) AS game, s.commence_time
    FROM snapshots s LEFT JOIN matchups m USING (matchup_id)
    WHERE s.event_no = e.event_no ORDER BY s.capture_time DESC LIMIT 1
) g"""

_EDGES = f"""
SELECT d.opportunity_id, d.kind, g.game, mk.market_key, d.legs, d.edge_percentage, d.last_seen,
    d.expires_at
FROM edges d JOIN event_ids e USING (event_no) JOIN markets mk USING (market_id) {_GAME}
WHERE d.opportunity_id = ANY(%s) AND d.status = 'open' AND d.verdict = 'executable'
ORDER BY d.edge_percentage DESC, d.opportunity_id
"""

_MOVES = f"""
SELECT e.event_id, g.game, mk.market_key, o.name AS outcome_name, b.fair_probability AS before,
    f.fair_probability AS after, b.capture_time AS since, f.capture_time AS at, g.commence_time
FROM fair_prices f
CROSS JOIN LATERAL (
    SELECT p.fair_probability, p.capture_time FROM fair_prices p
    WHERE p.event_no = f.event_no AND p.market_id = f.market_id AND p.outcome_id = f.outcome_id
      AND p.capture_time >= f.capture_time - %(span)s AND p.capture_time < f.capture_time
      AND p.point IS NULL AND p.description_id IS NULL AND p.chosen AND p.superseded_at IS NULL
    ORDER BY p.capture_time LIMIT 1
) b
JOIN event_ids e ON e.event_no = f.event_no
JOIN markets mk ON mk.market_id = f.market_id
JOIN names o ON o.name_id = f.outcome_id
{_GAME}
WHERE f.capture_time = ANY(%(moments)s) AND f.point IS NULL AND f.description_id IS NULL
  AND f.chosen AND f.superseded_at IS NULL
  AND f.fair_probability - b.fair_probability >= %(least)s
ORDER BY f.capture_time, e.event_id, mk.market_key
"""

_DAY = """
WITH span AS (
    SELECT %(day)s::date::timestamp AT TIME ZONE 'UTC' AS since,
        (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC' AS until
)
SELECT
    (SELECT count(*) FROM fetch_logs WHERE fetch_time >= since AND fetch_time < until) AS fetches,
    (SELECT count(*) FROM fetch_logs
     WHERE fetch_time >= since AND fetch_time < until AND NOT success) AS failed,
    (SELECT coalesce(sum(snapshots), 0) FROM normalisations
     WHERE created_at >= since AND created_at < until) AS snapshots,
    (SELECT coalesce(sum(quotes), 0) FROM normalisations
     WHERE created_at >= since AND created_at < until) AS quotes,
    (SELECT count(*) FROM slots
     WHERE slot_time >= since AND slot_time < until AND status = 'gap'
       AND purpose IN ('live', 'history')) AS gaps,
    (SELECT count(*) FROM data_quality_logs
     WHERE partition = %(day)s AND resolution IS NULL) AS issues,
    (SELECT count(*) FROM edges WHERE first_seen >= since AND first_seen < until) AS edges,
    (SELECT coalesce(sum(credits), 0)::float8 FROM credit_ledger
     WHERE entered_at >= since AND entered_at < until AND entry = 'settled') AS credits
FROM span
"""


def open_edges(conn: Connection, opportunities: Collection[str]) -> list[OpenEdge]:
    """Those of the opportunities that can be had, the greatest edge first."""
    with conn.cursor(row_factory=class_row(OpenEdge)) as cursor:
        return cursor.execute(_EDGES, (sorted(opportunities),)).fetchall()


def moves(
    conn: Connection, moments: Sequence[datetime], span: timedelta, least: float
) -> list[Moved]:
    """Fair probabilities that rose by ``least`` or more within ``span`` before these moments."""
    values = {"moments": list(moments), "span": span, "least": least}
    with conn.cursor(row_factory=class_row(Moved)) as cursor:
        return cursor.execute(_MOVES, values).fetchall()


def day_brought(conn: Connection, day: date) -> DayBrought:
    """What a UTC day brought."""
    with conn.cursor(row_factory=class_row(DayBrought)) as cursor:
        found = cursor.execute(_DAY, {"day": day}).fetchone()
    assert found is not None
    return found
