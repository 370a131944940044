"""Loads the timelines that a batch needs, and saves the spans that say where to look next time.

Belongs here: SQL between stored facts and ``Timeline`` values. Does not belong here: rules.

An event whose captures all lie before the batch is loaded as its tail only: the newest state of
each selection and one mark a scope. That is all a newer capture can depend on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import psycopg

from odds_pipeline.storage.archive.thaw import thawed
from odds_pipeline.storage.dimensions import Dimensions
from odds_pipeline.storage.listings import Listing
from odds_pipeline.storage.scoping import LISTED_AFTER_START
from odds_pipeline.storage.timeline import Mark, Row, State, Timeline, day_start

Connection = psycopg.Connection[Any]

_ALL_ROWS = """
SELECT q.event_no, q.selection_id, q.capture_time, q.known_time, q.state, q.price, q.point
FROM unnest(%s::int[], %s::timestamptz[]) AS a(event_no, since)
JOIN quotes q ON q.event_no = a.event_no AND q.capture_time >= a.since
WHERE q.capture_time >= %s
"""

# In the primary key's order from its end, so that nothing is sorted.
_NEWEST_ROWS = """
SELECT DISTINCT ON (event_no, selection_id)
    event_no, selection_id, capture_time, known_time, state, price, point
FROM quotes
WHERE event_no = ANY(%s) AND capture_time >= %s
ORDER BY event_no DESC, selection_id DESC, capture_time DESC, known_time DESC
"""

_SEEN_AGAIN = """
UPDATE event_scopes SET first_capture = least(first_capture, %s),
    last_capture = greatest(last_capture, %s)
WHERE event_no = ANY(%s) AND scope_id = %s
"""

_SPANS = """
INSERT INTO event_scopes AS s
SELECT * FROM unnest(%s::int[], %s::int[], %s::smallint[], %s::timestamptz[],
    %s::timestamptz[], %s::boolean[], %s::timestamptz[], %s::timestamptz[])
    AS a(event_no, scope_id, sport_id, first_capture, last_capture, last_listed,
        last_commence, max_commence)
ON CONFLICT (event_no, scope_id) DO UPDATE SET
    first_capture = least(s.first_capture, excluded.first_capture),
    last_capture = greatest(s.last_capture, excluded.last_capture),
    last_listed = CASE WHEN excluded.last_capture >= s.last_capture
        THEN excluded.last_listed ELSE s.last_listed END,
    last_commence = CASE WHEN excluded.last_capture >= s.last_capture
        THEN excluded.last_commence ELSE s.last_commence END,
    max_commence = greatest(s.max_commence, excluded.max_commence)
"""


def load(
    conn: Connection, dims: Dimensions, first_captures: Mapping[int, datetime]
) -> dict[int, Timeline]:
    """Timelines of events, ready for captures at or after each one's given first capture."""
    lines = {event_no: Timeline(event_no) for event_no in first_captures}
    if not lines:
        return lines
    spans = conn.execute(
        """SELECT event_no, scope_id, last_capture, last_listed, last_commence
        FROM event_scopes WHERE event_no = ANY(%s)""",
        (list(lines),),
    ).fetchall()
    whole = {row[0] for row in spans if row[2] >= first_captures[row[0]]}
    for event_no, scope_id, last_capture, listed, commence in spans:
        if event_no not in whole:
            mark = Mark(last_capture, last_capture, scope_id, listed, commence, 0)
            lines[event_no].remember(mark)
    stored = {row[0] for row in spans}
    dims.load_event_ids(conn, lines)
    if stored:
        since = day_start(min(first_captures[event_no] for event_no in stored))
        with thawed(conn, stored, since, whole):
            _load_stored(conn, lines, first_captures, stored, whole)
    dims.load_selections(conn, {number for line in lines.values() for number in line.rows})
    dims.load_scopes(conn, {mark.scope_id for line in lines.values() for mark in line.marks})
    return lines


def _load_stored(
    conn: Connection,
    lines: dict[int, Timeline],
    first: Mapping[int, datetime],
    stored: set[int],
    whole: set[int],
) -> None:
    if whole:
        _load_marks(conn, lines, whole)
        _load_rows(conn, lines, {e: first[e] for e in whole})
    if stored - whole:
        _load_newest(conn, lines, {e: first[e] for e in stored - whole})


def _load_marks(conn: Connection, lines: dict[int, Timeline], events: Iterable[int]) -> None:
    rows = conn.execute(
        """SELECT s.event_no, s.capture_time, c.known_time, s.scope_id, NOT unlisted,
            commence_time, snapshot_id
        FROM snapshots s JOIN captures c USING (capture_id)
        WHERE event_no = ANY(%s) ORDER BY s.capture_time, c.known_time, s.known_time""",
        (list(events),),
    )
    for event_no, *mark in rows:
        lines[event_no].marks.append(Mark(*mark))


