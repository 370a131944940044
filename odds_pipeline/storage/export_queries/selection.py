"""What one export is: its query, its order, and the values it may be narrowed by.

Belongs here: that, and the conditions that queries share. Does not belong here: the queries (by
what they are about), running them (``storage.exports``).

Every query binds the same values: ``start``, ``end``, ``event``, ``sport`` and ``known_by``, each
null when it is not asked for; those of ``by_day`` get one day after the other as start and end.
"""

from dataclasses import dataclass

ALL = frozenset({"start", "end", "event", "sport", "known_by"})
BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Selection:
    """One thing to export.

    Args:
        query: its rows, in no order; a constant of this module.
        order: the columns that order them.
        filters: which of the values it takes.
        as_of: the query for a stated ``known_by``, where a condition is not enough.
        by_day: whether it is asked for each UTC day with captures.
        batch: rows held at once.
    """

    query: str
    order: tuple[str, ...]
    filters: frozenset[str] = ALL
    as_of: str | None = None
    by_day: bool = False
    batch: int = BATCH


def within(column: str) -> str:
    """From start to end, the end not included."""
    return (
        f"(%(start)s::timestamptz IS NULL OR {column} >= %(start)s)"
        f" AND (%(end)s::timestamptz IS NULL OR {column} < %(end)s)"
    )


def known(column: str) -> str:
    """Known by then."""
    return f"(%(known_by)s::timestamptz IS NULL OR {column} <= %(known_by)s)"


EVENT = "(%(event)s::text IS NULL OR event_id = %(event)s)"
SPORT = "(%(sport)s::text IS NULL OR sport_key = %(sport)s)"
SPORT_OF_EVENT = """(%(sport)s::text IS NULL OR event_id IN (
    SELECT event_id FROM event_ids JOIN sports USING (sport_id) WHERE sport_key = %(sport)s))"""


def day_within(column: str) -> str:
    """The same for a column that is a UTC day."""
    return within(f"({column}::timestamp AT TIME ZONE 'UTC')")


def standing(alias: str) -> str:
    """Rows that were not superseded by then, or are not now."""
    return (
        f"(CASE WHEN %(known_by)s::timestamptz IS NULL THEN {alias}.superseded_at IS NULL"
        f" ELSE {alias}.known_time <= %(known_by)s"
        f" AND ({alias}.superseded_at IS NULL OR {alias}.superseded_at > %(known_by)s) END)"
    )


# One day: a plain range, by which the planner leaves other months out.
DAY_OF_ODDS = "odds_timestamp >= %(start)s AND odds_timestamp < %(end)s"
DAY_OF_SNAPSHOTS = "snapshot_time >= %(start)s AND snapshot_time < %(end)s"
