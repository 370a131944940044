"""What a process may remember of the database from one batch to the next.

Belongs here: the parts and the mark that says when they hold. Does not belong here: when they are
kept and dropped (``remembered``).
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from odds_pipeline.storage.dimensions import Dimensions
from odds_pipeline.storage.standing import Standing

Connection = psycopg.Connection[Any]

_MARK = """
SELECT schema_id, removals, (SELECT max(capture_id) FROM captures),
    (SELECT max(capture_time) FROM captures)
FROM fact_state
"""


class FactMark(NamedTuple):
    """How far the stored facts are: equal marks mean that nobody wrote or removed any between.

    Every batch that writes facts writes captures, and whatever removes facts counts one up.
    """

    schema_id: UUID
    removals: int
    newest_capture_id: int | None
    newest_capture_time: datetime | None


def _nothing_known() -> Standing:
    """A story whose end is not known: no capture lies surely after it."""
    return Standing(datetime.max.replace(tzinfo=UTC))


@dataclass(slots=True)
class Memory:
    """Numbers of keys and names, and what the newest captures left standing."""

    dims: Dimensions = field(default_factory=Dimensions)
    standing: Standing = field(default_factory=_nothing_known)


def mark(conn: Connection) -> FactMark:
    """The mark as this transaction sees it; the normaliser's lock must be held."""
    row = conn.execute(_MARK).fetchone()
    assert row is not None
    return FactMark(*row)
