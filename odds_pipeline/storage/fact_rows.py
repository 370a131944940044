"""Appends snapshots and quote rows: the rows of one table as one JSON text, one statement.

Belongs here: the rows' shape and how they are sent. Does not belong here: which rows
(``odds_facts``).

JSON, since it is written in one go whatever the types, and since an insert can be queued in a
pipeline with the rest of a transaction, which COPY cannot: a body has few new rows, and each answer
waited for costs more than they do. Numbers stay exact: a double is spelled by its shortest text.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
from msgspec import Struct
from msgspec.json import Encoder

from odds_pipeline.storage.timeline import NewRow

Connection = psycopg.Connection[Any]

MOST_ROWS = 10_000  # a statement; some 2 MB of text
_ENCODER = Encoder()

_SNAPSHOTS = """INSERT INTO snapshots (capture_time, known_time, commence_time, snapshot_id,
    event_no, capture_id, scope_id, layout_id, matchup_id, bookmaker_count, in_play, day_only,
    unlisted, ages, far_ages)
SELECT * FROM json_to_recordset(%s::json) AS new (capture_time timestamptz,
    known_time timestamptz, commence_time timestamptz, snapshot_id bigint, event_no int,
    capture_id int, scope_id int, layout_id int, matchup_id int, bookmaker_count smallint,
    in_play boolean, day_only boolean, unlisted boolean, ages smallint[], far_ages jsonb)"""
_QUOTES = """INSERT INTO quotes (capture_time, known_time, price, point, event_no, selection_id,
    state)
SELECT * FROM json_to_recordset(%s::json) AS new (capture_time timestamptz,
    known_time timestamptz, price float8, point float8, event_no int, selection_id int,
    state smallint)"""


class SnapshotRow(Struct, frozen=True, gc=False):
    """One row of ``snapshots``, its fields named as the columns."""

    capture_time: datetime
    known_time: datetime
    commence_time: datetime
    snapshot_id: int
    event_no: int
    capture_id: int
    scope_id: int
    layout_id: int
    matchup_id: int | None
    bookmaker_count: int
    in_play: bool
    day_only: bool
    unlisted: bool
    ages: list[int]
    far_ages: dict[str, int] | None


def append_snapshots(conn: Connection, rows: Sequence[SnapshotRow]) -> None:
    """Append snapshots; their months' partitions must be there."""
    _append(conn, _SNAPSHOTS, rows)


def append_quotes(conn: Connection, rows: Sequence[NewRow]) -> None:
    """Append quote rows; their months' partitions must be there."""
    _append(conn, _QUOTES, rows)


def _append(conn: Connection, statement: str, rows: Sequence[Struct]) -> None:
    for first in range(0, len(rows), MOST_ROWS):
        part = _ENCODER.encode(rows[first : first + MOST_ROWS])
        conn.execute(statement, (part.decode(),))
