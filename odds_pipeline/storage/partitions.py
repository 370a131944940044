"""Monthly tables made before they are needed.

Belongs here: which months must be there. Does not belong here: how one is made (``ensure_month``
in the migrations), old ones (``archive``).
"""

from datetime import datetime, timedelta
from typing import Any

import psycopg

from odds_pipeline.storage import locks

Connection = psycopg.Connection[Any]

# A week in which to notice that something fails.
AHEAD = timedelta(days=7)


def ensure_ahead(conn: Connection, now: datetime) -> None:
    """Make this month's tables and, a week before it begins, the next month's.

    A table that is there already costs a look at the catalog.
    """
    # Attaching one of snapshots locks captures too: only the normaliser may do it.
    locks.take(conn, locks.NORMALISER)
    for moment in (now, now + AHEAD):
        conn.execute(
            "SELECT ensure_month(%s, ARRAY['raw_bodies', 'snapshots', 'quotes'])", (moment,)
        )