def _load_rows(conn: Connection, lines: dict[int, Timeline], first: Mapping[int, datetime]) -> None:
    """Every row from each event's first capture's UTC day on."""
    since = [day_start(moment) for moment in first.values()]
    rows = conn.execute(_ALL_ROWS, (list(first), since, min(since)), binary=True)
    for event_no, selection_id, capture_time, known_time, state, price, point in rows.fetchall():
        lines[event_no].load(
            selection_id, Row(capture_time, known_time, State(state, price, point))
        )


def _load_newest(
    conn: Connection, lines: dict[int, Timeline], first: Mapping[int, datetime]
) -> None:
    """The newest row of each selection, from the earliest first capture's UTC day on."""
    since = day_start(min(first.values()))
    rows = conn.execute(_NEWEST_ROWS, (list(first), since), binary=True)
    for event_no, selection_id, capture_time, known_time, state, price, point in rows.fetchall():
        row = Row(capture_time, known_time, State(state, price, point))
        lines[event_no].rows[selection_id] = [row]


def stored_listings(
    conn: Connection, first_captures: Mapping[int, datetime]
) -> dict[int, list[Listing]]:
    """Stored listings by sport, from each sport's first capture of the batch on."""
    found: dict[int, list[Listing]] = defaultdict(list)
    if first_captures:
        rows = conn.execute(
            """SELECT c.sport_id, c.capture_time, c.capture_id, c.scope_id, c.known_time,
                c.asked_events
            FROM unnest(%s::smallint[], %s::timestamptz[]) AS a(sport_id, since)
            JOIN captures c ON c.sport_id = a.sport_id AND c.capture_time >= a.since
            WHERE c.listing OR c.asked_events IS NOT NULL
            ORDER BY c.capture_time, c.capture_id""",
            (list(first_captures), list(first_captures.values())),
        )
        for sport_id, capture_time, capture_id, scope_id, known_time, asked in rows:
            whom = None if asked is None else tuple(asked)
            found[sport_id].append(Listing(capture_time, capture_id, scope_id, known_time, whom))
    return found


def listed_events(
    conn: Connection, spans: Mapping[int, tuple[datetime, datetime]]
) -> list[tuple[int, int, datetime]]:
    """Events that a listing within the spans may miss: (event, sport, first listing)."""
    if not spans:
        return []
    rows = conn.execute(
        """SELECT DISTINCT s.event_no, s.sport_id, a.first
        FROM unnest(%s::smallint[], %s::timestamptz[], %s::timestamptz[])
            AS a(sport_id, first, last)
        JOIN event_scopes s ON s.sport_id = a.sport_id AND s.first_capture <= a.last
        WHERE s.max_commence >= a.first - %s AND (s.last_listed OR s.last_capture >= a.first)""",
        (
            list(spans),
            [first for first, _ in spans.values()],
            [last for _, last in spans.values()],
            LISTED_AFTER_START,
        ),
    )
    return rows.fetchall()


def save_spans(
    conn: Connection,
    lines: Mapping[int, Timeline],
    marked: Mapping[tuple[int, int], bool],
    sport_of: Mapping[int, int],
) -> None:
    """Bring ``event_scopes`` up to the timelines' marks.

    Args:
        conn: a connection inside a transaction.
        lines: the timelines by event.
        marked: (event, scope) with new marks, and whether it had marks that were stored before.
        sport_of: the sport of each event.
    """
    rows = []
    seen_again: dict[tuple[int, datetime, datetime], list[int]] = defaultdict(list)
    for (event_no, scope_id), stored in sorted(marked.items()):
        marks = [mark for mark in lines[event_no].marks if mark.scope_id == scope_id]
        first, last = marks[0], marks[-1]
        if stored and len({(mark.listed, mark.commence_time) for mark in marks}) == 1:
            span = scope_id, first.capture_time, last.capture_time
            seen_again[span].append(event_no)
            continue
        rows.append(
            (
                event_no,
                scope_id,
                sport_of[event_no],
                first.capture_time,
                last.capture_time,
                last.listed,
                last.commence_time,
                max(mark.commence_time for mark in marks),
            )
        )
    for (scope_id, since, until), event_nos in seen_again.items():
        conn.execute(_SEEN_AGAIN, (since, until, event_nos, scope_id))
    if rows:
        conn.execute(_SPANS, [list(column) for column in zip(*rows, strict=True)])
