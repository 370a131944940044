"""Closing lines: the last pre-match quote of each outcome, and where it comes from.

Belongs here: what closes. Does not belong here: what is pre-match (``prematch``).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from math import isnan
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from odds_pipeline.storage.readers.as_of import listed
from odds_pipeline.storage.readers.flagged import flagged, without_flagged_lines
from odds_pipeline.storage.readers.line_frames import Line, covered, line_frame, missing
from odds_pipeline.storage.readers.moments import resolved
from odds_pipeline.storage.readers.prematch import (
    NOT_STARTED,
    UNUSABLE,
    Event,
    Pair,
    prematch_events,
)
from odds_pipeline.storage.readers.shown import Series, Shown, search
from odds_pipeline.storage.readers.states import NO_ROW, Filters, States, read_states
from odds_pipeline.storage.readers.united import united
from odds_pipeline.storage.readers.voided import Lines, without_voided
from odds_pipeline.storage.timeline import PRICED, UNUSABLE_CODE

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]


class _Last(NamedTuple):
    """A series in the last pre-match snapshot that covers it; no state: not in that day's rows."""

    question: int
    event_no: int
    selection_id: int
    bookmaker: str
    market: str
    outcome: str
    description: str | None
    point: float | None
    price: float | None
    state: int | None
    capture_time: datetime
    known_time: datetime


def closing_lines(
    conn: Connection,
    events: Iterable[str],
    known_by: datetime | None = None,
    bookmakers: Iterable[str] | None = None,
    markets: Iterable[str] | None = None,
    valid_only: bool = False,
) -> "pd.DataFrame":
    """The last pre-match quote of each outcome, with its provenance; never a price in play.

    The true start is the one stated last, as known by ``known_by``. A capture is pre-match if it
    lies before the true start and was not in play by the start stated at that time; one that was
    counts only if the true start lies less than the sport's ``live_hours`` after that start. So an
    event that starts late keeps its last real pre-match price, and the in-play prices of one that
    was interrupted never close. Where the start is known to the day only (``start_precision``
    ``day``), everything until that day's end is pre-match and there is no ``gap_seconds``.

    For each outcome, in the last pre-match capture that covers its book's market, it was

    - priced: ``kind`` is ``exact``;
    - withdrawn or suspended, but priced before: ``last_active``, and ``capture_time`` is that of
      the last pre-match capture that still showed the price;
    - shown without a usable price, then or when last shown: ``none``, for an older price must not
      stand in for it.

    Every book's market that is expected has at least one row. Where none of its outcomes was ever
    seen pre-match there is one without outcome, and ``missing_reason`` says why: ``not captured
    before the start``, ``never offered`` (captured, but not there), ``unusable``, ``not started``
    (the true start lies after ``known_by``). A line whose capture lies inside a void is ``none``
    because it is ``voided``; no earlier price takes its place. ``flagged`` states whether a
    quality rule found the quote wrong, as known by then.

    Args:
        conn: a connection inside a transaction.
        events: event ids.
        known_by: what must have been stored by then; default all.
        bookmakers: those expected; default all that the event's captures asked for by name, and
            all that were ever seen of it.
        markets: likewise.
        valid_only: a flagged line is ``none`` because it is ``flagged``.

    Raises:
        NotYetNormalised: ``known_by`` reaches documents that still wait.
    """
    _, known = resolved(conn, None, known_by)
    books, kinds = listed(bookmakers), listed(markets)
    one = united(conn, events, known)
    found = prematch_events(conn, one.ids, known, books, kinds)
    lines = _lines(conn, [event for event in found if event.started], known, books, kinds)
    lines = without_voided(conn, lines, known)
    rows = []
    for event in found:
        true = event.start.true
        precision = "day" if true.day_only else "exact"
        for pair, line in _covered(event, lines.get(event.start.event, {})):
            gap = None
            if line.capture_time is not None and not true.day_only:
                gap = (true.commence_time - line.capture_time).total_seconds()
            rest = (gap, line.kind, line.missing_reason, true.commence_time, precision)
            rows.append((event.start.event, pair, line, rest))
    types = {
        "gap_seconds": "float8",
        **dict.fromkeys(("kind", "missing_reason"), "text"),
        "commence_time": "timestamptz",
        "start_precision": "text",
    }
    frame = line_frame(rows, types)
    frame["flagged"] = flagged(conn, frame, known).astype("boolean")
    return one.called(without_flagged_lines(frame) if valid_only else frame)


def _covered(event: Event, lines: Mapping[Pair, Sequence[Line]]) -> Iterable[tuple[Pair, Line]]:
    if event.started:
        return covered(event, lines)
    return ((pair, missing(NOT_STARTED)) for pair in event.expected)


def _lines(
    conn: Connection,
    events: list[Event],
    known_by: datetime,
    bookmakers: Sequence[str] | None,
    markets: Sequence[str] | None,
) -> Lines:
    """Lines by event and book's market."""
    asked = [event.asked() for event in events]
    states = read_states(conn, asked, known_by, Filters(bookmakers, markets), priced_only=False)
    last = list(_rows(states))
    gone = {
        row: Series(
            asked[row.question],
            row.event_no,
            row.selection_id,
            row.bookmaker,
            row.market,
            events[row.question].first_seen or row.capture_time,
        )
        for row in last
        if row.state not in (PRICED, UNUSABLE_CODE)
    }
    shown = search(conn, list(gone.values()), known_by, (PRICED, UNUSABLE_CODE), last=True)
    lines: dict[str, dict[Pair, list[Line]]] = {}
    for row in last:
        line = _line(row, shown.get(gone[row]) if row in gone else None)
        if line is not None:
            event = lines.setdefault(asked[row.question].event, {})
            event.setdefault((row.bookmaker, row.market), []).append(line)
    return lines


def _rows(states: States) -> Iterator[_Last]:
    """One row a series; what there is none of is ``None``."""
    shown, names = states.snapshots, states.names.all
    captured = [moment.replace(tzinfo=UTC) for moment in shown.capture_time.tolist()]
    known = [moment.replace(tzinfo=UTC) for moment in shown.known_time.tolist()]
    numbers = shown.question.tolist(), shown.event_no.tolist()
    columns = states.snapshot, states.name, states.point, states.price, states.state
    for place, name, point, price, state, row_known in zip(
        *(column.tolist() for column in (*columns, states.known_time)), strict=True
    ):
        called = names[name]
        yield _Last(
            numbers[0][place],
            numbers[1][place],
            *(called.selection_id, called.bookmaker, called.market),
            *(called.outcome, called.description),
            None if isnan(point) else point,
            None if isnan(price) else price,
            None if state == NO_ROW else state,
            captured[place],
            known[place] if row_known is None else max(known[place], row_known.replace(tzinfo=UTC)),
        )


def _line(row: _Last, shown: Shown | None) -> Line | None:
    """A series' line; ``None`` where it was never seen pre-match."""
    if row.state == PRICED:
        return Line(
            row.outcome,
            row.description,
            row.point,
            row.price,
            row.capture_time,
            row.known_time,
            "exact",
            None,
        )
    if row.state == UNUSABLE_CODE or (shown is not None and shown.state.code != PRICED):
        return missing(UNUSABLE, row.outcome, row.description)
    if shown is None:
        return None
    return Line(
        row.outcome,
        row.description,
        shown.state.point,
        shown.state.price,
        shown.capture_time,
        shown.known_time,
        "last_active",
        None,
    )
