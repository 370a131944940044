"""The newest snapshot of each scope at each moment, from files and from what is stored beside them.

Belongs here: which snapshot counts for an (event, scope, moment). Does not belong here: what it
covers (``covering``), prices (``states``).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.archive import groups, needed
from odds_pipeline.storage.archive.facts import schema
from odds_pipeline.storage.archive.manifest import SNAPSHOTS
from odds_pipeline.storage.array_text import array_text
from odds_pipeline.storage.readers.archived.columns import moments, stored_months, times
from odds_pipeline.storage.readers.archived.search import (
    MISSING,
    last_at_or_before,
    last_of_each,
    matches,
    micros,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from odds_pipeline.storage.archive.needed import File
    from odds_pipeline.storage.readers.archived.search import Ints
    from odds_pipeline.storage.readers.states import Asked

Connection = psycopg.Connection[Any]

COLUMNS = (
    *("event_no", "capture_time", "known_time", "scope_id", "commence_time", "capture_id"),
    *("layout_id", "matchup_id", "in_play", "unlisted", "ages", "far_ages"),
)

_SCOPES = """
SELECT event_no, scope_id, (extract(epoch FROM first_capture) * 1000000)::bigint,
    (extract(epoch FROM last_capture) * 1000000)::bigint
FROM event_scopes WHERE event_no = ANY(%s::int[]) ORDER BY event_no
"""

_STORED = """
SELECT a.need, s.event_no, s.capture_time, s.known_time, s.scope_id, s.commence_time, s.capture_id,
    s.layout_id, s.matchup_id, s.in_play, s.unlisted, s.ages, s.far_ages::text
FROM unnest(%(needs)s::int[], %(events)s::int[], %(scopes)s::int[], %(since)s::timestamptz[],
    %(until)s::timestamptz[]) AS a(need, event_no, scope_id, since, until)
CROSS JOIN LATERAL (
    SELECT * FROM public.snapshots
    WHERE event_no = a.event_no AND scope_id = a.scope_id
      AND capture_time <= a.until AND capture_time >= a.since AND known_time <= %(known_by)s
    ORDER BY capture_time DESC, known_time DESC LIMIT 1
) s
"""


@dataclass(frozen=True, slots=True)
class _Needs:
    """What is looked for: the newest snapshot of an event under a scope in [since, until]."""

    place: "Ints"
    event: "Ints"
    scope: "Ints"
    since: "Ints"
    until: "Ints"


def tops(
    conn: Connection, asked: "Sequence[Asked]", numbers: Mapping[str, int], known_by: datetime
) -> "pa.Table":
    """For each question the newest snapshot of each scope of its event.

    Args:
        conn: a connection inside a transaction.
        asked: the questions; ``place`` counts them from 0.
        numbers: the events' numbers.
        known_by: nothing known later is looked at.

    Returns:
        ``place`` and ``COLUMNS``, in order of the places.
    """
    import numpy as np
    import pyarrow as pa

    needs = _needs(conn, asked, numbers)
    parts = [_stored(conn, needs, known_by)]
    newest = np.full(len(needs.event), MISSING)
    newest[parts[0]["need"].to_numpy()] = times(parts[0], "capture_time")
    for file in needed.files(conn, SNAPSHOTS, np.unique(needs.event)):
        first, last = micros(file.min_capture), micros(file.max_capture)
        # What a newer month or the table has shown already needs no older month.
        wanted = (needs.until >= first) & (needs.since <= last) & (newest <= last)
        for part in _filed(file, needs, np.flatnonzero(wanted), known_by):
            need = part["need"].to_numpy()
            newest[need] = np.maximum(newest[need], times(part, "capture_time"))
            parts.append(part)
    found = pa.concat_tables(parts)
    need = found["need"].to_numpy()
    order = np.lexsort((times(found, "known_time"), times(found, "capture_time"), need))
    found = found.take(pa.array(last_of_each(order, need)))
    return found.append_column("place", pa.array(needs.place[found["need"].to_numpy()]))


def _needs(conn: Connection, asked: "Sequence[Asked]", numbers: Mapping[str, int]) -> _Needs:
    """One need a question and scope in which the event was ever seen."""
    import numpy as np

    event = np.array([numbers[one.event] for one in asked], dtype=np.int64)
    at = np.array([micros(one.at) for one in asked], dtype=np.int64)
    oldest = np.array([micros(one.oldest) for one in asked], dtype=np.int64)
    rows = conn.execute(_SCOPES, (array_text(np.unique(event)),)).fetchall()
    seen, scope, first, last = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    row, place = matches(seen, event)
    since, until = np.maximum(oldest[place], first[row]), np.minimum(at[place], last[row])
    some = since <= until
    return _Needs(*(column[some] for column in (place, event[place], scope[row], since, until)))


def _stored(conn: Connection, needs: _Needs, known_by: datetime) -> "pa.Table":
    """Of the months that have a table."""
    import numpy as np
    import pyarrow as pa

    wanted = np.zeros(len(needs.event), dtype=bool)
    for start, end in stored_months(conn, SNAPSHOTS):
        wanted |= (needs.until >= start) & (needs.since < end)
    chosen = np.flatnonzero(wanted)
    rows: list[tuple[Any, ...]] = []
    if len(chosen):
        rows = conn.execute(
            _STORED,
            {
                "needs": array_text(chosen),
                "events": array_text(needs.event[chosen]),
                "scopes": array_text(needs.scope[chosen]),
                "since": moments(needs.since[chosen]),
                "until": moments(needs.until[chosen]),
                "known_by": known_by,
            },
        ).fetchall()
    columns = list(zip(*rows, strict=True)) or [()] * (len(COLUMNS) + 1)
    return pa.table(
        [pa.array(values, field.type) for field, values in zip(_shape(), columns, strict=True)],
        schema=_shape(),
    )


def _shape() -> "pa.Schema":
    import pyarrow as pa

    stored = schema(SNAPSHOTS)
    return pa.schema([("need", pa.int64()), *(stored.field(name) for name in COLUMNS)])


def _filed(file: "File", needs: _Needs, chosen: "Ints", known_by: datetime) -> Iterator["pa.Table"]:
    """Of one month's file: the newest snapshot of each need that it has any of."""
    import numpy as np
    import pyarrow as pa

    standing = np.intersect1d(file.events, needs.event[chosen])
    for table in groups.tables(file._replace(events=standing.tolist()), COLUMNS):
        event, scope = (table[name].to_numpy() for name in ("event_no", "scope_id"))
        capture = times(table, "capture_time")
        usable = times(table, "known_time") <= micros(known_by)
        places, found = [], []
        for one in np.unique(needs.scope[chosen]):
            rows = np.flatnonzero(usable & (scope == one))
            mine = chosen[needs.scope[chosen] == one]
            low = np.searchsorted(event[rows], needs.event[mine], side="left")
            high = np.searchsorted(event[rows], needs.event[mine], side="right")
            at = last_at_or_before(capture[rows], low, high, needs.until[mine])
            some = at >= low
            at, mine = rows[at[some]], mine[some]
            inside = capture[at] >= needs.since[mine]
            places.append(at[inside])
            found.append(mine[inside])
        picked = table.take(pa.array(np.concatenate(places)))
        yield pa.table(
            [pa.array(np.concatenate(found)), *(picked[name] for name in COLUMNS)],
            schema=_shape(),
        )
