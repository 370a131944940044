"""What each series was in the snapshot that speaks for it, from files and from what is beside them.

Belongs here: the newest row of the day at or before a capture. Does not belong here: which capture
counts (``covered``), voids (``voided``).

A day stands alone, so one month's file, and the table that late captures of that month may have
made again, hold all that an answer can need.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.archive import groups, needed
from odds_pipeline.storage.archive.facts import QUOTE_COLUMNS, schema
from odds_pipeline.storage.archive.manifest import QUOTES
from odds_pipeline.storage.array_text import array_text
from odds_pipeline.storage.readers.archived.columns import moments, stored_months, times
from odds_pipeline.storage.readers.archived.search import (
    DAY_US,
    last_at_or_before,
    last_of_each,
    matches,
    micros,
    runs,
)

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from odds_pipeline.storage.readers.archived.covered import Covered
    from odds_pipeline.storage.readers.archived.search import Bools, Ints
    from odds_pipeline.storage.readers.archived.series import AllSeries

    Floats = np.ndarray[Any, np.dtype[np.float64]]

Connection = psycopg.Connection[Any]

_STORED = """
SELECT q.event_no, q.selection_id, q.capture_time, q.known_time, q.state, q.price, q.point
FROM unnest(%(events)s::int[], %(since)s::timestamptz[], %(until)s::timestamptz[])
    AS a(event_no, since, until)
CROSS JOIN LATERAL (
    SELECT * FROM public.quotes
    WHERE event_no = a.event_no AND capture_time >= a.since AND capture_time <= a.until
      AND known_time <= %(known_by)s
    ORDER BY selection_id
) q
"""


@dataclass(frozen=True, slots=True)
class Rows:
    """One row a question and series.

    Args:
        covered: the row of the snapshot that speaks for it.
        series: the series.
        capture, known: of the row the state stands in.
        state, price, point: the state.
    """

    covered: "Ints"
    series: "Ints"
    capture: "Ints"
    known: "Ints"
    state: "Ints"
    price: "Floats"
    point: "Floats"

    def taken(self, chosen: "Ints | Bools") -> "Rows":
        """Some of the rows."""
        return Rows(*(getattr(self, field.name)[chosen] for field in fields(self)))


def newest_rows(
    conn: Connection, covered: "Covered", series: "AllSeries", known_by: datetime
) -> Rows:
    """The newest row of each series, of its day and up to the capture that speaks for it."""
    import numpy as np

    parts = [
        _nothing(),
        *(
            _searched(table, covered, series, known_by)
            for table in _tables(conn, covered, known_by)
        ),
    ]
    joined = Rows(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Rows))
    )
    place = covered.place[joined.covered]
    order = np.lexsort((joined.known, joined.capture, joined.series, place))
    return joined.taken(last_of_each(order, place, joined.series))


def _nothing() -> Rows:
    import numpy as np

    whole, broken = np.empty(0, dtype=np.int64), np.empty(0)
    return Rows(whole, whole, whole, whole, whole, broken, broken)


def _tables(conn: Connection, covered: "Covered", known_by: datetime) -> Iterator["pa.Table"]:
    """All rows that may count, sorted as files are, a part at a time."""
    import numpy as np

    day = covered.capture // DAY_US * DAY_US
    for file in needed.files(conn, QUOTES, np.unique(covered.event)):
        inside = (covered.capture >= micros(file.min_capture)) & (day <= micros(file.max_capture))
        standing = np.intersect1d(file.events, covered.event[inside & covered.listed])
        yield from groups.tables(file._replace(events=standing.tolist()), QUOTE_COLUMNS)
    beside = np.zeros(len(day), dtype=bool)
    for start, end in stored_months(conn, QUOTES):
        beside |= (day >= start) & (day < end)
    if beside.any():
        yield _stored(conn, covered, day, beside & covered.listed, known_by)


def _stored(
    conn: Connection, covered: "Covered", day: "Ints", wanted: "Bools", known_by: datetime
) -> "pa.Table":
    import numpy as np
    import pyarrow as pa

    event, day, capture = covered.event[wanted], day[wanted], covered.capture[wanted]
    order = np.lexsort((capture, day, event))
    last = last_of_each(order, event, day)
    rows = conn.execute(
        _STORED,
        {
            "events": array_text(event[last]),
            "since": moments(day[last]),
            "until": moments(capture[last]),
            "known_by": known_by,
        },
        binary=True,
    ).fetchall()
    shape = schema(QUOTES)
    columns = list(zip(*rows, strict=True)) or [()] * len(shape)
    table = pa.table(
        [pa.array(values, field.type) for field, values in zip(shape, columns, strict=True)],
        schema=shape,
    )
    return table.sort_by([(name, "ascending") for name in QUOTE_COLUMNS[:4]])


def _searched(
    table: "pa.Table", covered: "Covered", series: "AllSeries", known_by: datetime
) -> Rows:
    """What a part of the rows, sorted, says of each question and series."""
    import numpy as np
    import pyarrow as pa

    known = times(table, "known_time")
    if len(known) and known.max() > micros(known_by):
        table = table.filter(pa.array(known <= micros(known_by)))
        known = times(table, "known_time")
    capture = times(table, "capture_time")
    event, selection = (table[name].to_numpy() for name in ("event_no", "selection_id"))
    begin, end = runs(event, selection)
    place, run = matches(series.selection, selection[begin].astype(np.int64))
    key = (event[begin[run]].astype(np.int64) << 32) | series.pair[place]
    row, of = matches((covered.event << 32) | covered.pair, key)
    run, place = run[of], place[of]
    at = last_at_or_before(capture, begin[run], end[run], covered.capture[row])
    ok = (at >= begin[run]) & covered.listed[row]
    at, row, place = at[ok], row[ok], place[ok]
    ok = capture[at] >= covered.capture[row] // DAY_US * DAY_US
    at, row, place = at[ok], row[ok], place[ok]
    return Rows(
        row,
        place,
        capture[at],
        known[at],
        table["state"].to_numpy()[at].astype(np.int64),
        _numbers(table, "price", at),
        _numbers(table, "point", at),
    )


def _numbers(table: "pa.Table", name: str, at: "Ints") -> "Floats":
    found: Floats = table[name].to_numpy()[at]
    return found
