"""Writes what odds documents said: snapshots and quote states, a batch in one transaction.

Belongs here: applying captures to timelines in memory, in known order, and loading the new rows.
Does not belong here: the change-only rules (``timeline``), the absence rules (``listings``).
"""

from bisect import bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.catalog.observations import OddsCapture, Scope
from odds_pipeline.storage import timelines
from odds_pipeline.storage.captures import Item, numbers, send_captures, stated_capture
from odds_pipeline.storage.dimensions import Dimensions, Stated
from odds_pipeline.storage.fact_rows import SnapshotRow, append_quotes, append_snapshots
from odds_pipeline.storage.listings import Listing, last_listed, leaves_feed, restated
from odds_pipeline.storage.prepared import (
    PreparedBoard,
    PreparedEvent,
    Preparer,
    names_of,
    pair,
    snapshot_id,
    states_of,
    vector,
)
from odds_pipeline.storage.scoping import answered, scope_key
from odds_pipeline.storage.standing import LARGEST, Standing
from odds_pipeline.storage.timeline import REMOVED, Mark, State, Timeline

Connection = psycopg.Connection[Any]

STRETCH = 100  # snapshots that the server is given to write while the next ones are made


class IncomingCapture(NamedTuple):
    """One odds capture on its way in."""

    item: Item
    capture: OddsCapture
    scope: Scope
    scope_id: int
    sport_id: int
    key: str

    @property
    def asked(self) -> tuple[str, ...]:
        """Events asked for by id, one of which being absent left the feed."""
        certain = self.capture.listing_complete and not self.scope.lists_all_events
        return self.capture.event_ids if certain else ()


def incoming_captures(
    conn: Connection, dims: Dimensions, items: Iterable[Item]
) -> list[IncomingCapture]:
    """The odds captures of a batch, in the order in which they are applied."""
    captures = []
    for item in items:
        for capture in sorted(item.document.odds, key=lambda c: c.capture_time):
            scope = answered(capture)
            scope_id = dims.resolve_scope(conn, scope)
            sport_id = dims.sport_ids[scope.sport_key]
            captures.append(
                IncomingCapture(item, capture, scope, scope_id, sport_id, scope_key(scope))
            )
    return captures


def prepare(
    conn: Connection,
    dims: Dimensions,
    captures: Sequence[IncomingCapture],
    shown: Mapping[int, Mapping[int, PreparedBoard]],
) -> list[list[PreparedEvent]]:
    """Each capture's events in numbers, with their states.

    Args:
        conn: a connection inside a transaction.
        dims: every key but the names of outcomes must have been resolved in it.
        captures: in the order in which they are applied.
        shown: boards by book-market that each event showed before.
    """
    preparer = Preparer(dims, shown)
    prepared = [
        [preparer.event(event, c.capture.capture_time) for event in c.capture.events]
        for c in captures
    ]
    dims.resolve(conn, Stated(names=names_of(preparer.new)))
    stated = [(board, states_of(board, dims.name_ids)) for board in preparer.new]
    dims.resolve_selections(conn, {key for _, states in stated for key in states})
    for board, states in stated:
        board.states = {dims.selection_ids[key]: state for key, state in states.items()}
    return prepared


def odds_row(c: IncomingCapture) -> tuple[Any, ...]:
    """The capture's row."""
    listing = c.scope.lists_all_events
    stated = stated_capture(c.item, c.capture, len(c.capture.events))
    return *stated, "odds", c.sport_id, c.scope_id, listing, list(c.asked) or None


