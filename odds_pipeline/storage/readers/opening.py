"""Opening lines: the first pre-match quote of each outcome.

Belongs here: what opens. Does not belong here: what is pre-match (``prematch``).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from odds_pipeline.storage.readers.flagged import flagged, without_flagged_lines
from odds_pipeline.storage.readers.line_frames import Line, covered, line_frame, missing
from odds_pipeline.storage.readers.moments import resolved
from odds_pipeline.storage.readers.prematch import UNUSABLE, Event, Pair, prematch_events
from odds_pipeline.storage.readers.shown import Series, Shown, search
from odds_pipeline.storage.readers.states import multirange
from odds_pipeline.storage.readers.united import united
from odds_pipeline.storage.readers.voided import Lines, without_voided
from odds_pipeline.storage.timeline import PRICED, UNUSABLE_CODE

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]

# Each series' first priced row, and the capture of that very moment that showed it.
_FIRST_ROWS = """
WITH asked AS MATERIALIZED (
    SELECT a.place, a.event_no, a.since, a.until, a.left_out::tstzmultirange
    FROM unnest(%(numbers)s::int[], %(since)s::timestamptz[], %(until)s::timestamptz[],
        %(left_out)s::text[]) WITH ORDINALITY AS a(event_no, since, until, left_out, place)
)
SELECT a.place, a.event_no, x.selection_id, b.bookmaker_key, mk.market_key, o.name, d.name,
    f.point, f.price, s.capture_time, greatest(f.known_time, s.known_time)
FROM asked a
JOIN event_selections x USING (event_no)
JOIN selections sel USING (selection_id)
JOIN bookmakers b USING (bookmaker_id)
JOIN markets mk USING (market_id)
JOIN names o ON o.name_id = sel.outcome_id
LEFT JOIN names d ON d.name_id = sel.description_id
LEFT JOIN LATERAL (
    SELECT capture_time, known_time, price, point FROM quotes
    WHERE event_no = a.event_no AND selection_id = x.selection_id
      AND capture_time >= a.since AND capture_time <= a.until
      AND known_time <= %(known_by)s AND state = 0
    ORDER BY capture_time, known_time DESC LIMIT 1
) f ON true
LEFT JOIN LATERAL (
    SELECT s.capture_time, s.known_time FROM snapshots s JOIN scopes c USING (scope_id)
    WHERE s.event_no = a.event_no AND s.capture_time = f.capture_time AND NOT s.unlisted
      AND s.known_time <= %(known_by)s AND NOT s.capture_time <@ a.left_out
      AND scope_covers(c, b.bookmaker_key, mk.market_key)
      AND NOT EXISTS (
          SELECT FROM quotes
          WHERE event_no = a.event_no AND selection_id = x.selection_id
            AND capture_time = f.capture_time AND known_time > f.known_time
            AND known_time <= %(known_by)s
      )
    ORDER BY s.known_time DESC LIMIT 1
) s ON true
WHERE (%(bookmakers)s::text[] IS NULL OR b.bookmaker_key = ANY(%(bookmakers)s))
  AND (%(markets)s::text[] IS NULL OR mk.market_key = ANY(%(markets)s))
