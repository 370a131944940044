"""Which archives a question about some events needs.

Belongs here: whether anything is archived, which events stand in which current files. Does not
belong here: reading the files (``groups``, ``thaw``).

The list of archives and the tables are kept together until the transaction ends: a partition can
only be dropped for its file while nobody holds the tables (see ``switch``), and a file that a
newer version replaces is removed after that.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from odds_pipeline.storage.array_text import array_text

if TYPE_CHECKING:
    import numpy as np

Connection = psycopg.Connection[Any]

_AMONG = """
SELECT i.event_id, i.event_no FROM event_ids i
WHERE i.event_id = ANY(ARRAY(SELECT jsonb_array_elements_text(%(events)s::jsonb))) AND EXISTS (
    SELECT FROM archived_events e JOIN archives a USING (archive_id)
    WHERE e.event_no = i.event_no AND a.superseded_at IS NULL
      AND a.kind IN ('quotes', 'snapshots')
      AND (%(until)s::timestamptz IS NULL OR a.min_capture <= %(until)s)
)
"""

_FILES = """
SELECT a.path, a.min_capture, a.max_capture, a.max_known, array_agg(e.event_no ORDER BY e.event_no)
FROM archives a JOIN archived_events e USING (archive_id)
WHERE a.kind = %(kind)s AND a.superseded_at IS NULL AND e.event_no = ANY(%(events)s::int[])
GROUP BY a.archive_id
ORDER BY a.min_capture DESC
"""


class File(NamedTuple):
    """A month's file, and which of the asked events stand in it, in order."""

    path: Path
    min_capture: datetime
    max_capture: datetime
    max_known: datetime
    events: list[int]


def anything(conn: Connection) -> bool:
    """Whether any facts are archived; keeps it so until the transaction ends."""
    row = conn.execute("SELECT anything_archived()").fetchone()
    return row is not None and bool(row[0])


def among(
    conn: Connection, events: Iterable[str], until: datetime | None = None
) -> Mapping[str, int]:
    """Those of the events that have archived facts, captured by a moment, with their numbers."""
    if not anything(conn):
        return {}
    return dict(
        conn.execute(_AMONG, {"events": json.dumps(list(events)), "until": until}).fetchall()
    )


def files(conn: Connection, kind: str, events: "np.ndarray[Any, np.dtype[np.int64]]") -> list[File]:
    """The current files of a kind in which some of the events stand, newest month first."""
    rows = conn.execute(_FILES, {"kind": kind, "events": array_text(events)})
    return [File(Path(path), *said) for path, *said in rows.fetchall()]
