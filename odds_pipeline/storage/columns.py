"""Fetches a result as whole columns: no Python object a value, whatever its length.

Belongs here: reading PostgreSQL's binary arrays into numpy. Does not belong here: queries, frames
(``frames``), results of millions of rows (``arrow``).

A query gives one row of arrays (``array_agg``). An array of numbers has no nulls: the query puts
NaN, -1 or ``-infinity`` (which becomes NaT) in their place; an array of text may have some.
"""

from collections.abc import Callable, Mapping
from struct import Struct
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg

Array = npt.NDArray[Any]

# Dimensions, whether nulls, element type; length, first index: a filled array of one dimension.
_HEADER = 20
_LENGTH = Struct(">i")
_EPOCH = np.datetime64("2000-01-01", "us").astype("int64") - np.datetime64(0, "us").astype("int64")
_NEVER = np.iinfo(np.int64).min  # -infinity there, NaT here


def _numbers(stored: str, wanted: str) -> Callable[[bytes], Array]:
    element = np.dtype([("bytes", ">i4"), ("value", stored)])

    def read(array: bytes) -> Array:
        found: Array = np.frombuffer(array, element, offset=_HEADER)["value"].astype(wanted)
        return found

    return read


def _times(array: bytes) -> Array:
    counts = _MICROSECONDS(array)
    found: Array = np.where(counts == _NEVER, _NEVER, counts + _EPOCH).view("datetime64[us]")
    return found


def _texts(array: bytes) -> Array:
    found: list[str | None] = []
    place, end = _HEADER, len(array)
    while place < end:
        (length,) = _LENGTH.unpack_from(array, place)
        place += 4
        if length < 0:
            found.append(None)
            continue
        found.append(array[place : place + length].decode())
        place += length
    return np.array(found, dtype=object)


_MICROSECONDS = _numbers(">i8", "int64")

# By the number of the array's type.
_READ: Mapping[int, Callable[[bytes], Array]] = MappingProxyType(
    {
        1000: _numbers("?", "bool"),
        1005: _numbers(">i2", "int64"),
        1007: _numbers(">i4", "int64"),
        1009: _texts,
        1016: _MICROSECONDS,
        1022: _numbers(">f8", "float64"),
        1185: _times,
    }
)
_EMPTY = bytes(_HEADER)


def fetch_columns(
    conn: psycopg.Connection[Any],
    query: str,
    values: Mapping[str, object],
    *,
    prepare: bool,
) -> list[Array]:
    """The arrays of the one row that a query gives; a null one is empty.

    Args:
        conn: a connection inside a transaction.
        query: its columns are arrays of boolean, smallint, integer, bigint, double precision,
            timestamptz or text.
        values: its values.
        prepare: keep its plan with the connection.
    """
    result = conn.execute(query, values, prepare=prepare, binary=True).pgresult
    assert result is not None
    return [
        _READ[result.ftype(place)](result.get_value(0, place) or _EMPTY)
        for place in range(result.nfields)
    ]
