"""Large results as Arrow, for research: ten times faster than rows turned into a frame.

Belongs here: the fast road from PostgreSQL to Arrow, and from there to pandas and polars. Does not
belong here: queries, frames of a few rows (``frames``).

Arrow comes over a connection of its own, so it sees what is committed and not what the caller's
transaction has just written. A query must carry its ``known_by``, resolved before: then it does not
matter when it runs.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import make_conninfo

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


def fetch_arrow(
    conn: psycopg.Connection[Any], query: str, values: Mapping[str, object] | Sequence[object]
) -> "pa.Table":
    """Run a query in the caller's database and return its rows as one Arrow table.

    Raises:
        ModuleNotFoundError: ``adbc-driver-postgresql`` is not installed.
    """
    from adbc_driver_postgresql import dbapi

    text = psycopg.ClientCursor(conn).mogrify(query, values)
    address = make_conninfo(conn.info.dsn, password=conn.info.password or None)
    with dbapi.connect(address) as opened, opened.cursor() as cursor:
        cursor.execute("SET timezone = 'UTC'")
        cursor.execute(text)
        return cursor.fetch_arrow_table()


def pandas_frame(table: "pa.Table") -> "pd.DataFrame":
    """The table as pandas, with the types that ``frames.fetch_frame`` gives."""
    import pandas as pd
    import pyarrow as pa

    types = {
        **dict.fromkeys((pa.int16(), pa.int32(), pa.int64()), pd.Int64Dtype()),
        **dict.fromkeys((pa.string(), pa.large_string()), pd.StringDtype(na_value=float("nan"))),
        pa.bool_(): pd.BooleanDtype(),
    }
    frame: pd.DataFrame = table.to_pandas(types_mapper=types.get)
    widened = {
        name: "Int64"
        for name, kind in zip(table.column_names, table.schema.types, strict=True)
        if pa.types.is_integer(kind)
    }
    typed: pd.DataFrame = frame.astype(widened)
    return typed


def polars_frame(table: "pa.Table") -> "pl.DataFrame":
    """The table as polars, without a copy where the types allow."""
    import polars as pl

    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame
