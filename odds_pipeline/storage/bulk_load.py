"""Loads snapshots and quote rows by binary COPY, the fastest door PostgreSQL has.

Belongs here: the rows' shape on the wire. Does not belong here: which rows (``odds_facts``).

A row in that format is the number of its columns, then for each its length in bytes and its value
in network byte order; -1 for the length stands for null. Rows of one shape are packed in one go.
Times are microseconds since 2000, as PostgreSQL keeps them.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.storage.timeline import NewRow

Connection = psycopg.Connection[Any]

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_SMALLINT = 21  # the element type's number inside an array

_LENGTH = Struct(">i")
_QUOTE = Struct(">h iq iq id id ii ii ih")
_QUOTE_HEAD, _QUOTE_TAIL = Struct(">h iq iq"), Struct(">ii ii ih")
_DOUBLE = Struct(">id")
_SNAPSHOT = Struct(">h iq iq iq iq ii ii ii ii")
_SNAPSHOT_TAIL = Struct(">ih i? i? i?")
_ARRAY = Struct(">i iii ii")  # bytes; dimensions, whether nulls, type; length, first index


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
    far_ages: dict[str, int] | None


def copy_snapshots(conn: Connection, rows: Iterable[SnapshotRow]) -> None:
    """Append snapshots; their months' partitions must be there."""
    times = _Microseconds()
    _copy(
        conn,
        """COPY snapshots (capture_time, known_time, commence_time, snapshot_id, event_no,
        capture_id, scope_id, layout_id, matchup_id, bookmaker_count, in_play, day_only,
        unlisted, ages, far_ages) FROM STDIN (FORMAT BINARY)""",
        [_snapshot(row, times) for row in rows],
    )


def copy_quotes(conn: Connection, rows: Iterable[NewRow]) -> None:
    """Append quote rows; their months' partitions must be there."""
    times = _Microseconds()
    _copy(
        conn,
        """COPY quotes (capture_time, known_time, price, point, event_no, selection_id, state)
        FROM STDIN (FORMAT BINARY)""",
        [_quote(row, times) for row in rows],
    )


class _Microseconds(dict[datetime, int]):
    """Times as PostgreSQL counts them; few different ones come in many rows."""

    _EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
    _ONE = timedelta(microseconds=1)

    def __missing__(self, moment: datetime) -> int:
        count = self[moment] = (moment - self._EPOCH) // self._ONE
        return count


def _copy(conn: Connection, statement: str, rows: list[bytes]) -> None:
    if rows:
        with conn.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(b"".join((_HEADER, *rows, _END)))


def _quote(row: NewRow, times: _Microseconds) -> bytes:
    captured, known, price, point, event_no, selection_id, state = row
    times_ = times[captured], times[known]
    if price is not None and point is not None:
        return _QUOTE.pack(
            *(7, 8, times_[0], 8, times_[1], 8, price, 8, point),
            *(4, event_no, 4, selection_id, 2, state),
        )
    head = _QUOTE_HEAD.pack(7, 8, times_[0], 8, times_[1])
    tail = _QUOTE_TAIL.pack(4, event_no, 4, selection_id, 2, state)
    return b"".join((head, _double(price), _double(point), tail))


def _double(number: float | None) -> bytes:
    return _NULL if number is None else _DOUBLE.pack(8, number)


def _snapshot(row: SnapshotRow, times: _Microseconds) -> bytes:
    head = _SNAPSHOT.pack(
        *(15, 8, times[row.capture_time], 8, times[row.known_time], 8, times[row.commence_time]),
        *(8, row.snapshot_id, 4, row.event_no, 4, row.capture_id, 4, row.scope_id),
        *(4, row.layout_id),
    )
    matchup = _NULL if row.matchup_id is None else _sized(_LENGTH.pack(row.matchup_id))
    tail = _SNAPSHOT_TAIL.pack(
        *(2, row.bookmaker_count, 1, row.in_play, 1, row.day_only, 1, row.unlisted)
    )
    return b"".join((head, matchup, tail, _smallints(row.ages), _jsonb(row.far_ages)))


def _smallints(numbers: list[int]) -> bytes:
    """An array of smallint: each element after its length, two bytes."""
    count = len(numbers)
    if not count:
        return _sized(Struct(">iii").pack(0, 0, _SMALLINT))
    packed = Struct(f">{count}h").pack(*numbers)
    elements = bytearray(b"\0\0\0\2\0\0" * count)
    elements[4::6] = packed[0::2]
    elements[5::6] = packed[1::2]
    return _ARRAY.pack(20 + len(elements), 1, 0, _SMALLINT, count, 1) + elements


def _jsonb(value: dict[str, int] | None) -> bytes:
    """A jsonb: its text behind the format's version."""
    return _NULL if value is None else _sized(b"\1" + json.dumps(value).encode())


def _sized(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value
