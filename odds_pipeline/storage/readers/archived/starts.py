"""What was stated of the starts of events of which months are archived.

Belongs here: the rows of ``starts``, out of files, tables and statements together. Does not belong
here: what follows from them (``readers.starts``).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.archive import groups, needed
from odds_pipeline.storage.archive.manifest import SNAPSHOTS
from odds_pipeline.storage.array_text import array_text
from odds_pipeline.storage.readers.archived.columns import moments, times
from odds_pipeline.storage.readers.archived.search import micros, runs

if TYPE_CHECKING:
    from odds_pipeline.storage.archive.needed import File
    from odds_pipeline.storage.readers.archived.search import Bools, Ints

Connection = psycopg.Connection[Any]

_COLUMNS = ("event_no", "capture_time", "known_time", "commence_time", "day_only", "unlisted")

_EVENTS = """
SELECT e.event_no, e.event_id, sp.live_hours,
    (SELECT count(*) FROM event_starts WHERE event_no = e.event_no) > 1
FROM event_ids e JOIN sports sp USING (sport_id)
WHERE e.event_no = ANY(%(events)s::int[])
ORDER BY e.event_no
"""

# Of an event of which one start only was ever stated, the first statement says it all.
_STORED = """
WITH asked AS MATERIALIZED (
    SELECT a.event_no, a.several, x.first, x.last
    FROM unnest(%(events)s::int[], %(several)s::boolean[]) AS a(event_no, several)
    CROSS JOIN LATERAL (
        SELECT min(first_capture) AS first, least(max(last_capture), %(known_by)s) AS last
        FROM event_scopes WHERE event_no = a.event_no
    ) x
), told AS (
    SELECT a.event_no, s.capture_time, false AS list, s.known_time, s.commence_time, s.day_only
    FROM asked a CROSS JOIN LATERAL (
        SELECT * FROM public.snapshots
        WHERE event_no = a.event_no AND NOT unlisted
          AND capture_time >= a.first AND capture_time <= a.last AND known_time <= %(known_by)s
        ORDER BY capture_time
    ) s
    WHERE a.several
    UNION ALL
    SELECT a.event_no, s.capture_time, false AS list, s.known_time, s.commence_time, s.day_only
    FROM asked a CROSS JOIN LATERAL (
        SELECT * FROM public.snapshots
        WHERE event_no = a.event_no AND NOT unlisted
          AND capture_time >= a.first AND capture_time <= a.last AND known_time <= %(known_by)s
        ORDER BY capture_time LIMIT 1
    ) s
    WHERE NOT a.several
    UNION ALL
    SELECT a.event_no, s.capture_time, true, s.known_time, s.commence_time, s.day_only
    FROM asked a CROSS JOIN LATERAL (
        SELECT * FROM event_statements
        WHERE event_no = a.event_no
          AND capture_time <= %(known_by)s AND known_time <= %(known_by)s
    ) s
    WHERE a.several
    UNION ALL
    SELECT a.event_no, s.capture_time, true, s.known_time, s.commence_time, s.day_only
    FROM asked a CROSS JOIN LATERAL (
        SELECT * FROM event_statements
        WHERE event_no = a.event_no
          AND capture_time <= %(known_by)s AND known_time <= %(known_by)s
        ORDER BY capture_time LIMIT 1
    ) s
    WHERE NOT a.several
)
SELECT event_no, (extract(epoch FROM capture_time) * 1000000)::bigint, list::int,
    (extract(epoch FROM known_time) * 1000000)::bigint,
    (extract(epoch FROM commence_time) * 1000000)::bigint, day_only::int
FROM told
"""


def stated(
    conn: Connection, events: Sequence[int], known_by: datetime
) -> list[tuple[str, int, int, datetime, datetime, bool]]:
    """Each start wherever it differs from the one stated before, by event and capture.

    Rows are event id, event number, live hours, capture time, start, whether it is known to the
    day only. An event not seen by then has none.

    Raises:
        StorageError: a file is missing or damaged.
    """
    import numpy as np

    about = conn.execute(_EVENTS, {"events": array_text(np.array(events))}).fetchall()
    number = np.array([row[0] for row in about], dtype=np.int64)
    several = np.array([row[3] for row in about], dtype=bool)
    beside = conn.execute(
        _STORED,
        {
            "events": array_text(number),
            "several": array_text(several),
            "known_by": known_by,
        },
    ).fetchall()
    parts = [np.array(beside, dtype=np.int64).reshape(-1, 6)]
    for file in needed.files(conn, SNAPSHOTS, number):
        parts.extend(_filed(file, number, several, micros(known_by)))
    told = np.concatenate(parts)
    # Event, capture, odds before lists, known time: as ``readers.starts`` orders them.
    told = told[np.lexsort(told[:, 3::-1].T)]
    told = told[runs(told[:, 0], told[:, 4], told[:, 5])[0]]
    chosen = np.searchsorted(number, told[:, 0]).tolist()
    captures, starts = moments(told[:, 1]), moments(told[:, 4])
    return [
        (about[place][1], about[place][0], about[place][2], capture, start, bool(day_only))
        for place, capture, start, day_only in zip(
            chosen, captures, starts, told[:, 5].tolist(), strict=True
        )
    ]


def _filed(file: "File", number: "Ints", several: "Bools", known_by: int) -> Iterator["Ints"]:
    """Of one month's file: every statement that may differ from the one before."""
    import numpy as np

    for table in groups.tables(file, _COLUMNS):
        capture, known = times(table, "capture_time"), times(table, "known_time")
        usable = ~table["unlisted"].to_numpy() & (known <= known_by) & (capture <= known_by)
        event = table["event_no"].to_numpy()
        place = np.minimum(np.searchsorted(number, event), len(number) - 1)
        rows = np.flatnonzero(usable & (number[place] == event))
        kept = np.union1d(runs(event[rows])[0], np.flatnonzero(several[place[rows]]))
        rows = rows[kept]
        yield np.column_stack(
            [
                event[rows].astype(np.int64),
                capture[rows],
                np.zeros(len(rows), dtype=np.int64),
                known[rows],
                times(table, "commence_time")[rows],
                table["day_only"].to_numpy()[rows].astype(np.int64),
            ]
        )
