"""What was worked out from quotes, so that a voided quote can be followed to all that used it.

Belongs here: the registry of derived tables and the query that finds their rows. Does not belong
here: making them. A new derived table adds one entry to ``DERIVED``.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from odds_pipeline.storage.voids import VoidKey

Connection = psycopg.Connection[Any]


class Derived(NamedTuple):
    """A table worked out from quotes.

    Args:
        table: its name.
        asset: the Dagster asset that makes a day of it anew.
        users: the body of a query over ``covered c`` (the columns of `stored_odds`, one row a
            voided quote) that gives (row id as text, UTC day, what the row says) of each row that
            used one.
    """

    table: str
    asset: str
    users: str


DERIVED: Sequence[Derived] = (
    Derived(
        "data_quality_logs",
        "data_quality_log",
        """SELECT l.id::text, l.partition, l.rule || ': ' || l.description
        FROM data_quality_logs l
        WHERE EXISTS (
            SELECT FROM covered c
            WHERE l.event_id = c.event_id AND c.capture_time
                  BETWEEN l.snapshot_time AND coalesce(l.until_time, l.snapshot_time)
              AND l.bookmaker_key = c.bookmaker_key
              AND coalesce(l.market_key, c.market_key) = c.market_key
              AND coalesce(l.outcome_name, c.outcome_name) = c.outcome_name
        )""",
    ),
)


class User(NamedTuple):
    """A derived row that used one of the quotes."""

    table: str
    asset: str
    row: str
    day: date
    says: str


class Covered(NamedTuple):
    """The quotes that a key and an interval cover, and what used them.

    Args:
        snapshots: event captures with such a quote.
        quotes: prices in them, one an outcome a snapshot.
        days: UTC days of their captures.
        users: derived rows that used one.
    """

    snapshots: int
    quotes: int
    days: list[date]
    users: list[User]


_COVERED = """
WITH covered AS MATERIALIZED (
    SELECT * FROM stored_odds
    WHERE capture_time BETWEEN %(first)s AND %(last)s
      AND (%(event_no)s::int IS NULL OR event_no = %(event_no)s)
      AND (%(bookmaker_id)s::int IS NULL OR bookmaker_id = %(bookmaker_id)s)
      AND (%(market_id)s::int IS NULL OR market_id = %(market_id)s)
      AND (%(outcome_id)s::int IS NULL OR outcome_id = %(outcome_id)s)
      AND (%(description_id)s::int IS NULL OR description_id = %(description_id)s)
) """
_COUNTS = """SELECT count(DISTINCT snapshot_id), count(*),
    coalesce(array_agg(DISTINCT (capture_time AT TIME ZONE 'UTC')::date), '{}') FROM covered"""

_USERS = sql.SQL("{} SELECT * FROM ({}) u ORDER BY 2, 1")


def covered(
    conn: Connection,
    key: VoidKey,
    first: datetime,
    last: datetime,
    derived: Sequence[Derived] = DERIVED,
) -> Covered:
    """What a void of this key and interval covers, or would."""
    values = {"first": first, "last": last, **key._asdict()}
    counts = conn.execute(_COVERED + _COUNTS, values).fetchone()
    assert counts is not None
    users: list[User] = []
    for one in derived:
        query = _USERS.format(sql.SQL(_COVERED), sql.SQL(one.users))
        users.extend(User(one.table, one.asset, *row) for row in conn.execute(query, values))
    return Covered(counts[0], counts[1], sorted(counts[2]), users)
