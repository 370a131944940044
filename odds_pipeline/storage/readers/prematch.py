"""What of an event's captures lies before its start, and what was expected of them.

Belongs here: the rule of what is pre-match, the books and markets that lines are given for. Does
not belong here: prices (``closing``, ``opening``).

A capture is pre-match if it lies before the true start (the start stated last, as known) and was
not in play by the start stated then. An event that was only delayed, by less than its sport's
``live_hours``, had not begun, so that such captures count too; one that was interrupted or put off
to another date had. A start known to the day is taken as the end of that day.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.storage.readers.starts import Start, starts
from odds_pipeline.storage.readers.states import LONG_AGO, Asked, multirange

Connection = psycopg.Connection[Any]

Pair = tuple[str, str]  # (bookmaker, market)

TICK = timedelta(microseconds=1)
LAY = "_lay"

NOT_CAPTURED = "not captured before the start"
NEVER_OFFERED = "never offered"
UNUSABLE = "unusable"
NOT_STARTED = "not started"

# The scopes that listed an event: what they name, and which book's market they cover.
_SCOPES = """
WITH asked AS MATERIALIZED (
    SELECT a.place, a.event_no, a.at, a.left_out::tstzmultirange
    FROM unnest(%(numbers)s::int[], %(moments)s::timestamptz[], %(left_out)s::text[])
        WITH ORDINALITY AS a(event_no, at, left_out, place)
)
SELECT a.event_no, x.scope_id, c.bookmakers, c.markets, f.first_listed, f.first_listed <= a.at
    AND (NOT f.first_listed <@ a.left_out OR EXISTS (
        SELECT FROM snapshots
        WHERE event_no = a.event_no AND scope_id = x.scope_id AND NOT unlisted
          AND capture_time <= least(a.at, x.last_capture) AND capture_time >= x.first_capture
          AND known_time <= %(known_by)s AND NOT capture_time <@ a.left_out
    )) AS before
