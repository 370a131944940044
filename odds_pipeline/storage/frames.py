"""Turns query results into pandas frames with honest types.

Belongs here: column types of frames. Does not belong here: queries.
Times become ``datetime64[us, UTC]``, text ``str``, nullable integers ``Int64``.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    import pandas as pd

_TYPES = {
    "timestamptz": "datetime64[us, UTC]",
    "text": "str",
    "float8": "float64",
    "int2": "Int64",
    "int4": "Int64",
    "int8": "Int64",
    "numeric": "float64",
    "bool": "boolean",
}


def fetch_frame(
    conn: psycopg.Connection[Any],
    query: str,
    values: Mapping[str, object] | Sequence[object],
    kept_plan: bool = False,
) -> "pd.DataFrame":
    """Run a query and return its rows, typed by PostgreSQL's own column types.

    Args:
        conn: a connection inside a transaction.
        query: the statement.
        values: its values.
        kept_plan: plan it once a connection, whatever its values: where planning is what costs.
    """
    if kept_plan:
        conn.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    cursor = conn.execute(query, values, prepare=kept_plan)
    if kept_plan:
        conn.execute("SET LOCAL plan_cache_mode = auto")
    assert cursor.description is not None
    names = [column.name for column in cursor.description]
    types = [conn.adapters.types.get(column.type_code) for column in cursor.description]
    rows = cursor.fetchall()
    # An array is looked up by its elements' type; it stays a list.
    plain = [
        None if t is None or t.oid != column.type_code else t.name
        for t, column in zip(types, cursor.description, strict=True)
    ]
    return build_frame(rows, dict(zip(names, plain, strict=True)))


def build_frame(
    rows: Sequence[Sequence[object]], types: Mapping[str, str | None]
) -> "pd.DataFrame":
    """A frame of rows whose columns have the given PostgreSQL types."""
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(types), dtype=object)
    wanted = {name: _TYPES[kind] for name, kind in types.items() if kind in _TYPES}
    times = [name for name, kind in wanted.items() if kind.startswith("datetime")]
    for name in times:
        frame[name] = pd.to_datetime(frame[name], utc=True, cache=False).astype(
            "datetime64[us, UTC]"
        )
    return frame.astype({name: kind for name, kind in wanted.items() if name not in times})
