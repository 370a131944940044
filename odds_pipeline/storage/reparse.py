"""What an earlier parse of a document said, as far as it is stored, beside what a later one says.

Belongs here: which documents an older parser read last, whether a fresh parse says the same, what
it says no more, and its mark. Does not belong here: parsing, writing what it says (``facts``).

A document's parse becomes known at once, so its facts are those of one known time. What it said is
therefore what is read at its captures by that known time: its own rows, or equal ones before it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from msgspec.structs import replace

from odds_pipeline.catalog.observations import (
    CaptureBasis,
    Document,
    EventOdds,
    EventStated,
    OddsCapture,
    Rejection,
    Scope,
)
from odds_pipeline.storage import facts, normalisation, slots
from odds_pipeline.storage.archive.thaw import refreeze, thaw_day, thawed
from odds_pipeline.storage.captures import Item, stated_capture
from odds_pipeline.storage.dimensions import Dimensions, Stated
from odds_pipeline.storage.odds_facts import IncomingCapture, incoming_captures, odds_row, prepare
from odds_pipeline.storage.prepared import PreparedEvent, snapshot_id
from odds_pipeline.storage.timeline import REMOVED_CODE, State, day_start

Connection = psycopg.Connection[Any]


class Stale(NamedTuple):
    """A document whose newest parse is an older parser's.

    ``said_at`` is the known time of the parse that its stored facts are of; ``readable`` is False
    where that one failed.
    """

    raw_id: int
    known_time: datetime
    said_at: datetime
    readable: bool


class Choice(NamedTuple):
    """Which documents to look at: of captures (or, unreadable, received) in [start, end)."""

    start: datetime | None = None
    end: datetime | None = None
    raw_id: int | None = None


# The newest mark says which parser read it last; the newest that does not merely agree, when it
# said what is stored.
_STALE = """
FROM raw_responses r
CROSS JOIN LATERAL (
    SELECT parser_version FROM normalisations
    WHERE raw_id = r.raw_id ORDER BY parser_version DESC LIMIT 1
) newest
CROSS JOIN LATERAL (
    SELECT known_time, status FROM normalisations
    WHERE raw_id = r.raw_id AND agrees IS NOT TRUE ORDER BY parser_version DESC LIMIT 1
) said
WHERE newest.parser_version < %(version)s
  AND (%(raw_id)s::bigint IS NULL OR r.raw_id = %(raw_id)s)
  AND (%(start)s::timestamptz IS NULL AND %(end)s::timestamptz IS NULL
    OR r.received_at >= coalesce(%(start)s, '-infinity')
        AND r.received_at < coalesce(%(end)s, 'infinity') AND said.status = 'failed'
    OR EXISTS (
        SELECT FROM captures c WHERE c.raw_id = r.raw_id
          AND c.capture_time >= coalesce(%(start)s, '-infinity')
          AND c.capture_time < coalesce(%(end)s, 'infinity')
    ))
"""


def count_stale(conn: Connection, version: int, choice: Choice) -> int:
    """How many documents an older parser than this read last."""
    row = conn.execute(
        b"SELECT count(*)" + _STALE.encode(), {"version": version} | choice._asdict()
    ).fetchone()
    assert row is not None
    return int(row[0])


def next_stale(
    conn: Connection, version: int, choice: Choice, after: datetime | None, limit: int
) -> list[Stale]:
    """The next of them, in known order, behind a known time."""
    rows = conn.execute(
        b"SELECT r.raw_id, r.known_time, said.known_time, said.status = 'ok'"
        + _STALE.encode()
        + b"""AND (%(after)s::timestamptz IS NULL OR r.known_time > %(after)s)
        ORDER BY r.known_time LIMIT %(limit)s""",
        {"version": version, "after": after, "limit": limit} | choice._asdict(),
    )
    return [Stale(*row) for row in rows]


def next_known_time(conn: Connection) -> datetime:
    """A known time; until the transaction ends nobody else gets one, so it should end soon."""
    row = conn.execute("SELECT next_known_time()").fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment


# --- what was said ---

_OWN_SNAPSHOTS = """
SELECT s.event_no, s.capture_time, s.scope_id, c.basis, e.event_id, sp.sport_key, s.commence_time,
    m.home_team, m.away_team, s.day_only
