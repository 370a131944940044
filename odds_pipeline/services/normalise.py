"""Transaction 2: turns stored raw documents into facts, in known order, each exactly once.

Belongs here: the loop over what is pending, and what happens to a document that cannot be read.
Does not belong here: parsing (``sources``), the facts themselves (``storage.facts``).

A document that cannot be normalised is marked failed with its reason and stays in raw; it never
stops those behind it. One that can be read but not written is written around the events that are
to blame (``dead_letters``).
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from msgspec.structs import replace
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import Document, RawDocument, Rejection
from odds_pipeline.crash_points import Point, reached
from odds_pipeline.errors import MalformedResponse, StorageError
from odds_pipeline.services import dead_letters, drift
from odds_pipeline.services.platform import Platform
from odds_pipeline.sources.files.detect import decompressed
from odds_pipeline.sources.parse import PARSER_VERSION, parse_document
from odds_pipeline.storage import fetch_log, locks, normalisation, raw, remembered
from odds_pipeline.storage.captures import Item
from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.facts import write_documents
from odds_pipeline.storage.memory import Memory
from odds_pipeline.storage.normalisation import Mark, Pending

BATCH = 100
HOT_DAYS = 3
HOT_LIMIT = 32 * 1024 * 1024  # a larger body gets no copy for plain SQL
EVIDENCE = 2_000


@dataclass(frozen=True, slots=True)
class Normalised:
    """What a pass over the pending documents did."""

    documents: int = 0
    failed: int = 0
    snapshots: int = 0
    quotes: int = 0
    statements: int = 0
    quarantined: int = 0

    def __add__(self, other: "Normalised") -> "Normalised":
        return Normalised(
            self.documents + other.documents,
            self.failed + other.failed,
            self.snapshots + other.snapshots,
            self.quotes + other.quotes,
            self.statements + other.statements,
            self.quarantined + other.quarantined,
        )


@dataclass(frozen=True, slots=True)
class _Read:
    """A pending document, read: itself (decompressed) and what it says."""

    pending: Pending
    plain: RawDocument
    document: Document


def finish_pending(platform: Platform, batch: int = BATCH) -> Normalised:
    """Normalise everything that waits, whoever stored it.

    Args:
        platform: its database is used.
        batch: documents a transaction takes.
    """
    return normalise_all(platform.engine, batch, platform.settings.hot_raw_days)


def normalise_all(engine: Engine, batch: int = BATCH, hot_days: int = HOT_DAYS) -> Normalised:
    """As ``finish_pending``, for callers that have a database only."""
    total, size = Normalised(), batch
    while True:
        try:
            done = _next_batch(engine, size, hot_days)
        except Exception as refused:
            if not dead_letters.is_of_the_document(refused):
                raise
            # One of the batch cannot be written: let those before it through, halving towards it.
            if size > 1:
                size //= 2
            else:
                total, size = total + _around(engine, hot_days), batch
            continue
        total += done
        if done.documents < size:
            return total


def _next_batch(engine: Engine, size: int, hot_days: int) -> Normalised:
    with _uncollected(), remembered.memory(engine) as (conn, memory):
        batch = normalisation.oldest_pending(conn, size, hot_days)
        done = _normalise(conn, memory, batch) if batch else Normalised()
    reached(Point.NORMALISED)
    return done


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the cyclic collector out of a batch: many small objects, and no cycles among them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _around(engine: Engine, hot_days: int) -> Normalised:
    """Write the oldest document around what cannot be written, or set all of it aside."""
    with transaction(engine) as conn:
        locks.take(conn, locks.NORMALISER)
        batch = normalisation.oldest_pending(conn, 1, hot_days)
        if not batch:
            return Normalised()
        try:
            with conn.transaction():
                return _write_around(conn, batch[0])
        except Exception as poison:
            if not dead_letters.is_of_the_document(poison):
                raise
            reason = dead_letters.reason_of(poison)
        _set_aside(conn, batch[0], reason)
    return Normalised(documents=1, failed=1)


def _write_around(conn: Connection, pending: Pending) -> Normalised:
    read = _read(pending, raw.packed(conn, [pending.raw_id]).get(pending.raw_id))
    around = dead_letters.write_around(
        conn, Item(pending.raw_id, pending.known_time, read.document)
    )
    rejections = (*read.document.rejections, *around.letters)
    document = replace(around.document, rejections=rejections)
    written = [_Read(pending, read.plain, document)]
    quarantined = _finish(conn, Memory(), written, around.written.by_raw)
    snapshots, quotes, statements, _ = around.written
    return Normalised(1, 0, snapshots, quotes, statements, quarantined)


def _normalise(conn: Connection, memory: Memory, batch: Sequence[Pending]) -> Normalised:
    stored = raw.packed(conn, [pending.raw_id for pending in batch])
    read, failed = [], 0
    for pending in batch:
        reason = ""
        try:
            read.append(_read(pending, stored.get(pending.raw_id)))
        except (MalformedResponse, StorageError) as unreadable:
            reason = str(unreadable)
        if reason:
            _set_aside(conn, pending, reason)
            failed += 1
    items = [Item(r.pending.raw_id, r.pending.known_time, r.document) for r in read]
    written = write_documents(conn, memory, items)
    reached(Point.COPIED)
    quarantined = _finish(conn, memory, read, written.by_raw)
    reached(Point.MARKED)
    return Normalised(
        len(batch), failed, written.snapshots, written.quotes, written.statements, quarantined
    )


def _read(pending: Pending, stored: raw.Packed | None) -> _Read:
    if stored is None:
        raise StorageError(f"the bytes of raw document {pending.raw_id} are not stored here")
    plain = plain_of(raw.unpacked(stored))
    return _Read(pending, plain, parse_document(plain))


def plain_of(stored: RawDocument) -> RawDocument:
    """A stored document with its bytes decompressed."""
    body = decompressed(stored.body) if stored.source == "file" else stored.body
    return RawDocument(
        source=stored.source,
        endpoint=stored.endpoint,
        request=stored.request,
        body=body,
        received_at=stored.received_at,
        received_basis=stored.received_basis,
        known_time=stored.known_time,
        captured_at=stored.captured_at,
        odds_format=stored.odds_format,
    )


def _finish(
    conn: Connection, memory: Memory, read: Sequence[_Read], by_raw: dict[int, tuple[int, int]]
) -> int:
    hot = {r.pending.raw_id: r.plain.body for r in read if _is_hot(r)}
    marks = [
        Mark(r.pending, *by_raw.get(r.pending.raw_id, (0, 0)), usable=_usable(r.document))
        for r in read
    ]
    with conn.pipeline():
        undecided = normalisation.keep_hot(conn, hot)
        fetch_log.count(conn, {r.pending.raw_id: held(r.document) for r in read})
        normalisation.mark(conn, PARSER_VERSION, marks)
    normalisation.try_hot(conn, undecided)
    drift.report(conn, memory, (r.plain for r in read))
    return sum(
        normalisation.quarantine(conn, r.pending.raw_id, r.document.rejections) for r in read
    )


def _is_hot(read: _Read) -> bool:
    return not read.pending.cold and len(read.plain.body) <= HOT_LIMIT


def _usable(document: Document) -> bool:
    """Whether a document says anything that can be used, or at least nothing that cannot."""
    events, _ = held(document)
    return bool(events or document.sports or not document.rejections)


def held(document: Document) -> tuple[int, int]:
    """How many events and bookmakers a document speaks of."""
    events = [event for capture in document.odds for event in capture.events]
    stated = sum(len(capture.statements) for capture in document.statements)
    books = {board.bookmaker for event in events for board in event.boards}
    return len(events) + stated, len(books)


def _set_aside(conn: Connection, pending: Pending, reason: str) -> None:
    whole = Rejection(where="document", reason=reason, evidence=reason[:EVIDENCE])
    normalisation.quarantine(conn, pending.raw_id, [whole])
    normalisation.mark(conn, PARSER_VERSION, [Mark(pending, error=reason)])