class OddsWriter:
    """Applies odds captures to timelines in memory, and sends the new rows by stretches.

    Made, it has sent its captures; ``read`` reads what they depend on; ``write`` then waits for
    numbers of what is new only. What stands in memory serves captures that lie after all that is
    stored; others are applied to what is loaded for them.
    """

    def __init__(
        self,
        conn: Connection,
        dims: Dimensions,
        standing: Standing,
        captures: Sequence[IncomingCapture],
    ) -> None:
        self.conn = conn
        self.dims = dims
        self.captures = captures
        first = min(c.capture.capture_time for c in captures)
        self._given = standing
        self.standing = standing if standing.precedes(first) else Standing(first)
        self.snapshots: list[SnapshotRow] = []
        self._snapshots_sent = 0
        self.marked: dict[tuple[int, int], bool] = {}
        self.sport_of: dict[int, int] = {}
        self.events_of: dict[int, set[int]] = defaultdict(set)
        self.listings = self._stored_listings()
        self._captures_sent = send_captures(conn, [odds_row(c) for c in captures])

    def read(self) -> None:
        """Read what the captures depend on."""
        self.prepared = prepare(self.conn, self.dims, self.captures, self.standing.boards())
        self.timelines = self._load(self._first_captures())
        for event_no, sport_id in self.sport_of.items():
            self.events_of[sport_id].add(event_no)

    def _stored_listings(self) -> dict[int, list[Listing]]:
        """Stored listings that lie behind captures of the batch, by sport."""
        if self.standing is self._given:
            return defaultdict(list)
        found = timelines.stored_listings(self.conn, _spans(self.captures))
        scopes = {one.scope_id for listings in found.values() for one in listings}
        self.dims.load_scopes(self.conn, scopes)
        return found

    def _load(self, first: dict[int, datetime]) -> dict[int, Timeline]:
        """The timelines of these events: those that stand in memory, the others from storage."""
        known = self.standing.lines
        lines = {number: known[number] for number in first.keys() & known.keys()}
        missing = {number: first[number] for number in first.keys() - known.keys()}
        return lines | timelines.load(self.conn, self.dims, missing)

    def _first_captures(self) -> dict[int, datetime]:
        """Every event the batch states or may find missing, and the first capture to do so."""
        dims, captures = self.dims, self.captures
        dims.find_events(self.conn, {asked for c in captures for asked in c.capture.event_ids})
        touched: list[tuple[int, int, datetime]] = []
        for c, events in zip(captures, self.prepared, strict=True):
            numbers = {event.event_no for event in events}
            numbers |= {dims.event_nos.get(asked, -1) for asked in c.capture.event_ids} - {-1}
            touched.extend((number, c.sport_id, c.capture.capture_time) for number in numbers)
        touched.extend(self._listed_events(_listing_spans(captures)))
        first: dict[int, datetime] = {}
        for event_no, sport_id, moment in touched:
            first[event_no] = min(first.get(event_no, moment), moment)
            self.sport_of.setdefault(event_no, sport_id)
        return first

    def _listed_events(
        self, spans: dict[int, tuple[datetime, datetime]]
    ) -> list[tuple[int, int, datetime]]:
        """Events that a listing may miss: (event, sport, first listing)."""
        whole = self.standing.whole_sports & spans.keys()
        found = [
            (event_no, sport_id, spans[sport_id][0])
            for sport_id in whole
            for event_no in self.standing.events_of[sport_id]
        ]
        others = {sport_id: span for sport_id, span in spans.items() if sport_id not in whole}
        found.extend(timelines.listed_events(self.conn, others))
        self.standing.whole_sports |= others.keys()
        return found

    def write(self) -> tuple[int, int]:
        """Apply the captures in the order given, and write the new rows: (snapshots, quotes)."""
        self.capture_ids = numbers(self._captures_sent)
        applied = zip(self.captures, self.prepared, self.capture_ids, strict=True)
        for _, captures in groupby(applied, key=_document):
            for incoming, events, capture_id in captures:
                self._apply(incoming, events, capture_id)
            if len(self.snapshots) - self._snapshots_sent >= STRETCH:
                self._send()
        self._send()
        timelines.save_spans(self.conn, self.timelines, self.marked, self.sport_of)
        return len(self.snapshots), sum(len(line.new_rows) for line in self.timelines.values())

    def _apply(
        self, incoming: IncomingCapture, events: Sequence[PreparedEvent], capture_id: int
    ) -> None:
        capture, item, asked = incoming.capture, incoming.item, incoming.asked
        listing = incoming.scope.lists_all_events
        here = Listing(
            capture.capture_time, capture_id, incoming.scope_id, item.known_time, asked or None
        )
        pairs = self._pairs(incoming.scope, events)
        layout_id = self.dims.resolve_layout(self.conn, pairs)
        for event, odds in zip(events, capture.events, strict=True):
            self._listed(incoming, event, odds.event.event_id, here, (layout_id, pairs))
        present = {event.event_no for event in events}
        absent: set[int] = set()
        if listing:
            absent = self.events_of[incoming.sport_id] - present
        elif asked:
            numbers = self.dims.event_nos
            absent = {numbers[event_id] for event_id in asked if event_id in numbers} - present
        for event_no in absent:
            self._missing(event_no, here, item.known_time)
        if listing or asked:
            insort(self.listings[incoming.sport_id], here, key=_capture_time)

    def _pairs(self, scope: Scope, events: Iterable[PreparedEvent]) -> tuple[int, ...]:
        """The capture's vector order: what was asked of known books, and what came."""
        pairs: set[int] = set()
        for event in events:
            pairs.update(event.ages)
        books = [self.dims.bookmaker_ids.get(key) for key in scope.bookmakers or ()]
        markets = [self.dims.market_ids.get(key) for key in scope.markets or ()]
        pairs |= {
            pair(book, market)
            for book in books
            for market in markets
            if book is not None and market is not None
        }
        return tuple(sorted(pairs))

    def _listed(
        self,
        incoming: IncomingCapture,
        event: PreparedEvent,
        event_id: str,
        here: Listing,
        layout: tuple[int, tuple[int, ...]],
    ) -> None:
        timeline = self.timelines[event.event_no]
        number = snapshot_id(incoming.key, here.capture_time, event_id, event.content())
        known_time = incoming.item.known_time
        mark = Mark(here.capture_time, known_time, here.scope_id, True, event.commence_time, number)
        states, open_before = _to_compare(event, self.standing.shown(event.event_no, mark))
        missing = event.missing(self.dims.selections)
        changed = timeline.observe(mark, known_time, states, self.dims.covers, missing, open_before)
        self.standing.show(event, mark, timeline)
        if not changed and _stored(timeline, mark):
            return
        self._remember(timeline, mark)
        ages, far = vector(event.ages, layout[1])
        self.snapshots.append(
            SnapshotRow(
                here.capture_time,
                known_time,
                event.commence_time,
                number,
                event.event_no,
                here.capture_id,
                here.scope_id,
                layout[0],
                event.matchup_id,
                event.bookmaker_count,
                event.in_play(here.capture_time),
                event.day_only,
                False,
                ages,
                far,
            )
        )
        self._restate_absences(timeline, mark, known_time, incoming.sport_id)

    def _restate_absences(
        self, timeline: Timeline, mark: Mark, known_time: datetime, sport_id: int
    ) -> None:
        """Let a late capture be followed by the absences that later listings had shown."""
        known = self.listings[sport_id]
        if not known or known[-1].capture_time <= mark.capture_time:
            return
        event_id = self.dims.event_ids[timeline.event_no]
        told = {(m.capture_time, m.scope_id) for m in timeline.marks}
        place = bisect_right(known, mark.capture_time, key=_capture_time)
        # Of listings of one instant and scope the last one known says all that they say.
        later = {(one.capture_time, one.scope_id): one for one in known[place:]}
        for instant, listing in later.items():
            if instant in told:
                continue
            if listing.asked is None or event_id in listing.asked:
                self._missing(timeline.event_no, listing, known_time)

    def _missing(self, event_no: int, listing: Listing, known_time: datetime) -> None:
        timeline = self.timelines[event_no]
        if not leaves_feed(timeline, listing, self.dims.scopes):
            return
        newest = last_listed(timeline, listing.capture_time)
        assert newest is not None
        key = scope_key(self.dims.scopes[listing.scope_id])
        event_id = self.dims.event_ids[event_no]
        number = snapshot_id(key, listing.capture_time, event_id, "unlisted")
        mark = Mark(
            listing.capture_time,
            listing.known_time,
            listing.scope_id,
            False,
            newest.commence_time,
            number,
        )
        elsewhere = restated(timeline, listing)

        def covers(scope_id: int, selection_id: int) -> bool:
            inside = self.dims.covers
            return inside(scope_id, selection_id) and not any(
                scope_id == listing.scope_id and inside(other, selection_id) for other in elsewhere
            )

        timeline.observe(mark, known_time, {}, covers, lambda _: REMOVED)
        self.standing.hide(event_no)
        self._remember(timeline, mark)
        self.snapshots.append(
            SnapshotRow(
                listing.capture_time,
                known_time,
                newest.commence_time,
                number,
                event_no,
                listing.capture_id,
                listing.scope_id,
                self.dims.resolve_layout(self.conn, ()),
                None,
                0,
                listing.capture_time >= newest.commence_time,
                False,
                True,
                [],
                None,
            )
        )

    def _remember(self, timeline: Timeline, mark: Mark) -> None:
        place = timeline.event_no, mark.scope_id
        if place not in self.marked:
            self.marked[place] = any(m.scope_id == mark.scope_id for m in timeline.marks)
        timeline.remember(mark)

    def counts(self) -> dict[datetime, tuple[int, int]]:
        """New snapshots and quote rows by known time."""
        snapshots = Counter(row.known_time for row in self.snapshots)
        quotes = Counter(
            row.known_time for line in self.timelines.values() for row in line.new_rows.values()
        )
        return {k: (snapshots[k], quotes[k]) for k in snapshots.keys() | quotes.keys()}

    def _send(self) -> None:
        """Send the rows that documents so far have left; in a pipeline nothing is waited for."""
        snapshots = self.snapshots[self._snapshots_sent :]
        quotes = [row for line in self.timelines.values() for row in line.take_new()]
        moments = {row.capture_time for row in quotes}
        self._ensure_months(moments.union(row.capture_time for row in snapshots))
        append_snapshots(self.conn, snapshots)
        append_quotes(self.conn, quotes)
        self._snapshots_sent = len(self.snapshots)

    def stand(self) -> Standing:
        """What the batch leaves standing; call it last."""
        newest = max(c.capture.capture_time for c in self.captures)
        if self.standing is self._given:
            self.standing.advance(newest, self.timelines.values(), self.sport_of)
            if self.standing.size() <= LARGEST:
                return self.standing
        return Standing(newest if self._given.newest is None else max(self._given.newest, newest))

    def _ensure_months(self, moments: Iterable[datetime]) -> None:
        by_month = {(moment.year, moment.month): moment for moment in moments}
        for month in sorted(by_month.keys() - self.dims.months):
            self.conn.execute(
                "SELECT ensure_month(%s, ARRAY['snapshots', 'quotes'])", (by_month[month],)
            )
            self.dims.months.add(month)