FROM captures c
JOIN snapshots s ON s.capture_time = c.capture_time AND s.capture_id = c.capture_id
JOIN event_ids e USING (event_no)
JOIN sports sp ON sp.sport_id = e.sport_id
JOIN matchups m USING (matchup_id)
WHERE c.raw_id = %s AND c.known_time = %s AND s.known_time = c.known_time AND NOT s.unlisted
ORDER BY s.capture_time, s.scope_id, s.event_no
"""

_CAPTURES = """
SELECT raw_id, known_time, capture_time, basis, event_count, kind, sport_id, scope_id, listing,
    asked_events
FROM captures WHERE raw_id = %s AND known_time = %s
"""

_OWN_STATEMENTS = """
SELECT s.event_no, s.capture_time FROM captures c
JOIN event_statements s ON s.capture_time = c.capture_time AND s.capture_id = c.capture_id
WHERE c.raw_id = %s AND c.known_time = %s
"""

_SNAPSHOTS_THEN = """
SELECT a.place, s.snapshot_id, s.bookmaker_count, s.day_only
FROM unnest(%s::int[], %s::timestamptz[], %s::int[])
    WITH ORDINALITY AS a(event_no, moment, scope_id, place)
CROSS JOIN LATERAL (
    SELECT snapshot_id, bookmaker_count, day_only, unlisted FROM snapshots
    WHERE event_no = a.event_no AND capture_time = a.moment AND scope_id = a.scope_id
      AND known_time <= %s
    ORDER BY known_time DESC LIMIT 1
) s
WHERE NOT s.unlisted
"""

_STATES_THEN = """
SELECT a.place, q.selection_id, q.state, q.price, q.point
FROM unnest(%s::int[], %s::timestamptz[], %s::timestamptz[])
    WITH ORDINALITY AS a(event_no, day, moment, place)
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (selection_id) selection_id, state, price, point FROM quotes
    WHERE event_no = a.event_no AND capture_time >= a.day AND capture_time <= a.moment
      AND known_time <= %s
    ORDER BY selection_id, capture_time DESC, known_time DESC
) q
"""

_STATEMENTS_THEN = """
SELECT a.place, s.*
FROM unnest(%s::int[], %s::timestamptz[]) WITH ORDINALITY AS a(event_no, moment, place)
CROSS JOIN LATERAL (
    SELECT matchup_id, commence_time, day_only, completed, home_score, away_score, score_time
    FROM event_statements
    WHERE event_no = a.event_no AND capture_time = a.moment AND known_time <= %s
    ORDER BY known_time DESC LIMIT 1
) s
"""


def says_the_same(conn: Connection, dims: Dimensions, item: Item, said_at: datetime) -> bool:
    """Whether a fresh parse says what the document said before.

    Args:
        conn: a connection inside a transaction that holds the normaliser's lock.
        dims: numbers of keys; what the fresh parse states is added.
        item: the document as it is read now.
        said_at: known time of the parse before.
    """
    facts.resolve(conn, dims, [item])
    captures = incoming_captures(conn, dims, [item])
    prepared = prepare(conn, dims, captures, {})
    if not _same_captures(conn, item, captures, said_at):
        return False
    events = [
        (c, event, odds.event.event_id)
        for c, found in zip(captures, prepared, strict=True)
        for event, odds in zip(found, c.capture.events, strict=True)
    ]
    if not _same_statements(conn, dims, item, said_at):
        return False
    own = {tuple(row[:3]) for row in _own_snapshots(conn, item.raw_id, said_at)}
    told = {(e.event_no, c.capture.capture_time, c.scope_id) for c, e, _ in events}
    if not events or not own <= told:
        return own == told
    since = day_start(min(c.capture.capture_time for c, _, _ in events))
    with thawed(conn, {event.event_no for _, event, _ in events}, since, ()):
        return _same_snapshots(conn, events, said_at) and _same_states(conn, dims, events, said_at)


_Events = Sequence[tuple[IncomingCapture, PreparedEvent, str]]


def _same_captures(
    conn: Connection, item: Item, captures: Sequence[IncomingCapture], said_at: datetime
) -> bool:
    rows = [odds_row(c) for c in captures]
    for told in item.document.statements:
        stated = stated_capture(item, told, len(told.statements))
        rows.append((*stated, "events", None, None, False, None))
    now = Counter(repr((row[0], *row[2:])) for row in rows)
    stored = conn.execute(_CAPTURES, (item.raw_id, said_at)).fetchall()
    return now == Counter(repr((row[0], *row[2:])) for row in stored)


def _same_snapshots(conn: Connection, events: _Events, said_at: datetime) -> bool:
    stored = conn.execute(
        _SNAPSHOTS_THEN,
        (
            [event.event_no for _, event, _ in events],
            [c.capture.capture_time for c, _, _ in events],
            [c.scope_id for c, _, _ in events],
            said_at,
        ),
    )
    found = {place: tuple(said) for place, *said in stored}
    return all(
        found.get(place)
        == (
            snapshot_id(c.key, c.capture.capture_time, event_id, event.content()),
            event.bookmaker_count,
            event.day_only,
        )
        for place, (c, event, event_id) in enumerate(events, 1)
    )


def _same_states(conn: Connection, dims: Dimensions, events: _Events, said_at: datetime) -> bool:
    moments = [c.capture.capture_time for c, _, _ in events]
    stored: list[dict[int, State]] = [{} for _ in events]
    for place, selection_id, *state in conn.execute(
        _STATES_THEN,
        ([e.event_no for _, e, _ in events], [day_start(m) for m in moments], moments, said_at),
        binary=True,
    ):
        stored[place - 1][selection_id] = State(*state)
    dims.load_selections(conn, {number for states in stored for number in states})
    return all(
        _as_before(dims, c.scope_id, event, before)
        for (c, event, _), before in zip(events, stored, strict=True)
    )


def _as_before(
    dims: Dimensions, scope_id: int, event: PreparedEvent, before: Mapping[int, State]
) -> bool:
    """Whether each selection in scope is read as this event has it."""
    states = {n: state for board in event.boards.values() for n, state in board.states.items()}
    if any(before.get(number) != state for number, state in states.items()):
        return False
    missing = event.missing(dims.selections)
    return all(
        state.code == REMOVED_CODE or state == missing(number)
        for number, state in before.items()
        if number not in states and dims.covers(scope_id, number)
    )


def _same_statements(conn: Connection, dims: Dimensions, item: Item, said_at: datetime) -> bool:
    stated = [(told, one) for told in item.document.statements for one in told.statements]
    numbers = [dims.event_nos[one.event.event_id] for _, one in stated]
    moments = [told.capture_time for told, _ in stated]
    own = conn.execute(_OWN_STATEMENTS, (item.raw_id, said_at)).fetchall()
    if not {tuple(row) for row in own} <= set(zip(numbers, moments, strict=True)):
        return False
    stored = conn.execute(_STATEMENTS_THEN, (numbers, moments, said_at))
    found = {place: tuple(said) for place, *said in stored}
    return all(
        found.get(place)
        == (
            dims.matchup_ids[one.event.home_team, one.event.away_team],
            one.event.commence_time,
            one.event.day_only,
            one.completed,
            one.home_score,
            one.away_score,
            one.score_time,
        )
        for place, (_, one) in enumerate(stated, 1)
    )


# --- what is said no more ---


def with_leftovers(conn: Connection, dims: Dimensions, item: Item, said_at: datetime) -> Document:
    """The fresh parse, and before it the events whose odds were told and are told no more.

    Each stands at its old capture, under the old scope, as one that cannot be read: what was taken
    from it is then unusable, and no older price stands in for it. Where the fresh parse lists every
    event of that time and scope, the event's absence says more.
    """
    document = item.document
    fresh: dict[tuple[datetime, Scope], list[IncomingCapture]] = defaultdict(list)
    dims.resolve(conn, Stated(sports={c.scope.sport_key: None for c in document.odds}))
    for c in incoming_captures(conn, dims, [item]):
        fresh[c.capture.capture_time, _covered(c.scope)].append(c)
    own = _own_snapshots(conn, item.raw_id, said_at)
    dims.load_scopes(conn, {row[2] for row in own})
    lost: dict[tuple[datetime, Scope], dict[str, EventOdds]] = defaultdict(dict)
    bases: dict[datetime, CaptureBasis] = {}
    for _, moment, scope_id, basis, event_id, *stated in own:
        covered = _covered(dims.scopes[scope_id])
        if not any(_speaks_of(c, event_id) for c in fresh[moment, covered]):
            event = EventOdds(EventStated(event_id, *stated), (), complete=False)
            lost[moment, covered][event_id] = event
            bases[moment] = CaptureBasis(basis)
    shells = [
        OddsCapture(moment, bases[moment], scope, tuple(events.values()), (), False)
        for (moment, scope), events in lost.items()
    ]
    return replace(document, odds=(*shells, *document.odds))


def _covered(scope: Scope) -> Scope:
    """The same books and markets, without the claim to list every event."""
    return replace(scope, lists_all_events=False)


def _speaks_of(capture: IncomingCapture, event_id: str) -> bool:
    return (
        capture.scope.lists_all_events
        or event_id in capture.asked
        or any(odds.event.event_id == event_id for odds in capture.capture.events)
    )


def _own_snapshots(conn: Connection, raw_id: int, said_at: datetime) -> list[tuple[Any, ...]]:
    """Events that the document's captures brought snapshots of, archived ones too."""
    days = conn.execute(
        """SELECT DISTINCT (capture_time AT TIME ZONE 'UTC')::date FROM captures
        WHERE raw_id = %s AND known_time = %s AND kind = 'odds'""",
        (raw_id, said_at),
    )
    for (day,) in days.fetchall():
        thaw_day(conn, day)
    rows = conn.execute(_OWN_SNAPSHOTS, (raw_id, said_at)).fetchall()
    refreeze(conn)
    return rows


