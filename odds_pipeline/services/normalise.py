"""Transaction 2: turns stored raw documents into facts, in known order, each exactly once.

Belongs here: the loop over what is pending, and what happens to a document that cannot be read.
Does not belong here: parsing (``sources``), the facts themselves (``storage.facts``).

A document that cannot be normalised is marked failed with its reason and stays in raw; it never
stops those behind it.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import Document, RawDocument, Rejection
from odds_pipeline.errors import MalformedResponse, StorageError
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
    """A pending document, read: its bytes (decompressed) and what they say."""

    pending: Pending
    body: bytes
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
    total = Normalised()
    while True:
        try:
            done = _next_batch(engine, batch, hot_days)
        except psycopg.OperationalError:
            raise
        except Exception:
            # Something in the batch cannot be written: find it alone, and let the rest through.
            total += _one_by_one(engine, hot_days)
            continue
        total += done
        if done.documents < batch:
            return total


def _next_batch(engine: Engine, size: int, hot_days: int) -> Normalised:
    with _uncollected(), remembered.memory(engine) as (conn, memory):
        batch = normalisation.oldest_pending(conn, size, hot_days)
        return _normalise(conn, memory, batch) if batch else Normalised()


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


def _one_by_one(engine: Engine, hot_days: int) -> Normalised:
    with transaction(engine) as conn:
        locks.take(conn, locks.NORMALISER)
        batch = normalisation.oldest_pending(conn, 1, hot_days)
        try:
            with conn.transaction():
                return _normalise(conn, Memory(), batch)
        except psycopg.OperationalError:
            raise
        except Exception as poison:
            reason = f"{type(poison).__name__}: {poison}".splitlines()[0][:500]
        _set_aside(conn, batch[0], reason)
    return Normalised(documents=1, failed=1)


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
    quarantined = _finish(conn, read, written.by_raw)
    return Normalised(
        len(batch), failed, written.snapshots, written.quotes, written.statements, quarantined
    )


def _read(pending: Pending, stored: raw.Packed | None) -> _Read:
    if stored is None:
        raise StorageError(f"the bytes of raw document {pending.raw_id} are not stored here")
    document, body = parse_raw(raw.unpacked(stored))
    return _Read(pending, body, document)


def parse_raw(stored: RawDocument) -> tuple[Document, bytes]:
    """What a stored document says, and its bytes decompressed.

    Raises:
        MalformedResponse: it cannot be read at all.
    """
    body = decompressed(stored.body) if stored.source == "file" else stored.body
    plain = RawDocument(
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
    return parse_document(plain), body


def _finish(conn: Connection, read: Sequence[_Read], by_raw: dict[int, tuple[int, int]]) -> int:
    hot = {r.pending.raw_id: r.body for r in read if not r.pending.cold}
    normalisation.keep_hot(conn, hot)
    marks = [Mark(r.pending, *by_raw.get(r.pending.raw_id, (0, 0))) for r in read]
    with conn.pipeline():
        fetch_log.count(conn, {r.pending.raw_id: _held(r.document) for r in read})
        normalisation.mark(conn, PARSER_VERSION, marks)
    return sum(
        normalisation.quarantine(conn, r.pending.raw_id, r.document.rejections) for r in read
    )


def _held(document: Document) -> tuple[int, int]:
    """How many events and bookmakers a document speaks of."""
    events = [event for capture in document.odds for event in capture.events]
    stated = sum(len(capture.statements) for capture in document.statements)
    books = {board.bookmaker for event in events for board in event.boards}
    return len(events) + stated, len(books)


def _set_aside(conn: Connection, pending: Pending, reason: str) -> None:
    whole = Rejection(where="document", reason=reason, evidence=reason[:EVIDENCE])
    normalisation.quarantine(conn, pending.raw_id, [whole])
    normalisation.mark(conn, PARSER_VERSION, [Mark(pending, error=reason)])
