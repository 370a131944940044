"""Which quotes lie inside a void.

Belongs here: the database's ``void_covers``, on arrays. Does not belong here: voids themselves
(``storage.voids``).
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.readers.archived.search import micros

if TYPE_CHECKING:
    from odds_pipeline.storage.readers.archived.covered import Covered
    from odds_pipeline.storage.readers.archived.rows import Rows
    from odds_pipeline.storage.readers.archived.search import Bools
    from odds_pipeline.storage.readers.archived.series import AllSeries

Connection = psycopg.Connection[Any]

_VOIDS = """
SELECT from_capture, to_capture, event_no, bookmaker_id, market_id, outcome_id, description_id
FROM voids_known(%s)
"""


def voided(
    conn: Connection, covered: "Covered", series: "AllSeries", rows: "Rows", known_by: datetime
) -> "Bools":
    """True where a void that is known by then covers the quote."""
    import numpy as np

    found = np.zeros(len(rows.series), dtype=bool)
    for begin, end, *key in conn.execute(_VOIDS, (known_by,)).fetchall():
        capture = covered.capture[rows.covered]
        inside = (capture >= micros(begin)) & (capture <= micros(end))
        columns = (covered.event[rows.covered], *series.key[:, rows.series])
        for wanted, column in zip(key, columns, strict=True):
            if wanted is not None:
                inside &= column == wanted
        found |= inside
    return found
