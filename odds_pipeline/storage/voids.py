"""Voids: quotes that must not be used, by key and interval of capture times, and their lifts.

Belongs here: writing and listing them, and what they do to logged issues. Does not belong here:
what a reader makes of a void (the database's `voided_by`), what used a voided quote (``derived``).

Both tables are immutable: a void is undone by a lift, and both have a known time of their own,
set by the database. Interval ends belong to the interval; times are aware UTC.
"""

from datetime import date, datetime
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.errors import NotFound

Connection = psycopg.Connection[Any]


class VoidKey(NamedTuple):
    """What is void, by the numbers of the dimensions; ``None`` = every one."""

    event_no: int | None
    bookmaker_id: int | None
    market_id: int | None
    outcome_id: int | None
    description_id: int | None


class Void(NamedTuple):
    """A void as it is shown; ``lifted_at`` is the known time of its lift."""

    void_id: int
    known_time: datetime
    event_id: str | None
    bookmaker_key: str | None
    market_key: str | None
    outcome_name: str | None
    description: str | None
    from_capture: datetime
    to_capture: datetime
    reason: str
    created_by: str
    lifted_at: datetime | None
    lift_reason: str | None
    lifted_by: str | None


_VOIDS = """
SELECT v.void_id, v.known_time, e.event_id, b.bookmaker_key, mk.market_key, o.name, d.name,
    v.from_capture, v.to_capture, v.reason, v.created_by, l.known_time, l.reason, l.created_by
FROM voids v
LEFT JOIN void_lifts l USING (void_id)
LEFT JOIN event_ids e USING (event_no)
LEFT JOIN bookmakers b USING (bookmaker_id)
LEFT JOIN markets mk USING (market_id)
LEFT JOIN names o ON o.name_id = v.outcome_id
LEFT JOIN names d ON d.name_id = v.description_id
WHERE %(void_id)s::int IS NULL OR v.void_id = %(void_id)s
ORDER BY v.void_id
"""

# An issue of a whole market used each of its outcomes; a void has to cover all of its captures.
_MARK_ISSUES = """
WITH judged AS (
    SELECT l.id, EXISTS (
        SELECT FROM voids_known('infinity') v
        WHERE (v.event_no IS NULL OR v.event_no = e.event_no)
          AND (v.bookmaker_id IS NULL OR v.bookmaker_id = b.bookmaker_id)
          AND (v.market_id IS NULL OR l.market_key IS NULL OR v.market_id = mk.market_id)
          AND (v.outcome_id IS NULL OR l.outcome_name IS NULL OR v.outcome_id = o.name_id)
          AND (v.description_id IS NULL OR v.description_id = d.name_id)
          AND l.snapshot_time >= v.from_capture
          AND coalesce(l.until_time, l.snapshot_time) <= v.to_capture
    ) AS voided
    FROM data_quality_logs l
    JOIN event_ids e USING (event_id)
    JOIN bookmakers b USING (bookmaker_key)
    LEFT JOIN markets mk USING (market_key)
    LEFT JOIN names o ON o.name = l.outcome_name
    LEFT JOIN names d ON d.name = l.about
    WHERE (l.resolution IS NULL OR l.resolution = 'voided')
      AND (%(day)s::date IS NULL OR l.partition = %(day)s)
)
UPDATE data_quality_logs l SET resolution = CASE WHEN j.voided THEN 'voided' END
FROM judged j
WHERE j.id = l.id AND j.voided = (l.resolution IS NULL)
"""


def key_of(
    conn: Connection,
    event: str | None,
    bookmaker: str | None,
    market: str | None,
    outcome: str | None,
    description: str | None,
) -> VoidKey:
    """The numbers of stated keys and names.

    Raises:
        NotFound: one of them is not stored.
    """

    def number(query: str, what: str, named: str | None) -> int | None:
        if named is None:
            return None
        row = conn.execute(query, (named,)).fetchone()
        if row is None:
            raise NotFound(f"{what} {named!r} is not stored here; `odds show-odds` names those")
        return int(row[0])

    name = "SELECT name_id FROM names WHERE name = %s"
    return VoidKey(
        number("SELECT event_no FROM event_ids WHERE event_id = %s", "event", event),
        number(
            "SELECT bookmaker_id FROM bookmakers WHERE bookmaker_key = %s", "bookmaker", bookmaker
        ),
        number("SELECT market_id FROM markets WHERE market_key = %s", "market", market),
        number(name, "outcome", outcome),
        number(name, "description", description),
    )


def write(
    conn: Connection, key: VoidKey, first: datetime, last: datetime, reason: str, by: str
) -> int:
    """Void the key's quotes in the snapshots captured from ``first`` to ``last``; its number."""
    row = conn.execute(
        """INSERT INTO voids (event_no, bookmaker_id, market_id, outcome_id, description_id,
            from_capture, to_capture, reason, created_by)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING void_id""",
        (*key, first, last, reason, by),
    ).fetchone()
    assert row is not None
    return int(row[0])


def lift(conn: Connection, void_id: int, reason: str, by: str) -> bool:
    """Let the void hold no longer, from now on; False when it was lifted already.

    Raises:
        NotFound: there is no such void.
    """
    void(conn, void_id)
    lifted = conn.execute(
        """INSERT INTO void_lifts (void_id, reason, created_by) VALUES (%s, %s, %s)
        ON CONFLICT (void_id) DO NOTHING""",
        (void_id, reason, by),
    )
    return lifted.rowcount == 1


def void(conn: Connection, void_id: int) -> Void:
    """One void.

    Raises:
        NotFound: there is no such void.
    """
    row = conn.execute(_VOIDS, {"void_id": void_id}).fetchone()
    if row is None:
        raise NotFound(f"there is no void {void_id}; `odds void list` lists them")
    return Void(*row)


def voids(conn: Connection) -> list[Void]:
    """Every void, lifted ones too, in the order in which they were made."""
    return [Void(*row) for row in conn.execute(_VOIDS, {"void_id": None})]


def mark_issues(conn: Connection, day: date | None = None) -> None:
    """Resolve the logged issues of quotes that are void now, reopen those no longer void.

    Args:
        conn: a connection inside a transaction.
        day: UTC day of the captures; default every day.
    """
    conn.execute(_MARK_ISSUES, {"day": day})
