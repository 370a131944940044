"""Figures of how the platform lives, beyond those of the status panel.

Belongs here: counting them. Does not belong here: judging (``services.health``).
Times UTC; shares 0 to 1, ``None`` where there is nothing to share.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class VitalSigns:
    """What was fetched, stored, missed and judged lately.

    ``due`` and ``missed`` are captures of the last seven days; ``due_lately`` those of the last
    hours in which nothing may have come; ``issues_24h`` issues that stand of today and yesterday.
    """

    last_success: datetime | None
    events_24h: int
    quotes_24h: int
    quotes_7d: int
    due: int
    missed: int
    due_lately: int
    gaps: int
    issues_24h: int
    pending_since: datetime | None
    unsent_alerts: int
    unsent_since: datetime | None
    server_version: str
    open_connections: int
    max_connections: int


class StaleBook(NamedTuple):
    """A book whose prices were not read again, or that did not answer, and how often."""

    bookmaker_key: str
    rule: str
    issues: int
    newest: datetime | None


# Rules that say of a book that it is stale or silent.
STALE_RULES = ("updates_keep_pace", "asked_books_answer", "book_offers_as_usual")

_SIGNS = """
WITH slot AS (
    SELECT status, slot_time FROM slots
    WHERE purpose IN ('live', 'history') AND slot_time >= %(now)s - interval '7 days'
      AND slot_time <= %(now)s - interval '10 minutes'
)
SELECT
    (SELECT max(fetch_time) FROM fetch_logs WHERE success) AS last_success,
    (SELECT count(*) FROM event_ids WHERE created_at > %(now)s - interval '1 day') AS events_24h,
    (SELECT coalesce(sum(quotes), 0)::int8 FROM normalisations
     WHERE created_at > %(now)s - interval '1 day') AS quotes_24h,
    (SELECT coalesce(sum(quotes), 0)::int8 FROM normalisations
     WHERE created_at > %(now)s - interval '7 days') AS quotes_7d,
    (SELECT count(*) FROM slot) AS due,
    (SELECT count(*) FROM slot WHERE status NOT IN ('ok', 'healed')) AS missed,
    (SELECT count(*) FROM slot WHERE slot_time > %(now)s - %(still)s) AS due_lately,
    (SELECT count(*) FROM slots WHERE purpose = 'live' AND status = 'gap'
     AND slot_time >= %(now)s - interval '30 days') AS gaps,
    (SELECT count(*) FROM data_quality_logs
     WHERE resolution IS NULL
       AND partition >= (%(now)s AT TIME ZONE 'UTC')::date - 1) AS issues_24h,
    (SELECT min(known_time) FROM pending_raw) AS pending_since,
    (SELECT count(*) FROM alerts WHERE NOT sent) AS unsent_alerts,
    (SELECT min(triggered_at) FROM alerts WHERE NOT sent) AS unsent_since,
    current_setting('server_version') AS server_version,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')
        AS open_connections,
    current_setting('max_connections')::int AS max_connections
"""

_STALE = """
SELECT bookmaker_key, rule, count(*), max(coalesce(until_time, snapshot_time))
FROM data_quality_logs
WHERE resolution IS NULL AND rule = ANY(%s) AND bookmaker_key IS NOT NULL
  AND partition >= (%s AT TIME ZONE 'UTC')::date - 1
GROUP BY bookmaker_key, rule ORDER BY count(*) DESC, bookmaker_key, rule
"""


def vital_signs(conn: Connection, now: datetime, still: timedelta) -> VitalSigns:
    """Count them.

    Args:
        conn: our database.
        now: the moment.
        still: over how long ``due_lately`` counts.
    """
    row = conn.execute(_SIGNS, {"now": now, "still": still}).fetchone()
    assert row is not None
    return VitalSigns(*row)


def stale_books(conn: Connection, now: datetime) -> list[StaleBook]:
    """Books that rules find stale or silent today or yesterday."""
    return [StaleBook(*row) for row in conn.execute(_STALE, (list(STALE_RULES), now))]
