"""Searches a series for the first or the last capture that showed it in a state.

Belongs here: the search through one series' rows and its event's captures. Does not belong here:
which series need it, what is made of the find (``closing``, ``opening``).

A row's state holds from its capture to the next row of the series, or to the end of the UTC day.
A capture that lists the event inside that span, pre-match and covering the series, showed it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.storage.readers.prematch import TICK
from odds_pipeline.storage.readers.states import Asked, multirange
from odds_pipeline.storage.timeline import DAY, Row, State, day_start

Connection = psycopg.Connection[Any]

_ROWS = """
SELECT a.place, q.capture_time, q.known_time, q.state, q.price, q.point
FROM unnest(%(events)s::int[], %(selections)s::int[], %(since)s::timestamptz[],
    %(until)s::timestamptz[]) WITH ORDINALITY AS a(event_no, selection_id, since, until, place)
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (capture_time) capture_time, known_time, state, price, point FROM quotes
    WHERE event_no = a.event_no AND selection_id = a.selection_id
      AND capture_time >= a.since AND capture_time <= a.until AND known_time <= %(known_by)s
    ORDER BY capture_time, known_time DESC
) q
ORDER BY a.place, q.capture_time
"""

_SPANS = """
WITH asked AS MATERIALIZED (
    SELECT a.place, a.event_no, a.bookmaker, a.market, a.since, a.until,
        a.left_out::tstzmultirange
    FROM unnest(%(events)s::int[], %(bookmakers)s::text[], %(markets)s::text[],
        %(since)s::timestamptz[], %(until)s::timestamptz[], %(left_out)s::text[])
        WITH ORDINALITY AS a(event_no, bookmaker, market, since, until, left_out, place)
)
SELECT a.place, s.capture_time, s.known_time
FROM asked a
CROSS JOIN LATERAL (
    SELECT s.capture_time, s.known_time FROM snapshots s JOIN scopes c USING (scope_id)
    WHERE s.event_no = a.event_no AND NOT s.unlisted
      AND s.capture_time >= a.since AND s.capture_time < a.until
      AND s.known_time <= %(known_by)s AND NOT s.capture_time <@ a.left_out
      AND scope_covers(c, a.bookmaker, a.market)
"""
_LAST = """    ORDER BY s.capture_time DESC, s.known_time DESC LIMIT 1
) s"""
_FIRST = """    ORDER BY s.capture_time, s.known_time DESC LIMIT 1
) s"""


class Series(NamedTuple):
    """One series of one event, and where to look: ``since`` and ``asked.at`` are the ends."""

    asked: Asked
    event_no: int
    selection_id: int
    bookmaker: str
    market: str
    since: datetime


class Shown(NamedTuple):
    """What a capture showed of a series, with the known time of both."""

    capture_time: datetime
    known_time: datetime
    state: State


class _Span(NamedTuple):
    since: datetime
    until: datetime
    row: Row


def search(
    conn: Connection,
    wanted: Sequence[Series],
    known_by: datetime,
    codes: Iterable[int],
    *,
    last: bool,
) -> Mapping[Series, Shown]:
    """The first or last pre-match capture that showed each series in one of the states.

    Series that no capture showed so are left out.
    """
    codes = frozenset(codes)
    waiting = {series: spans for series, spans in _spans(conn, wanted, known_by, codes) if spans}
    take: Callable[[list[_Span]], _Span] = list.pop if last else lambda spans: spans.pop(0)
    found: dict[Series, Shown] = {}
    while waiting:
        tried = [(series, take(spans)) for series, spans in waiting.items()]
        for place, capture_time, known_time in _probe(conn, tried, known_by, last=last):
            series, span = tried[place - 1]
            known = max(known_time, span.row.known_time)
            found[series] = Shown(capture_time, known, span.row.state)
        waiting = {s: spans for s, spans in waiting.items() if spans and s not in found}
    return found


def _spans(
    conn: Connection, wanted: Sequence[Series], known_by: datetime, codes: frozenset[int]
) -> list[tuple[Series, list[_Span]]]:
    """For each series the spans of time in which its rows show one of the states."""
    stored = conn.execute(
        _ROWS,
        {
            "events": [series.event_no for series in wanted],
            "selections": [series.selection_id for series in wanted],
            "since": [series.since for series in wanted],
            "until": [series.asked.at for series in wanted],
            "known_by": known_by,
        },
    )
    rows: list[list[Row]] = [[] for _ in wanted]
    for place, capture_time, known_time, *state in stored:
        rows[place - 1].append(Row(capture_time, known_time, State(*state)))
    return [
        (series, _spans_of(lines, series.asked.at, codes))
        for series, lines in zip(wanted, rows, strict=True)
    ]


def _spans_of(rows: Sequence[Row], until: datetime, codes: frozenset[int]) -> list[_Span]:
    spans = []
    for place, row in enumerate(rows):
        end = day_start(row.capture_time) + DAY
        if place + 1 < len(rows):
            end = min(end, rows[place + 1].capture_time)
        if row.state.code in codes:
            spans.append(_Span(row.capture_time, end, row))
    return spans


def _probe(
    conn: Connection, tried: Sequence[tuple[Series, _Span]], known_by: datetime, *, last: bool
) -> list[tuple[int, datetime, datetime]]:
    asked = {
        "events": [series.event_no for series, _ in tried],
        "bookmakers": [series.bookmaker for series, _ in tried],
        "markets": [series.market for series, _ in tried],
        "since": [span.since for _, span in tried],
        "until": [min(span.until, s.asked.at + TICK) for s, span in tried],
        "left_out": [multirange(series.asked.left_out) for series, _ in tried],
        "known_by": known_by,
    }
    return conn.execute(_SPANS + (_LAST if last else _FIRST), asked).fetchall()