FROM asked a
JOIN event_scopes x USING (event_no)
JOIN scopes c USING (scope_id)
CROSS JOIN LATERAL (
    SELECT capture_time AS first_listed FROM snapshots
    WHERE event_no = a.event_no AND scope_id = x.scope_id AND NOT unlisted
      AND capture_time >= x.first_capture AND capture_time <= x.last_capture
      AND known_time <= %(known_by)s
    ORDER BY capture_time LIMIT 1
) f
"""

# Books' markets of which a row was known by then, wherever in time.
_SEEN = """
SELECT DISTINCT s.event_no, b.bookmaker_key, mk.market_key
FROM (
    SELECT event_no, date_trunc('day', min(first_capture), 'UTC') AS first,
        max(last_capture) AS last
    FROM event_scopes WHERE event_no = ANY(%(numbers)s)
    GROUP BY event_no
) s
JOIN event_selections x USING (event_no)
JOIN selections sel USING (selection_id)
JOIN bookmakers b USING (bookmaker_id)
JOIN markets mk USING (market_id)
WHERE EXISTS (
    SELECT FROM quotes
    WHERE event_no = s.event_no AND selection_id = x.selection_id
      AND capture_time >= s.first AND capture_time <= s.last
      AND known_time <= %(known_by)s
)
"""

_COVERING = """
SELECT a.bookmaker_key, a.market_key, c.scope_id
FROM unnest(%(bookmakers)s::text[], %(markets)s::text[]) AS a(bookmaker_key, market_key)
JOIN scopes c ON scope_covers(c, a.bookmaker_key, a.market_key)
WHERE c.scope_id = ANY(%(scopes)s)
"""


class Event(NamedTuple):
    """One event with what its lines need to know.

    Args:
        start: all that was stated of its start.
        started: whether the true start lies behind what is known.
        until: nothing after it is looked at.
        first_seen: first capture of odds that listed it; ``None`` without one.
        expected: the books' markets that get a row, in order.
        captured: those of them that a pre-match capture of the event covered.
    """

    start: Start
    started: bool
    until: datetime
    first_seen: datetime | None
    expected: tuple[Pair, ...]
    captured: frozenset[Pair]

    def asked(self) -> Asked:
        """The event just before its start, without captures that are not pre-match."""
        return Asked(self.start.event, self.until, LONG_AGO, self.start.other_play())


class _Scope(NamedTuple):
    scope_id: int
    bookmakers: Sequence[str] | None
    markets: Sequence[str] | None
    first_listed: datetime
    before: bool


def prematch_events(
    conn: Connection,
    events: Sequence[str],
    known_by: datetime,
    bookmakers: Iterable[str] | None,
    markets: Iterable[str] | None,
) -> list[Event]:
    """The events, in order of their ids, with the rows expected of each.

    Expected are all ``bookmakers`` x ``markets``; where these are not given, all that the scopes
    of the event's captures name and all that were ever seen of it. A lay market is named by its
    twin's scope unasked, so it counts only once seen.
    """
    known = starts(conn, events, known_by)
    scopes = _scopes(conn, known.values(), known_by)
    seen: dict[int, set[Pair]] = {}
    if bookmakers is None or markets is None:
        numbers = [start.event_no for start in known.values()]
        rows = conn.execute(_SEEN, {"numbers": numbers, "known_by": known_by})
        for event_no, bookmaker, market in rows:
            seen.setdefault(event_no, set()).add((bookmaker, market))
    expected = {
        start.event: _expected(
            scopes.get(start.event_no, []), seen.get(start.event_no, set()), bookmakers, markets
        )
        for start in known.values()
    }
    covering = _covering(conn, scopes, {pair for pairs in expected.values() for pair in pairs})
    found = []
    for start in known.values():
        here = scopes.get(start.event_no, [])
        before = {scope.scope_id for scope in here if scope.before}
        wanted = expected[start.event]
        captured = [pair for pair in wanted if not before.isdisjoint(covering.get(pair, ()))]
        found.append(
            Event(
                start,
                start.true.starts_by <= known_by,
                _until(start, known_by),
                min((scope.first_listed for scope in here), default=None),
                wanted,
                frozenset(captured),
            )
        )
    return found


def _expected(
    scopes: Iterable[_Scope],
    seen: Iterable[Pair],
    bookmakers: Iterable[str] | None,
    markets: Iterable[str] | None,
) -> tuple[Pair, ...]:
    books = {book for book, _ in seen} if bookmakers is None else set(bookmakers)
    kinds = {market for _, market in seen} if markets is None else set(markets)
    for scope in scopes:
        if bookmakers is None:
            books.update(scope.bookmakers or ())
        if markets is None:
            kinds.update(key for key in scope.markets or () if not key.endswith(LAY))
    return tuple((book, kind) for book in sorted(books) for kind in sorted(kinds))


def _until(start: Start, known_by: datetime) -> datetime:
    return min(start.true.starts_by - TICK, known_by)


def _scopes(
    conn: Connection, known: Iterable[Start], known_by: datetime
) -> Mapping[int, list[_Scope]]:
    known = list(known)
    rows = conn.execute(
        _SCOPES,
        {
            "numbers": [start.event_no for start in known],
            "moments": [_until(start, known_by) for start in known],
            "left_out": [multirange(start.other_play()) for start in known],
            "known_by": known_by,
        },
    )
    found: dict[int, list[_Scope]] = {}
    for event_no, *scope in rows:
        found.setdefault(event_no, []).append(_Scope(*scope))
    return found


def _covering(
    conn: Connection, scopes: Mapping[int, list[_Scope]], pairs: Iterable[Pair]
) -> Mapping[Pair, set[int]]:
    """The scopes that cover each book's market."""
    pairs = list(pairs)
    rows = conn.execute(
        _COVERING,
        {
            "bookmakers": [book for book, _ in pairs],
            "markets": [market for _, market in pairs],
            "scopes": list({scope.scope_id for here in scopes.values() for scope in here}),
        },
    )
    found: dict[Pair, set[int]] = {}
    for book, market, scope_id in rows:
        found.setdefault((book, market), set()).add(scope_id)
    return found
