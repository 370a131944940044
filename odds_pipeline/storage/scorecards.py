"""Scorecards of bookmakers by UTC day of captures.

Belongs here: SQL around ``bookmaker_scorecards``. Does not belong here: scoring
(``services.market.scorecards``).
"""

from datetime import date
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.day_tables import replace_day
from odds_pipeline.storage.frames import fetch_frame
from odds_pipeline.storage.numbers import Numbers

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]

_KINDS = {
    "boards": "int4",
    **dict.fromkeys(
        (
            *("uptime", "mean_overround", "median_age_seconds", "p95_age_seconds"),
            *("stale_share", "best_share"),
        ),
        "float8",
    ),
    **dict.fromkeys(("moves", "steam_moves", "first_moves"), "int4"),
    "median_lag_seconds": "float8",
}

_READ = """
SELECT c.day, b.bookmaker_key, mk.market_key, c.boards, c.uptime, c.mean_overround,
    c.median_age_seconds, c.p95_age_seconds, c.stale_share, c.best_share, c.moves,
    c.steam_moves, c.first_moves, c.median_lag_seconds
FROM bookmaker_scorecards c
JOIN bookmakers b USING (bookmaker_id) JOIN markets mk USING (market_id)
WHERE c.day = %(day)s ORDER BY b.bookmaker_key, mk.market_key
"""


def replace(conn: Connection, day: date, rows: "pd.DataFrame", known: Numbers) -> int:
    """Make the scorecards of a day those of the frame; returns how many."""
    return replace_day(conn, "bookmaker_scorecards", day, rows, known, _KINDS)


def scorecards(conn: Connection, day: date) -> "pd.DataFrame":
    """The stored scorecards of a UTC day of captures."""
    return fetch_frame(conn, _READ, {"day": day})
