"""The two times every reader takes, made definite.

Belongs here: `at` (market time) and `known_by` with their defaults. Does not belong here: what
"now" is for `known_by` (``storage.known_time``).
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.errors import UsageError
from odds_pipeline.storage import known_time

Connection = psycopg.Connection[Any]

_OPENING = """
SELECT now, pending, anything_archived(), set_config('plan_cache_mode', %s, true) FROM known_now()
"""


class Opening(NamedTuple):
    """What a reader knows before it asks: its times, and whether any facts are archived."""

    at: datetime
    known_by: datetime
    archived: bool


def opened(
    conn: Connection, at: datetime | None, known_by: datetime | None, *, kept_plans: bool = False
) -> Opening:
    """As ``resolved``, with all that a reader asks first in the same round trip.

    Args:
        conn: a connection inside a transaction.
        at: market time; default now.
        known_by: what must have been stored by then; default all.
        kept_plans: until somebody sets it back, plan what is prepared once for whatever values.

    Raises:
        UsageError: a time has no zone.
        NotYetNormalised: ``known_by`` reaches documents that still wait.
    """
    if known_by is not None:
        aware(known_by, "known_by")
    moment = datetime.now(UTC) if at is None else aware(at, "at")
    row = conn.execute(
        _OPENING, ("force_generic_plan" if kept_plans else "auto",), prepare=True
    ).fetchone()
    assert row is not None
    now, pending, archived, _ = row
    return Opening(moment, known_time.within(known_by, now, pending), archived)


def resolved(
    conn: Connection, at: datetime | None, known_by: datetime | None
) -> tuple[datetime, datetime]:
    """`at` and `known_by` as an answer uses them.

    Raises:
        UsageError: a time has no zone.
        NotYetNormalised: ``known_by`` reaches documents that still wait.
    """
    if known_by is not None:
        aware(known_by, "known_by")
    known = known_time.resolve(conn, known_by)
    return (datetime.now(UTC) if at is None else aware(at, "at")), known


def aware(moment: datetime, name: str) -> datetime:
    """The moment itself.

    Raises:
        UsageError: it has no zone.
    """
    if moment.tzinfo is None:
        raise UsageError(f"{name} needs a time zone, for example 2026-01-31T18:00:00Z")
    return moment
