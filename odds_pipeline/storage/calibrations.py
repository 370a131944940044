"""How well each margin removal foretold results.

Belongs here: SQL around ``calibrations``. Does not belong here: judging
(``services.market.calibration``).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.frames import fetch_frame

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]


def replace(conn: Connection, rows: Sequence[Sequence[object]]) -> None:
    """Make the table the given rows, in the order of its columns."""
    conn.execute("DELETE FROM calibrations")
    with conn.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO calibrations (sport_key, market_key, phase, grouping, value, method,
                markets, mean_overround, log_loss, log_loss_low, log_loss_high, brier, difference,
                t_value, reliability)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            rows,
        )


def calibrations(conn: Connection) -> "pd.DataFrame":
    """What was worked out last."""
    return fetch_frame(
        conn,
        """SELECT * FROM calibrations
        ORDER BY sport_key, market_key, phase, grouping, value, log_loss""",
        {},
    )
