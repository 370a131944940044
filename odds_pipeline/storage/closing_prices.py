"""Opening and closing prices of events by the day on which they start.

Belongs here: SQL around ``closing_prices``. Does not belong here: what closes (``readers``).

A day is made anew as a whole: the readers, asked for a time of knowledge, still say what was known
before.
"""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.frames import fetch_frame
from odds_pipeline.storage.numbers import Numbers, with_absent

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]

_COPY = """
COPY closing_prices (day, event_no, bookmaker_id, market_id, outcome_id, description_id, phase,
    point, price, capture_time, known_time, gap_seconds, kind, missing_reason, overround,
    fair_probability, method, result, flagged, commence_time) FROM STDIN
"""
_PLAIN = (
    *("phase", "point", "price", "capture_time", "known_time", "gap_seconds", "kind"),
    *("missing_reason", "overround", "fair_probability", "method", "result", "flagged"),
    "commence_time",
)

_READ = """
SELECT c.day, e.event_id, sp.sport_key, b.bookmaker_key, mk.market_key, o.name AS outcome_name,
    d.name AS description, c.phase, c.point, c.price, american(c.price) AS american_price,
    c.capture_time, c.known_time, c.gap_seconds, c.kind, c.missing_reason, c.overround,
    c.fair_probability, c.method, c.result, c.flagged, c.commence_time
FROM closing_prices c
JOIN event_ids e USING (event_no)
JOIN sports sp USING (sport_id)
JOIN bookmakers b USING (bookmaker_id)
JOIN markets mk USING (market_id)
LEFT JOIN names o ON o.name_id = c.outcome_id
LEFT JOIN names d ON d.name_id = c.description_id
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
    conn.execute("DELETE FROM closing_prices WHERE day = %s", (day,))
    if rows.empty:
        return
    known = with_absent(conn, known, rows["bookmaker_key"].unique(), rows["market_key"].unique())
    plain = rows[list(_PLAIN)].astype(object).where(rows[list(_PLAIN)].notna(), None)
    keys = ["event_id", "bookmaker_key", "market_key", "outcome_name", "description"]
    with conn.cursor().copy(_COPY) as copy:
        for (event, book, market, outcome, about), rest in zip(
            rows[keys].itertuples(index=False, name=None),
            plain.itertuples(index=False, name=None),
            strict=True,
        ):
            copy.write_row(
                (
                    day,
                    known.events[event],
                    known.bookmakers[book],
                    known.markets[market],
                    known.names[outcome] if isinstance(outcome, str) else None,
                    known.names[about] if isinstance(about, str) else None,
                    *rest,
                )
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
