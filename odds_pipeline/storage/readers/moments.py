"""The two times every reader takes, made definite.

Belongs here: `at` (market time) and `known_by` with their defaults. Does not belong here: what
"now" is for `known_by` (``storage.known_time``).
"""

from datetime import UTC, datetime
from typing import Any

import psycopg

from odds_pipeline.errors import UsageError
from odds_pipeline.storage import known_time

Connection = psycopg.Connection[Any]


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
