"""Movements of markets by the day on which their events start.

Belongs here: SQL around ``line_movements``, and when events were captured. Does not belong here:
what moved (``services.market.movements``).
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.archive.thaw import thaw
from odds_pipeline.storage.day_tables import replace_day
from odds_pipeline.storage.frames import fetch_frame
from odds_pipeline.storage.numbers import Numbers

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]

_KINDS = {
    **dict.fromkeys(("opening_point", "opening_price", "opening_probability"), "float8"),
    "opened_at": "timestamptz",
    **dict.fromkeys(("closing_point", "closing_price", "closing_probability"), "float8"),
    "closed_at": "timestamptz",
    **dict.fromkeys(("captures", "moves"), "int4"),
    **dict.fromkeys(("net_move", "largest_move"), "float8"),
    **dict.fromkeys(("steam_moves", "first_moves"), "int4"),
}

_CAPTURES = """
SELECT DISTINCT e.event_id, s.capture_time
FROM snapshots s JOIN event_ids e USING (event_no)
WHERE e.event_id = ANY(%(events)s) AND NOT s.unlisted AND NOT s.in_play
ORDER BY e.event_id, s.capture_time
"""

_READ = """
SELECT m.day, e.event_id, b.bookmaker_key, mk.market_key, o.name AS outcome_name,
    d.name AS description, m.opening_point, m.opening_price, m.opening_probability, m.opened_at,
    m.closing_point, m.closing_price, m.closing_probability, m.closed_at, m.captures, m.moves,
    m.net_move, m.largest_move, m.steam_moves, m.first_moves
FROM line_movements m
JOIN event_ids e USING (event_no)
JOIN bookmakers b USING (bookmaker_id)
JOIN markets mk USING (market_id)
JOIN names o ON o.name_id = m.outcome_id
LEFT JOIN names d ON d.name_id = m.description_id
WHERE m.day = %(day)s
ORDER BY e.event_id, mk.market_key, d.name, b.bookmaker_key
"""


def prematch_captures(conn: Connection, events: Iterable[str]) -> list[tuple[str, datetime]]:
    """When each event was captured before it began, by the start stated then."""
    ids = list(events)
    thaw(conn, ids)
    return conn.execute(_CAPTURES, {"events": ids}).fetchall()


def replace(conn: Connection, day: date, rows: "pd.DataFrame", known: Numbers) -> int:
    """Make the movements of a day those of the frame; returns how many."""
    return replace_day(conn, "line_movements", day, rows, known, _KINDS)


def line_movements(conn: Connection, day: date) -> "pd.DataFrame":
    """The stored movements of the events that start on a UTC day."""
    return fetch_frame(conn, _READ, {"day": day})
