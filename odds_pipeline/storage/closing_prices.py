"""Opening and closing prices of events by the day on which they start.

Belongs here: SQL around ``closing_prices``. Does not belong here: what closes (``readers``).

A day is made anew as a whole: the readers, asked for a time of knowledge, still say what was known
before.
"""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.day_tables import replace_day
from odds_pipeline.storage.frames import fetch_frame
from odds_pipeline.storage.numbers import Numbers, with_absent

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]

_KINDS = {
    "phase": "text",
    **dict.fromkeys(("point", "line", "price"), "float8"),
    **dict.fromkeys(("capture_time", "known_time"), "timestamptz"),
    "gap_seconds": "float8",
    **dict.fromkeys(("kind", "missing_reason"), "text"),
    **dict.fromkeys(("overround", "fair_probability"), "float8"),
    **dict.fromkeys(("method", "result", "unsettled_reason"), "text"),
    "flagged": "bool",
    "commence_time": "timestamptz",
}

# Closing prices with their names.
ROWS = """
SELECT c.day, e.event_id, sp.sport_key, b.bookmaker_key, mk.market_key, o.name AS outcome_name,
    d.name AS description, c.phase, c.point, c.line, c.price, american(c.price) AS american_price,
    c.capture_time, c.known_time, c.gap_seconds, c.kind, c.missing_reason, c.overround,
    c.fair_probability, c.method, c.result, c.unsettled_reason, c.flagged, c.commence_time
FROM closing_prices c
JOIN event_ids e USING (event_no)
JOIN sports sp USING (sport_id)
JOIN bookmakers b USING (bookmaker_id)
JOIN markets mk USING (market_id)
LEFT JOIN names o ON o.name_id = c.outcome_id
LEFT JOIN names d ON d.name_id = c.description_id"""

_READ = f"""{ROWS}
WHERE (%(day)s::date IS NULL OR c.day = %(day)s)
  AND (%(events)s::text[] IS NULL OR e.event_id = ANY(%(events)s))
  AND (%(phase)s::text IS NULL OR c.phase = %(phase)s)
  AND (NOT %(settled)s OR (c.result IS NOT NULL AND c.price IS NOT NULL))
ORDER BY e.event_id, b.bookmaker_key, mk.market_key, d.name, o.name, c.point, c.phase
"""


def replace(conn: Connection, day: date, rows: "pd.DataFrame", known: Numbers) -> None:
    """Make a day's rows those of the frame.

    Args:
        conn: a connection inside a transaction.
        day: UTC day on which the events start.
        rows: keys, and the columns of ``closing_prices``.
        known: the numbers of the frame's keys.
    """
    if len(rows):
        known = with_absent(
            conn, known, rows["bookmaker_key"].unique(), rows["market_key"].unique()
        )
    replace_day(conn, "closing_prices", day, rows, known, _KINDS)


def settle(conn: Connection, results: "pd.DataFrame") -> int:
    """Write results beside stored prices, or why there is none; returns how many rows changed.

    Args:
        conn: a connection inside a transaction.
        results: columns ``closing_price_id``, ``result`` and ``unsettled_reason``.
    """
    told = {
        name: [None if value != value else value for value in results[name]]
        for name in ("result", "unsettled_reason")
    }
    return conn.execute(
        """UPDATE closing_prices c
        SET result = r.result, unsettled_reason = r.unsettled_reason
        FROM unnest(%(ids)s::int8[], %(result)s::text[], %(unsettled_reason)s::text[])
            AS r(closing_price_id, result, unsettled_reason)
        WHERE c.closing_price_id = r.closing_price_id
          AND (c.result, c.unsettled_reason) IS DISTINCT FROM (r.result, r.unsettled_reason)""",
        {"ids": results["closing_price_id"].tolist(), **told},
    ).rowcount


def unsettled(conn: Connection) -> "pd.DataFrame":
    """Stored prices without a result, of events whose final score is known."""
    return fetch_frame(
        conn,
        """SELECT c.closing_price_id, e.event_id, mk.market_key, o.name AS outcome_name, c.point,
            c.commence_time
        FROM closing_prices c
        JOIN event_ids e USING (event_no)
        JOIN markets mk USING (market_id)
        JOIN names o ON o.name_id = c.outcome_id
        WHERE c.result IS NULL AND c.price IS NOT NULL AND c.event_no IN (
            SELECT event_no FROM event_statements
            WHERE home_score IS NOT NULL OR home_margin IS NOT NULL
        )""",
        {},
    )


def closing_prices(
    conn: Connection,
    day: date | None = None,
    events: Iterable[str] | None = None,
    phase: str | None = None,
    *,
    settled: bool = False,
) -> "pd.DataFrame":
    """Stored opening and closing prices.

    Args:
        conn: a connection inside a transaction.
        day: UTC day on which the events start; default every day.
        events: only of these; default all.
        phase: ``opening`` or ``closing``; default both.
        settled: only priced outcomes whose result is known.
    """
    return fetch_frame(
        conn,
        _READ,
        {
            "day": day,
            "events": None if events is None else list(events),
            "phase": phase,
            "settled": settled,
        },
    )
