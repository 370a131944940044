"""Quotes and snapshots as Arrow tables: from PostgreSQL and back.

Belongs here: the columns of both, their types, and the binary COPY between. Does not belong here:
files (``write``), which rows are wanted (``thaw``).

Quotes go as whole blocks of fixed-width records, since a month has tens of millions of them.
"""

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from odds_pipeline.storage.archive.manifest import QUOTES

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

Connection = psycopg.Connection[Any]

QUOTE_COLUMNS = (
    *("event_no", "selection_id", "capture_time", "known_time"),
    *("state", "price", "point"),
)
SNAPSHOT_COLUMNS = (
    *("event_no", "capture_time", "known_time", "scope_id", "commence_time", "snapshot_id"),
    *("capture_id", "layout_id", "matchup_id", "bookmaker_count", "in_play", "day_only"),
    *("unlisted", "ages", "far_ages"),
)
ORDER = {
    "quotes": ("event_no", "selection_id", "capture_time", "known_time"),
    "snapshots": ("event_no", "capture_time", "known_time", "scope_id"),
}

# PostgreSQL counts microseconds from 2000-01-01.
_EPOCH = 946_684_800_000_000
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_WIDTHS = {
    "event_no": ">i4",
    "selection_id": ">i4",
    "capture_time": ">i8",
    "known_time": ">i8",
    "state": ">i2",
    "price": ">f8",
    "point": ">f8",
    "no_price": "?",
    "no_point": "?",
}


def columns(kind: str) -> tuple[str, ...]:
    """The columns of quotes or snapshots, as they stand in files."""
    return QUOTE_COLUMNS if kind == QUOTES else SNAPSHOT_COLUMNS


def schema(kind: str) -> "pa.Schema":
    """Arrow types of quotes or snapshots."""
    import pyarrow as pa

    time = pa.timestamp("us", "UTC")
    types = {
        "event_no": pa.int32(),
        "selection_id": pa.int32(),
        "capture_time": time,
        "known_time": time,
        "state": pa.int16(),
        "price": pa.float64(),
        "point": pa.float64(),
        "scope_id": pa.int32(),
        "commence_time": time,
        "snapshot_id": pa.int64(),
        "capture_id": pa.int32(),
        "layout_id": pa.int32(),
        "matchup_id": pa.int32(),
        "bookmaker_count": pa.int16(),
        "in_play": pa.bool_(),
        "day_only": pa.bool_(),
        "unlisted": pa.bool_(),
        "ages": pa.list_(pa.int16()),
        "far_ages": pa.string(),
    }
    return pa.schema([(name, types[name]) for name in columns(kind)])


def stored(conn: Connection, kind: str, table: str, first: int, last: int) -> "pa.Table":
    """The rows of one partition whose event numbers lie in [first, last], in no order."""
    read = _stored_quotes if kind == QUOTES else _stored_snapshots
    return read(conn, sql.Identifier("public", table), first, last)


def _stored_quotes(conn: Connection, table: sql.Identifier, first: int, last: int) -> "pa.Table":
    import numpy as np
    import pyarrow as pa

    names = (*QUOTE_COLUMNS, "no_price", "no_point")
    query = sql.SQL(
        "COPY (SELECT event_no, selection_id, capture_time, known_time, state, "
        "coalesce(price, 0), coalesce(point, 0), price IS NULL, point IS NULL "
        "FROM {} WHERE event_no BETWEEN {} AND {}) TO STDOUT (FORMAT BINARY)"
    ).format(table, first, last)
    with conn.cursor() as cursor, cursor.copy(query) as copy:
        content = b"".join(copy)
    records = np.frombuffer(content[len(_HEADER) : -len(_TRAILER)], dtype=_record(names))
    shape = schema(QUOTES)
    arrays = []
    for field in shape:
        values = records[field.name].astype(records[field.name].dtype.newbyteorder("="))
        if field.name in {"price", "point"}:
            arrays.append(pa.array(values, mask=records[f"no_{field.name}"]))
        elif field.name.endswith("_time"):
            arrays.append(pa.array(values + _EPOCH).cast(field.type))
        else:
            arrays.append(pa.array(values))
    return pa.table(arrays, schema=shape)


def _record(names: tuple[str, ...]) -> "np.dtype[Any]":
    """One row of a binary COPY whose fields all have their fixed width."""
    import numpy as np

    fields = [("fields", ">i2")]
    for name in names:
        fields += [(f"{name}_size", ">i4"), (name, _WIDTHS[name])]
    return np.dtype(fields)


def _stored_snapshots(conn: Connection, table: sql.Identifier, first: int, last: int) -> "pa.Table":
    import pyarrow as pa

    named = sql.SQL(", ").join(
        sql.SQL("far_ages::text") if name == "far_ages" else sql.Identifier(name)
        for name in SNAPSHOT_COLUMNS
    )
    query = sql.SQL("SELECT {} FROM {} WHERE event_no BETWEEN %s AND %s").format(named, table)
    rows = conn.execute(query, (first, last), binary=True).fetchall()
    shape = schema("snapshots")
    by_column = list(zip(*rows, strict=True)) or [()] * len(shape)
    return pa.table(
        [pa.array(values, f.type) for f, values in zip(shape, by_column, strict=True)],
        schema=shape,
    )


def put(conn: Connection, kind: str, table: str, rows: "pa.Table") -> None:
    """Append archived rows to a temporary table of this kind."""
    if not rows.num_rows:
        return
    named = sql.SQL(", ").join(map(sql.Identifier, columns(kind)))
    target = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier("pg_temp", table), named)
    with conn.cursor() as cursor:
        if kind == QUOTES:
            with cursor.copy(target + sql.SQL(" (FORMAT BINARY)")) as copy:
                copy.write(_quote_records(rows))
        else:
            with cursor.copy(target) as copy:
                for row in zip(*(rows[name].to_pylist() for name in SNAPSHOT_COLUMNS), strict=True):
                    copy.write_row(row)


def _quote_records(rows: "pa.Table") -> bytes:
    """Rows as a binary COPY: a block of equal records for each pattern of nulls."""
    import pyarrow.compute as pc

    absent = {
        name: rows[name].is_null().to_numpy(zero_copy_only=False) for name in ("price", "point")
    }
    values = {name: rows[name] for name in QUOTE_COLUMNS}
    arrays = {
        name: (pc.fill_null(column, 0.0) if name in absent else column).to_numpy()
        for name, column in values.items()
    }
    blocks = [_HEADER]
    for no_price in (False, True):
        for no_point in (False, True):
            chosen = (absent["price"] == no_price) & (absent["point"] == no_point)
            nulls = {name for name, no in (("price", no_price), ("point", no_point)) if no}
            blocks.append(_block({n: a[chosen] for n, a in arrays.items()}, nulls))
    return b"".join((*blocks, _TRAILER))


def _block(arrays: "dict[str, np.ndarray[Any, Any]]", nulls: set[str]) -> bytes:
    import numpy as np

    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name in QUOTE_COLUMNS:
        fields.append((f"{name}_size", ">i4"))
        if name not in nulls:
            fields.append((name, _WIDTHS[name]))
    block = np.zeros(len(arrays["event_no"]), dtype=np.dtype(fields))
    block["fields"] = len(QUOTE_COLUMNS)
    for name, values in arrays.items():
        if name in nulls:
            block[f"{name}_size"] = -1
            continue
        block[f"{name}_size"] = np.dtype(_WIDTHS[name]).itemsize
        block[name] = (
            values.astype("datetime64[us]").astype(np.int64) - _EPOCH
            if name.endswith("_time")
            else values
        )
    return block.tobytes()
