"""Loads snapshots and quote rows by binary COPY, the fastest door PostgreSQL has.

Belongs here: the rows' shape on the wire. Does not belong here: which rows (``odds_facts``).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from odds_pipeline.storage.timeline import NewRow

Connection = psycopg.Connection[Any]


class SnapshotRow(NamedTuple):
    """One row of ``snapshots``, in COPY order."""

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
    far_ages: Jsonb | None


def copy_snapshots(conn: Connection, rows: Iterable[SnapshotRow]) -> None:
    """Append snapshots; their months' partitions must be there."""
    with (
        conn.cursor() as cursor,
        cursor.copy(
            """COPY snapshots (capture_time, known_time, commence_time, snapshot_id, event_no,
            capture_id, scope_id, layout_id, matchup_id, bookmaker_count, in_play, day_only,
            unlisted, ages, far_ages) FROM STDIN (FORMAT BINARY)"""
        ) as copy,
    ):
        copy.set_types(
            [
                *("timestamptz", "timestamptz", "timestamptz", "int8"),
                *("int4", "int4", "int4", "int4", "int4", "int2"),
                *("bool", "bool", "bool", "int2[]", "jsonb"),
            ]
        )
        for row in rows:
            copy.write_row(row)


def copy_quotes(conn: Connection, rows: Iterable[NewRow]) -> None:
    """Append quote rows; their months' partitions must be there."""
    with (
        conn.cursor() as cursor,
        cursor.copy(
            """COPY quotes (capture_time, known_time, price, point, event_no, selection_id, state)
        FROM STDIN (FORMAT BINARY)"""
        ) as copy,
    ):
        copy.set_types(["timestamptz", "timestamptz", "float8", "float8", "int4", "int4", "int2"])
        for row in rows:
            copy.write_row(row)
