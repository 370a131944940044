"""What a process may remember of the database from one batch to the next.

Belongs here: the parts, and the mark that says when they hold. Does not belong here: where they
are kept (``remembered``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from odds_pipeline.storage import locks
from odds_pipeline.storage.dimensions import Dimensions
from odds_pipeline.storage.standing import Standing

Connection = psycopg.Connection[Any]
Cursor = psycopg.Cursor[Any]

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

    def after(self, capture_ids: Sequence[int], moments: Iterable[datetime]) -> "FactMark":
        """The mark behind captures that were just written."""
        if not capture_ids:
            return self
        number = max(*capture_ids, self.newest_capture_id or 0)
        moment = max({*moments, self.newest_capture_time or datetime.min.replace(tzinfo=UTC)})
        return self._replace(newest_capture_id=number, newest_capture_time=moment)


def _nothing_known() -> Standing:
    """A story whose end is not known: no capture lies surely after it."""
    return Standing(datetime.max.replace(tzinfo=UTC))


@dataclass(slots=True)
class Memory:
    """Numbers of keys and names, and what the newest captures left standing at the mark.

    ``looked_at`` says of which document of each kind the fields were last looked at, by its time.
    """

    dims: Dimensions = field(default_factory=Dimensions)
    standing: Standing = field(default_factory=_nothing_known)
    mark: FactMark | None = None
    looked_at: dict[str, datetime] = field(default_factory=dict)

    def wrote(self, capture_ids: Sequence[int], moments: Iterable[datetime]) -> None:
        """Note captures that were written."""
        if self.mark is not None:
            self.mark = self.mark.after(capture_ids, moments)


def recalled(kept: Memory | None, now: FactMark) -> Memory:
    """As much of what was kept as still holds at this mark."""
    if kept is not None and kept.mark == now:
        return kept
    fresh = Memory(standing=Standing(now.newest_capture_time), mark=now)
    if kept is not None and kept.mark is not None and kept.mark.schema_id == now.schema_id:
        fresh.dims = kept.dims
        fresh.looked_at = kept.looked_at
    return fresh


def ask_locked_mark(conn: Connection) -> Cursor:
    """Take the normaliser's lock and ask how far the facts are; ``locked_mark`` has the answer."""
    locks.take(conn, locks.NORMALISER)
    return conn.execute(_MARK)


def locked_mark(asked: Cursor) -> FactMark:
    """The mark of the facts, which nobody else moves until the transaction ends."""
    row = asked.fetchone()
    assert row is not None
    return FactMark(*row)