ORDER BY a.place, b.bookmaker_key, mk.market_key, o.name, d.name, sel.line, sel.selection_id
"""


class _First(NamedTuple):
    """A series and its first priced row; no capture time: it takes a search."""

    place: int
    event_no: int
    selection_id: int
    bookmaker: str
    market: str
    outcome: str
    description: str | None
    point: float | None
    price: float | None
    capture_time: datetime | None
    known_time: datetime | None


def opening_lines(
    conn: Connection,
    events: Iterable[str],
    known_by: datetime | None = None,
    bookmakers: Iterable[str] | None = None,
    markets: Iterable[str] | None = None,
    valid_only: bool = False,
) -> "pd.DataFrame":
    """The first pre-match quote of each outcome, by the rules of ``closing_lines``.

    ``gap_seconds`` counts from the first capture of odds that listed the event to the first that
    priced the outcome, and ``at_first_sight`` says whether they are the same: an outcome that was
    there when the event was first seen may have been offered long before. ``kind`` is ``exact`` or
    ``none``; rows without a price are those of ``closing_lines``, and so is ``flagged``.

    Args:
        conn: a connection inside a transaction.
        events: event ids.
        known_by: what must have been stored by then; default all.
        bookmakers: those expected; default all that the event's captures asked for by name, and
            all that were ever seen of it.
        markets: likewise.
        valid_only: a flagged line is ``none`` because it is ``flagged``; no later price takes its
            place.

    Raises:
        NotYetNormalised: ``known_by`` reaches documents that still wait.
    """
    _, known = resolved(conn, None, known_by)
    books = None if bookmakers is None else list(bookmakers)
    kinds = None if markets is None else list(markets)
    one = united(conn, events, known)
    found = prematch_events(conn, one.ids, known, books, kinds)
    seen = [event for event in found if event.first_seen is not None]
    lines = without_voided(conn, _lines(conn, seen, known, books, kinds), known)
    rows = []
    for event in found:
        for pair, line in covered(event, lines.get(event.start.event, {})):
            gap = None
            if line.capture_time is not None and event.first_seen is not None:
                gap = (line.capture_time - event.first_seen).total_seconds()
            there = None if gap is None else gap == 0
            rest = (gap, there, line.kind, line.missing_reason, event.first_seen)
            rows.append((event.start.event, pair, line, rest))
    types = {
        "gap_seconds": "float8",
        "at_first_sight": "bool",
        **dict.fromkeys(("kind", "missing_reason"), "text"),
        "first_seen": "timestamptz",
    }
    frame = line_frame(rows, types)
    frame["flagged"] = flagged(conn, frame, known).astype("boolean")
    return one.called(without_flagged_lines(frame) if valid_only else frame)


def _lines(
    conn: Connection,
    events: Sequence[Event],
    known_by: datetime,
    bookmakers: Sequence[str] | None,
    markets: Sequence[str] | None,
) -> Lines:
    """Lines by event and book's market."""
    stored = conn.execute(
        _FIRST_ROWS,
        {
            "numbers": [event.start.event_no for event in events],
            "since": [event.first_seen for event in events],
            "until": [event.until for event in events],
            "left_out": [multirange(event.start.other_play()) for event in events],
            "known_by": known_by,
            "bookmakers": bookmakers,
            "markets": markets,
        },
        prepare=False,
        binary=True,
    )
    first = [_First(*row) for row in stored.fetchall()]
    unclear = {
        row: Series(
            events[row.place - 1].asked(),
            row.event_no,
            row.selection_id,
            row.bookmaker,
            row.market,
            events[row.place - 1].first_seen or events[row.place - 1].until,
        )
        for row in first
        if row.capture_time is None
    }
    priced = search(conn, list(unclear.values()), known_by, (PRICED,), last=False)
    rest = [series for series in unclear.values() if series not in priced]
    unusable = search(conn, rest, known_by, (UNUSABLE_CODE,), last=False)
    lines: dict[str, dict[Pair, list[Line]]] = {}
    for row in first:
        series = unclear.get(row)
        shown = None if series is None else priced.get(series)
        line = _line(row, shown, bad=series in unusable)
        if line is not None:
            event = lines.setdefault(events[row.place - 1].start.event, {})
            event.setdefault((row.bookmaker, row.market), []).append(line)
    return lines


def _line(row: _First, shown: Shown | None, *, bad: bool) -> Line | None:
    """A series' line; ``None`` where it was never seen pre-match."""
    names = (row.outcome, row.description)
    if row.capture_time is not None:
        return Line(*names, row.point, row.price, row.capture_time, row.known_time, "exact", None)
    if shown is not None:
        state = shown.state
        return Line(
            *names, state.point, state.price, shown.capture_time, shown.known_time, "exact", None
        )
    return missing(UNUSABLE, *names) if bad else None
