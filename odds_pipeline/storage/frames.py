"""Turns query results into pandas frames with honest types.

Belongs here: column types of frames. Does not belong here: queries.
Times become ``datetime64[us, UTC]``, text ``str``, nullable integers ``Int64``.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    import pandas as pd
    from pandas.api.extensions import ExtensionArray

    from odds_pipeline.storage.columns import Array

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
) -> "pd.DataFrame":
    """Run a query and return its rows, typed by PostgreSQL's own column types."""
    cursor = conn.execute(query, values, prepare=False)
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


def texts_of(values: "Sequence[str | None] | Array") -> "ExtensionArray":
    """Text as a frame keeps it."""
    import pandas as pd

    return pd.array(values, dtype="str")


def times_of(moments: "Array") -> "ExtensionArray":
    """UTC times of datetime64."""
    import pandas as pd

    return pd.array(moments, dtype=pd.DatetimeTZDtype("us", "UTC"))


def numbers_of(numbers: "Array", missing: "Array") -> "ExtensionArray":
    """Nullable integers."""
    import pandas as pd

    return pd.arrays.IntegerArray(numbers, missing)


def flags_of(flags: "Array") -> "ExtensionArray":
    """Nullable booleans, none of which is missing."""
    import numpy as np
    import pandas as pd

    return pd.arrays.BooleanArray(flags, np.zeros(len(flags), dtype="bool"))


def seconds_of(spans: "Array") -> "Array":
    """Seconds of timedelta64; NaN for none."""
    import numpy as np

    found: Array = spans / np.timedelta64(1, "s")
    return found
