"""Which moments of capture wait to be priced, and the mark of those that were.

Belongs here: finding and marking them, and who was captured then. Does not belong here: pricing
(``services.market``), the prices (``fair_prices``, ``edge_sights``).

A moment waits when it was never priced, or when something became known since that an answer about
it would use: a capture within ``reach`` before it, a void or a lift of one, a flag raised or
lifted, a model's word. With the first moment of a day that waits all later ones of that day wait:
whether an edge was still there is told by comparing each moment with the one before.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import psycopg

Connection = psycopg.Connection[Any]

_WAITING = """
WITH moments AS (
    SELECT c.capture_time, max(c.known_time) AS known_time FROM captures c
    WHERE c.kind = 'odds'
      AND c.capture_time >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
      AND c.capture_time < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
    GROUP BY c.capture_time
), waiting AS (
    SELECT m.capture_time FROM moments m LEFT JOIN pricings p USING (capture_time)
    WHERE p.capture_time IS NULL OR EXISTS (
        SELECT FROM captures c
        WHERE c.kind = 'odds' AND c.known_time > p.known_by
          AND c.capture_time <= m.capture_time AND c.capture_time >= m.capture_time - %(reach)s
    ) OR EXISTS (
        SELECT FROM voids v LEFT JOIN void_lifts l USING (void_id)
        WHERE greatest(v.known_time, l.known_time) > p.known_by
          AND v.from_capture <= m.capture_time AND v.to_capture >= m.capture_time - %(reach)s
    ) OR EXISTS (
        -- What a flag covers may grow with every capture: only what it did not cover before counts.
        SELECT FROM data_quality_logs l
        CROSS JOIN LATERAL (
            SELECT standing, coalesce(until_time, l.snapshot_time) AS until FROM quality_flags
            WHERE log_id = l.id ORDER BY known_time DESC, flag_id DESC LIMIT 1
        ) n
        LEFT JOIN LATERAL (
            SELECT standing, coalesce(until_time, l.snapshot_time) AS until FROM quality_flags
            WHERE log_id = l.id AND known_time <= p.known_by
            ORDER BY known_time DESC, flag_id DESC LIMIT 1
        ) b ON true
        WHERE l.id IN (SELECT log_id FROM quality_flags WHERE known_time > p.known_by)
          AND l.severity <> 'warning' AND l.snapshot_time IS NOT NULL
          AND CASE WHEN n.standing AND b.standing THEN n.until <> b.until
                AND least(n.until, b.until) < m.capture_time
                AND greatest(n.until, b.until) >= m.capture_time - %(reach)s
            ELSE n.standing IS DISTINCT FROM coalesce(b.standing, false)
                AND l.snapshot_time <= m.capture_time
                AND CASE WHEN n.standing THEN n.until ELSE b.until END
                    >= m.capture_time - %(reach)s
            END
    ) OR EXISTS (
        SELECT FROM model_probabilities w JOIN snapshots s USING (event_no)
        WHERE w.known_time > p.known_by AND w.made_at <= m.capture_time
          AND s.capture_time = m.capture_time
    )
)
SELECT capture_time FROM moments
WHERE %(again)s OR capture_time >= (SELECT min(capture_time) FROM waiting)
ORDER BY capture_time
"""

_CAPTURED = """
SELECT s.capture_time, e.event_id, bool_and(s.unlisted OR s.in_play),
    max(s.known_time), sp.sport_key
FROM snapshots s JOIN event_ids e USING (event_no) JOIN sports sp USING (sport_id)
WHERE s.capture_time = ANY(%(moments)s)
  AND s.capture_time BETWEEN %(first)s AND %(last)s
GROUP BY s.capture_time, e.event_id, sp.sport_key
ORDER BY s.capture_time, e.event_id
"""


class Captured(NamedTuple):
    """An event in a capture; ``gone`` if it had begun by then or left the feed."""

    capture_time: datetime
    event_id: str
    gone: bool
    known_time: datetime
    sport_key: str


class Priced(NamedTuple):
    """What pricing a moment came to."""

    capture_time: datetime
    quotes: int
    fair_prices: int
    edges: int


def waiting(
    conn: Connection, day: date, reach: timedelta, *, again: bool = False
) -> list[datetime]:
    """The day's moments that wait, in order.

    Args:
        conn: a connection inside a transaction.
        day: UTC day of the captures.
        reach: how long before a moment a capture still counts for it.
        again: every moment of the day, priced or not.
    """
    rows = conn.execute(_WAITING, {"day": day, "reach": reach, "again": again})
    return [moment for (moment,) in rows]


def any_priced(conn: Connection, day: date) -> bool:
    """Whether any moment of a UTC day was ever priced."""
    row = conn.execute(
        """SELECT EXISTS (SELECT FROM pricings
        WHERE capture_time >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
          AND capture_time < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC')""",
        {"day": day},
    ).fetchone()
    return row is not None and bool(row[0])


def captured(conn: Connection, moments: Sequence[datetime]) -> list[Captured]:
    """The events that each of the moments captured."""
    if not moments:
        return []
    rows = conn.execute(
        _CAPTURED, {"moments": list(moments), "first": min(moments), "last": max(moments)}
    )
    return [Captured(*row) for row in rows]


def mark(conn: Connection, known_by: datetime, priced: Iterable[Priced]) -> None:
    """Mark moments as priced by what was known then; the next day's first one waits anew."""
    done = list(priced)
    if not done:
        return
    conn.execute(
        """INSERT INTO pricings (capture_time, known_by, quotes, fair_prices, edges)
        SELECT m, %(known_by)s, q, f, e
        FROM unnest(%(moments)s::timestamptz[], %(quotes)s::int[], %(fair)s::int[],
            %(edges)s::int[]) AS x(m, q, f, e)
        ON CONFLICT (capture_time) DO UPDATE SET known_by = excluded.known_by,
            quotes = excluded.quotes, fair_prices = excluded.fair_prices,
            edges = excluded.edges, priced_at = clock_timestamp()""",
        {
            "known_by": known_by,
            "moments": [one.capture_time for one in done],
            "quotes": [one.quotes for one in done],
            "fair": [one.fair_prices for one in done],
            "edges": [one.edges for one in done],
        },
    )
    last = max(one.capture_time for one in done)
    conn.execute(
        """UPDATE pricings SET known_by = 'epoch' WHERE capture_time = (
            SELECT min(capture_time) FROM pricings
            WHERE capture_time > %(last)s
              AND date_trunc('day', capture_time, 'UTC') > date_trunc('day', %(last)s, 'UTC')
        )""",
        {"last": last},
    )