# --- marks ---


class Parsed(NamedTuple):
    """How a fresh parse ended: the same as before or not; the error where it failed."""

    raw_id: int
    known_time: datetime
    agrees: bool
    error: str | None = None
    snapshots: int = 0
    quotes: int = 0


def mark(conn: Connection, parser_version: int, parsed: Parsed) -> None:
    """Mark a document as read by this parser, and close its slot if nothing could be read of it."""
    conn.execute(
        """INSERT INTO normalisations (raw_id, parser_version, known_time, status, error,
            snapshots, quotes, agrees)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            parsed.raw_id,
            parser_version,
            parsed.known_time,
            "ok" if parsed.error is None else "failed",
            normalisation.storable(parsed.error),
            parsed.snapshots,
            parsed.quotes,
            parsed.agrees,
        ),
    )
    if parsed.error is None and not parsed.agrees:
        slots.reopen(conn, parsed.raw_id, (normalisation.UNREADABLE, normalisation.UNUSABLE))
        slots.finish(conn, {parsed.raw_id: None})
        slots.share_answers(conn, [parsed.raw_id])


def renew_quarantine(
    conn: Connection, raw_id: int, known_time: datetime, rejections: Iterable[Rejection]
) -> int:
    """Add what the later parse rejects, release what it no longer does; how many are new."""
    rejected = list(rejections)
    added = normalisation.quarantine(conn, raw_id, rejected, known_time)
    conn.execute(
        """UPDATE quarantine SET status = 'released'
        WHERE raw_id = %s AND status = 'open'
          AND (location, reason) NOT IN (SELECT * FROM unnest(%s::text[], %s::text[]))""",
        (
            raw_id,
            [normalisation.storable(one.where) for one in rejected],
            [normalisation.storable(one.reason) for one in rejected],
        ),
    )
    return added
