"""Writes what documents said as facts: the one path into the fact tables.

Belongs here: a batch of parsed documents in one transaction, applied in known order. Does not
belong here: parsing, what odds become (``odds_facts``), what statements become (``event_facts``),
marks and slots (``normalisation``).

Callers hold the normaliser's lock for the whole transaction.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.catalog.observations import EventStated
from odds_pipeline.storage.captures import Item
from odds_pipeline.storage.dimensions import Dimensions, Stated
from odds_pipeline.storage.event_facts import write_statements
from odds_pipeline.storage.memory import Memory
from odds_pipeline.storage.odds_facts import OddsWriter, incoming_captures

Connection = psycopg.Connection[Any]


class Written(NamedTuple):
    """Rows a batch added; ``by_raw`` gives (snapshots, quotes) of each raw document."""

    snapshots: int
    quotes: int
    statements: int
    by_raw: dict[int, tuple[int, int]]


class FactWriter:
    """Writes a batch of documents, in the order given, which must be known order.

    Made, it has numbered the batch's keys and sent its captures of odds. ``read`` then reads what
    the batch depends on, ``write`` applies and sends it, ``remember`` keeps what it leaves: four
    steps, so that in a pipeline other work may be given to the server between them. After an error
    ``memory`` must be thrown away.
    """

    def __init__(self, conn: Connection, memory: Memory, items: Sequence[Item]) -> None:
        self._conn = conn
        self._memory = memory
        self.items = items
        resolve(conn, memory.dims, items)
        captures = incoming_captures(conn, memory.dims, items)
        self._odds = OddsWriter(conn, memory.dims, memory.standing, captures) if captures else None

    def read(self) -> None:
        """Read what the batch depends on."""
        if self._odds is not None:
            self._odds.read()

    def write(self) -> Written:
        """Apply the batch and send its rows."""
        memory, odds = self._memory, self._odds
        statements = write_statements(self._conn, memory, self.items)
        if odds is None:
            return Written(0, 0, statements, {})
        snapshots, quotes = odds.write()
        memory.wrote(odds.capture_ids, [c.capture.capture_time for c in odds.captures])
        by_known = {item.known_time: item.raw_id for item in self.items}
        rows = dict.fromkeys(by_known.values(), (0, 0))
        for known_time, (s, q) in odds.counts().items():
            rows[by_known[known_time]] = (s, q)
        return Written(snapshots, quotes, statements, rows)

    def remember(self) -> None:
        """Keep in memory what the batch leaves standing; it has been written."""
        if self._odds is not None:
            self._memory.standing = self._odds.stand()


def write_documents(conn: Connection, memory: Memory, items: Sequence[Item]) -> Written:
    """Write a batch of documents; see ``FactWriter``.

    Raises:
        psycopg.Error: the batch is not written and ``memory`` must be thrown away.
    """
    facts = FactWriter(conn, memory, items)
    facts.read()
    written = facts.write()
    facts.remember()
    return written


def resolve(conn: Connection, dims: Dimensions, items: Iterable[Item]) -> None:
    """Make sure every key in the batch has its number; names of outcomes follow with odds."""
    stated = Stated()
    for item in items:
        document = item.document
        for sport in document.sports:
            stated.sports[sport.key] = sport.title
        for told in document.statements:
            for statement in told.statements:
                _state_event(stated, statement.event)
        for capture in document.odds:
            stated.sports.setdefault(capture.scope.sport_key, None)
            for event in capture.events:
                _state_event(stated, event.event)
                for book in {board.bookmaker for board in event.boards}:
                    stated.bookmakers.setdefault(book, None)
                stated.markets.update({board.market for board in event.boards})
        stated.bookmakers.update(document.bookmaker_titles)
    dims.resolve(conn, stated)


def _state_event(stated: Stated, event: EventStated) -> None:
    sport = event.sport_key
    stated.sports[sport] = event.sport_title or stated.sports.get(sport)
    stated.matchups.add((event.home_team, event.away_team))
    stated.events.setdefault(event.event_id, event)
