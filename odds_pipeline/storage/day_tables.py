"""Derived tables that are made anew by day: closing prices, movements, scorecards.

Belongs here: replacing a day of one. Does not belong here: what its rows say.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
from psycopg import sql

from odds_pipeline.storage.column_copy import Values, copy_columns
from odds_pipeline.storage.numbers import Numbers

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]

_NUMBERED = {
    "event_id": ("event_no", "int4"),
    "bookmaker_key": ("bookmaker_id", "int2"),
    "market_key": ("market_id", "int2"),
    "outcome_name": ("outcome_id", "int4"),
    "description": ("description_id", "int4"),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).date()


def replace_day(
    conn: Connection,
    table: str,
    day: date,
    rows: "pd.DataFrame",
    known: Numbers,
    kinds: Mapping[str, str],
) -> int:
    """Make a day's rows those of the frame; an event of it has no rows on another day.

    Args:
        conn: a connection inside a transaction.
        table: it has a column ``day``.
        day: UTC day.
        rows: keys as people use them, and the columns of ``kinds``.
        known: the numbers of the keys.
        kinds: kind of each further column (see ``column_copy.Values``).
    """
    name = sql.Identifier(table)
    conn.execute(sql.SQL("DELETE FROM {} WHERE day = %s").format(name), (day,))
    if rows.empty:
        return 0
    if "event_id" in rows:
        events = [known.events[event] for event in rows["event_id"].unique()]
        conn.execute(sql.SQL("DELETE FROM {} WHERE event_no = ANY(%s)").format(name), (events,))
    stamped = Values("day", "date", np.full(len(rows), (day - _EPOCH).days))
    columns = [stamped, *numbered(rows, known), *typed(rows, kinds)]
    return copy_columns(conn, table, columns)


def numbered(rows: "pd.DataFrame", known: Numbers) -> list[Values]:
    """The key columns of a frame as numbers; whatever has none is null."""
    by_key = {
        "event_id": known.events,
        "bookmaker_key": known.bookmakers,
        "market_key": known.markets,
        "outcome_name": known.names,
        "description": known.names,
    }
    found = []
    for key, (column, kind) in _NUMBERED.items():
        if key in rows:
            numbers = rows[key].map(by_key[key])
            missing = numbers.isna().to_numpy()
            values = numbers.where(~missing, 0).to_numpy(dtype="int64")
            found.append(Values(column, kind, values, missing))
    return found


def typed(rows: "pd.DataFrame", kinds: Mapping[str, str]) -> list[Values]:
    """Further columns of a frame."""
    return [Values(name, kind, *_values(rows[name], kind)) for name, kind in kinds.items()]


def _values(column: "pd.Series[Any]", kind: str) -> Sequence[Any]:
    missing = column.isna().to_numpy()
    if kind == "timestamptz":
        times = column.dt.as_unit("us").astype("int64").to_numpy()
        return (np.where(missing, 0, times), missing)
    if kind == "float8":
        return (column.to_numpy(dtype="float64", na_value=np.nan), None)
    if kind in {"int2", "int4", "int8"}:
        return (column.where(~column.isna(), 0).to_numpy(dtype="int64"), missing)
    return (column.to_numpy(dtype=object), missing)