def _document(applied: tuple[IncomingCapture, Any, Any]) -> int:
    return applied[0].item.raw_id


def _capture_time(listing: Listing) -> datetime:
    return listing.capture_time


def _to_compare(
    event: PreparedEvent, shown: Mapping[int, PreparedBoard] | None
) -> tuple[dict[int, State], list[int] | None]:
    """The states that may have changed, and the selections that may be missing (``None``: any)."""
    if shown is None:
        return {n: s for board in event.boards.values() for n, s in board.states.items()}, None
    states: dict[int, State] = {}
    open_before: list[int] = []
    boards = event.boards
    for number in [n for n, board in boards.items() if shown.get(n) is not board]:
        states.update(boards[number].states)
        before = shown.get(number)
        open_before.extend(() if before is None else before.states)
    for number in shown.keys() - event.boards.keys():
        open_before.extend(shown[number].states)
    return states, open_before


def _stored(timeline: Timeline, mark: Mark) -> bool:
    """Whether this capture's snapshot says the same already, and nobody said otherwise since.

    Captures of one instant are told apart by when they became known: what repeats a snapshot after
    another scope's document of that instant has the last word again.
    """
    here = [m for m in timeline.marks if m.capture_time == mark.capture_time]
    same = [m for m in here if m.scope_id == mark.scope_id]
    return (
        bool(same)
        and same[-1].snapshot_id == mark.snapshot_id
        and all(m.stated_at <= same[-1].stated_at for m in here)
    )


def _spans(captures: Iterable[IncomingCapture]) -> dict[int, datetime]:
    """Earliest capture by sport."""
    first: dict[int, datetime] = {}
    for c in captures:
        moment = c.capture.capture_time
        first[c.sport_id] = min(first.get(c.sport_id, moment), moment)
    return first


def _listing_spans(captures: Iterable[IncomingCapture]) -> dict[int, tuple[datetime, datetime]]:
    """Earliest and latest listing by sport."""
    spans: dict[int, tuple[datetime, datetime]] = {}
    for c in captures:
        if c.scope.lists_all_events:
            moment = c.capture.capture_time
            first, last = spans.get(c.sport_id, (moment, moment))
            spans[c.sport_id] = (min(first, moment), max(last, moment))
    return spans
