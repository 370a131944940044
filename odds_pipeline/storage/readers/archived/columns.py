"""Columns of facts as arrays, and the months that still have tables.

Belongs here: turning what Arrow and PostgreSQL give into numbers, and back. Does not belong here:
what is searched in them.
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.archive import manifest
from odds_pipeline.storage.readers.archived.search import micros

if TYPE_CHECKING:
    import pyarrow as pa

    from odds_pipeline.storage.readers.archived.search import Ints

Connection = psycopg.Connection[Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def times(table: "pa.Table", name: str) -> "Ints":
    """A column of times as microseconds since 1970."""
    import numpy as np

    found: Ints = table[name].to_numpy().astype("datetime64[us]", copy=False).view(np.int64)
    return found


def moments(values: "Ints") -> list[datetime]:
    """Microseconds since 1970 as PostgreSQL takes them."""
    return [_EPOCH + timedelta(microseconds=value) for value in values.tolist()]


def stored_months(conn: Connection, kind: str) -> list[tuple[int, int]]:
    """First moment of each month that has a table, and first moment after it."""
    return [
        (micros(one.start), micros(one.end))
        for one in manifest.partitions(conn)
        if one.kind == kind
    ]
