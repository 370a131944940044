"""Resolves `known_by` so that an answer, once given, never changes.

A document's known time is drawn under a lock that is held until its commit, so a reader that has
held the same lock shared for a moment (the database's `known_now`) has seen every known time up to
then. A document that is
stored but not yet normalised would still add facts under its known time: an explicit `known_by`
at or after it is refused, and the default stops just before it.
"""

from datetime import datetime, timedelta
from typing import Any

import psycopg

from odds_pipeline.errors import NotYetNormalised

Connection = psycopg.Connection[Any]
TICK = timedelta(microseconds=1)


def resolve(conn: Connection, known_by: datetime | None) -> datetime:
    """The known time an answer may use; now (or just before what is pending) by default.

    Raises:
        NotYetNormalised: a document known by then still waits to be normalised.
    """
    row = conn.execute("SELECT now, pending FROM known_now()").fetchone()
    assert row is not None
    return within(known_by, *row)


def within(known_by: datetime | None, now: datetime, pending: datetime | None) -> datetime:
    """The known time an answer may use, by what `known_now` says.

    Raises:
        NotYetNormalised: a document known by then still waits to be normalised.
    """
    newest = now - TICK
    if known_by is None:
        return newest if pending is None else min(newest, pending - TICK)
    asked = min(known_by, newest)
    if pending is not None and pending <= asked:
        raise NotYetNormalised(
            f"a response known since {pending:%Y-%m-%dT%H:%M:%SZ} is stored but not normalised; "
            "run `odds fetch` or materialise the asset `odds` to finish it, then ask again"
        )
    return asked
