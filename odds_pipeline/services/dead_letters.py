"""Writes a document around the events in it that cannot be written: dead letters.

Belongs here: finding those events, what is written in their stead, and whose fault a refusal is.
Does not belong here: parsing, and reading the queue (``normalise``).

An event is found by halving: parts of the document are written and rolled back until the events
refused stand alone. Each becomes a row in quarantine, with its reason, and is never tried again.
What is written of it instead is

1. the event without its boards, as one whose boards could not be read: what stood open at the
   bookmakers asked becomes unusable, and never falls back to the earlier price; or
2. where even that is refused, nothing. The capture then no longer counts as a complete listing,
   so the event is not taken for one that left the feed; its earlier prices age.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import psycopg
from msgspec.structs import replace

from odds_pipeline.catalog.observations import (
    Document,
    EventCapture,
    EventOdds,
    EventStatement,
    OddsCapture,
    Rejection,
)
from odds_pipeline.errors import StorageError
from odds_pipeline.sources.fields import evidence_of
from odds_pipeline.storage.captures import Item
from odds_pipeline.storage.engine import Connection
from odds_pipeline.storage.facts import Written, write_documents
from odds_pipeline.storage.memory import Memory

# One refused event of a thousand takes about 20; beyond this what is not proven good is set aside.
MOST_TRIALS = 200
REASON_LENGTH = 500
CANNOT_BE_WRITTEN = "cannot be written"  # the words of a dead letter's reason
UNPROVEN = "not tried alone: too many events of this document cannot be written"

# SQLSTATE classes that a document's values can cause: data, integrity, limits, our own triggers.
_OF_A_DOCUMENT = frozenset({"21", "22", "23", "54", "P0"})
_INTERNAL = "XX000"  # such as a value that is too large to allocate


Month = tuple[int, int]


class Around(NamedTuple):
    """What was written of a document and what was not."""

    document: Document
    written: Written
    letters: tuple[Rejection, ...]


def is_of_the_document(refused: Exception) -> bool:
    """Whether trying again would end alike: not so for a lost connection, a full disk, a schema."""
    if isinstance(refused, psycopg.Error):
        state = refused.sqlstate
        if state is None:
            return not isinstance(refused, psycopg.OperationalError | psycopg.InterfaceError)
        return state[:2] in _OF_A_DOCUMENT or state == _INTERNAL
    return not isinstance(refused, MemoryError | OSError | StorageError)


def reason_of(refused: Exception) -> str:
    """The refusal in one line."""
    first = next(iter(str(refused).splitlines()), "")
    return f"{type(refused).__name__}: {first}"[:REASON_LENGTH]


def write_around(conn: Connection, item: Item, months: Collection[Month] = ()) -> Around:
    """Write a document that is refused as it stands, without the events that are to blame.

    Args:
        conn: a connection inside a transaction.
        item: the document.
        months: those for which no tables need to be made.

    Raises:
        Exception: it is refused whatever is left out, or nothing can be written at all.
    """
    search = _Search(conn, item, months)
    refused = search.refusal(_only(item.document, ()))
    if refused is not None:
        raise refused
    search.among(_event_ids(item.document))
    shells = frozenset(event for event in search.poison if search.takes_shell(event))
    kept = _only(item.document, search.good, shells)
    with conn.transaction():
        written = write_documents(conn, _blank(months), [item._replace(document=kept)])
    letters = tuple(_letter(item.document, *found) for found in search.poison.items())
    return Around(kept, written, letters)


def _blank(months: Collection[Month]) -> Memory:
    memory = Memory()
    memory.dims.months.update(months)
    return memory


class _Search:
    """The hunt for what cannot be written of one document: ids found good, and the others."""

    def __init__(self, conn: Connection, item: Item, months: Collection[Month]) -> None:
        self._conn = conn
        self._months = months
        self._item = item
        self._trials = 0
        self.good: set[str] = set()
        self.poison: dict[str, str] = {}

    def refusal(self, document: Document) -> Exception | None:
        """Why this cannot be written; it never stays written."""
        self._trials += 1
        try:
            with self._conn.transaction(force_rollback=True):
                item = self._item._replace(document=document)
                write_documents(self._conn, _blank(self._months), [item])
        except Exception as refused:
            if not is_of_the_document(refused):
                raise
            return refused
        return None

    def among(self, event_ids: Sequence[str]) -> None:
        """Tell the good events from the others."""
        if self._trials >= MOST_TRIALS:
            self.poison.update(dict.fromkeys(event_ids, UNPROVEN))
            return
        refused = self.refusal(_only(self._item.document, event_ids))
        if refused is None:
            self.good.update(event_ids)
        elif len(event_ids) == 1:
            self.poison[event_ids[0]] = reason_of(refused)
        else:
            half = len(event_ids) // 2
            self.among(event_ids[:half])
            self.among(event_ids[half:])

    def takes_shell(self, event_id: str) -> bool:
        """Whether the event can be written without its boards."""
        if self._trials >= 2 * MOST_TRIALS:
            return False
        shell = _only(self._item.document, (), frozenset({event_id}))
        return any(capture.events for capture in shell.odds) and self.refusal(shell) is None


def _event_ids(document: Document) -> list[str]:
    odds = [event.event.event_id for capture in document.odds for event in capture.events]
    told = [one.event.event_id for capture in document.statements for one in capture.statements]
    return list(dict.fromkeys([*odds, *told]))


def _only(
    document: Document, event_ids: Collection[str], shells: frozenset[str] = frozenset()
) -> Document:
    """The document with these events only, and with those of ``shells`` without their boards."""
    chosen = frozenset(event_ids)
    return replace(
        document,
        odds=tuple(_odds(capture, chosen, shells) for capture in document.odds),
        statements=tuple(_told(capture, chosen) for capture in document.statements),
    )


def _odds(capture: OddsCapture, chosen: frozenset[str], shells: frozenset[str]) -> OddsCapture:
    events = []
    for event in capture.events:
        event_id = event.event.event_id
        if event_id in chosen:
            events.append(event)
        elif event_id in shells:
            events.append(EventOdds(event.event, (), complete=False))
    whole = capture.listing_complete and len(events) == len(capture.events)
    return replace(capture, events=tuple(events), listing_complete=whole)


def _told(capture: EventCapture, chosen: frozenset[str]) -> EventCapture:
    kept = tuple(one for one in capture.statements if one.event.event_id in chosen)
    return replace(capture, statements=kept)


def _letter(document: Document, event_id: str, reason: str) -> Rejection:
    stated: list[tuple[OddsCapture | EventCapture, EventOdds | EventStatement]] = [
        (capture, event)
        for capture in document.odds
        for event in capture.events
        if event.event.event_id == event_id
    ]
    stated += [
        (capture, one)
        for capture in document.statements
        for one in capture.statements
        if one.event.event_id == event_id
    ]
    capture, event = stated[0]
    return Rejection(
        where=f"event {event_id}",
        reason=f"{CANNOT_BE_WRITTEN}: {reason}",
        evidence=evidence_of(event),
        event_id=event_id,
        capture_time=capture.capture_time,
    )
