"""Loads whole columns by binary COPY: for derived tables, whose rows are made as arrays.

Belongs here: columns as PostgreSQL's binary rows, thousands at once. Does not belong here: which
rows; facts (``bulk_load``, which packs them row by row).

Rows with the same columns missing and the same texts have one shape, so each shape is one array of
records: a length and a value a column, in network byte order.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

Connection = psycopg.Connection[Any]

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_EPOCH = int((datetime(2000, 1, 1, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
_FORMATS = {"int2": ">i2", "int4": ">i4", "int8": ">i8", "float8": ">f8", "bool": "u1"}
_TIME, _DATE, _TEXT = "timestamptz", "date", "text"


class Values(NamedTuple):
    """One column.

    Args:
        name: its name in the table.
        kind: int2, int4, int8, float8, bool, text, date (days since 1970) or timestamptz
            (microseconds since 1970).
        values: one a row; what stands where it is missing does not matter.
        missing: where it is null; default nowhere. NaN of float8 is null too.
    """

    name: str
    kind: str
    values: NDArray[Any]
    missing: NDArray[np.bool_] | None = None


def copy_columns(conn: Connection, table: str, columns: Sequence[Values]) -> int:
    """Append rows; returns how many.

    Args:
        conn: a connection inside a transaction.
        table: a table of ours, also a temporary one.
        columns: all of the same length.
    """
    count = len(columns[0].values)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table), sql.SQL(", ").join(sql.Identifier(c.name) for c in columns)
    )
    with conn.cursor().copy(statement) as copy:
        copy.write(_HEADER)
        if count:
            for rows in _shapes(columns):
                copy.write(_packed(columns, rows))
        copy.write(_END)
    return count


def _shapes(columns: Sequence[Values]) -> list[NDArray[np.int64]]:
    """The rows of each shape."""
    codes = np.zeros(len(columns[0].values), dtype=np.int64)
    for column in columns:
        missing = _missing(column)
        code = missing.astype(np.int64)
        if column.kind == _TEXT:
            texts = np.where(missing, "", column.values).astype(str)
            code = np.where(missing, 0, np.unique(texts, return_inverse=True)[1] + 1)
        if code.any():
            pairs = np.column_stack((codes, code))
            codes = np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1)
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


def _missing(column: Values) -> NDArray[np.bool_]:
    if column.kind == "float8":
        return np.isnan(column.values.astype(np.float64))
    if column.missing is None:
        return np.zeros(len(column.values), dtype=np.bool_)
    return column.missing


def _packed(columns: Sequence[Values], rows: NDArray[np.int64]) -> bytes:
    fields: list[tuple[str, str]] = [("columns", ">i2")]
    filled: dict[str, Any] = {"columns": len(columns)}
    for place, column in enumerate(columns):
        length, value = f"length_{place}", f"value_{place}"
        fields.append((length, ">i4"))
        if _missing(column)[rows[0]]:
            filled[length] = -1
            continue
        stored, form = _stored(column, rows)
        fields.append((value, form))
        filled[value] = stored
        filled[length] = np.dtype(form).itemsize
    records = np.empty(len(rows), dtype=fields)
    for name, values in filled.items():
        records[name] = values
    return records.tobytes()


def _stored(column: Values, rows: NDArray[np.int64]) -> tuple[Any, str]:
    """A column's values as PostgreSQL keeps them, and their form."""
    values = column.values[rows]
    if column.kind == _TEXT:
        text = str(values[0]).encode()
        return text, f"S{len(text)}"
    if column.kind == _TIME:
        return values.astype(np.int64) - _EPOCH * 1_000_000, ">i8"
    if column.kind == _DATE:
        return values.astype(np.int64) - _EPOCH // 86_400, ">i4"
    return values, _FORMATS[column.kind]
