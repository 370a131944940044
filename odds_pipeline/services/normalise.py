"""Transaction 2: turns stored raw documents into facts, in known order, each exactly once.

Belongs here: the loop over what is pending, and what happens to a document that cannot be read.
Does not belong here: parsing (``sources``), the facts themselves (``storage.facts``).

A document that cannot be normalised is marked failed with its reason and stays in raw; it never
stops those behind it. One that can be read but not written is written around the events that are
to blame (``dead_letters``).
"""

import dataclasses
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec
from sqlalchemy import Engine

from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.catalog.observations import Document, RawDocument, Rejection
from odds_pipeline.crash_points import Point, reached
from odds_pipeline.errors import MalformedResponse, StorageError
from odds_pipeline.services import dead_letters, drift
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.read_ahead import ReadAhead, Reading, uncollected
from odds_pipeline.sources.files.detect import decompressed
from odds_pipeline.sources.parse import PARSER_VERSION, parse_document
from odds_pipeline.storage import fetch_log, locks, normalisation, raw, remembered, slots
from odds_pipeline.storage.captures import Item
from odds_pipeline.storage.engine import Connection, need_no_sync, send_commit, transaction
from odds_pipeline.storage.facts import FactWriter
from odds_pipeline.storage.json_text import plain_text
from odds_pipeline.storage.memory import Memory
from odds_pipeline.storage.normalisation import UNREADABLE, UNUSABLE, Cursor, Mark, Pending
from odds_pipeline.storage.raw import Packed, Stated

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
    """A pending document, read: itself (decompressed) and what it says.

    ``copy`` is the text to keep for plain SQL; ``None`` if there is to be none, or if PostgreSQL
    has to be asked whether it can read the body.
    """

    pending: Pending
    plain: RawDocument
    document: Document
    copy: str | None

    @property
    def item(self) -> Item:
        """What is to be written."""
        return Item(self.pending.raw_id, self.pending.known_time, self.document)


def finish_pending(platform: Platform, batch: int = BATCH) -> Normalised:
    """Normalise everything that waits, whoever stored it.

    Args:
        platform: its database is used.
        batch: documents a transaction takes.
    """
    return normalise_all(platform.engine, batch, platform.settings.hot_raw_days, platform.ahead)


def normalise_all(
    engine: Engine, batch: int = BATCH, hot_days: int = HOT_DAYS, ahead: ReadAhead | None = None
) -> Normalised:
    """As ``finish_pending``, for callers that have a database only."""
    ahead = ahead or ReadAhead()
    total, size = Normalised(), batch
    while True:
        try:
            done = _next_batch(engine, size, hot_days, ahead)
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


def _next_batch(engine: Engine, size: int, hot_days: int, ahead: ReadAhead) -> Normalised:
    def ask(conn: Connection) -> Cursor:
        need_no_sync(conn)  # raw says all of it again, and the queue that it waits
        return normalisation.ask_oldest(conn, size, hot_days)

    with uncollected(), remembered.memory(engine, ask) as (conn, memory, asked), conn.pipeline():
        # One pipeline to the commit: only what is fetched is waited for, and the server keeps the
        # copies for plain SQL and closes slots while the facts are made.
        read, failed = _read_all(conn, normalisation.pending(asked), ahead)
        facts = FactWriter(conn, memory, [one.item for one in read])
        _keep_copies(conn, read)
        facts.read()
        _close(conn, read)
        done = _write(conn, memory, facts, read, failed)
        send_commit(conn)
        facts.remember()
    reached(Point.NORMALISED)
    _try_copies(engine, read)
    return done


def _around(engine: Engine, hot_days: int) -> Normalised:
    """Write the oldest document around what cannot be written, or set all of it aside."""
    with transaction(engine) as conn:
        locks.take(conn, locks.NORMALISER)
        waiting = normalisation.pending(normalisation.ask_oldest(conn, 1, hot_days))
        if not waiting:
            return Normalised()
        try:
            with conn.transaction():
                return _write_around(conn, *waiting[0])
        except Exception as poison:
            if not dead_letters.is_of_the_document(poison):
                raise
            reason = dead_letters.reason_of(poison)
        _set_aside(conn, Mark(waiting[0][0], error=reason))
    return Normalised(documents=1, failed=1)


def _write_around(conn: Connection, pending: Pending, stated: Stated) -> Normalised:
    read = _read(pending, raw.with_bytes(conn, [stated]).get(pending.raw_id))
    around = dead_letters.write_around(conn, read.item)
    rejections = (*read.document.rejections, *around.letters)
    document = msgspec.structs.replace(around.document, rejections=rejections)
    written = [dataclasses.replace(read, document=document)]
    _keep_copies(conn, written)
    _close(conn, written)
    quarantined = _finish(conn, Memory(), written, around.written.by_raw)
    snapshots, quotes, statements, _ = around.written
    return Normalised(1, 0, snapshots, quotes, statements, quarantined)


def _read_all(
    conn: Connection, waiting: Sequence[tuple[Pending, Stated]], ahead: ReadAhead
) -> tuple[list[_Read], list[Mark]]:
    """The documents that can be read, and the marks of those that cannot."""
    known = {stated.raw_id: ahead.take(stated) for _, stated in waiting}
    stored = raw.with_bytes(conn, [stated for _, stated in waiting if not known[stated.raw_id]])
    read, failed = [], []
    for pending, _ in waiting:
        reading, reason = known[pending.raw_id], ""
        try:
            if reading is None:
                read.append(_read(pending, stored.get(pending.raw_id)))
            else:
                read.append(_read_before(pending, reading))
        except (MalformedResponse, StorageError) as unreadable:
            reason = str(unreadable)
        if reason:
            failed.append(Mark(pending, error=reason))
    return read, failed


def _write(
    conn: Connection,
    memory: Memory,
    facts: FactWriter,
    read: Sequence[_Read],
    failed: Sequence[Mark],
) -> Normalised:
    written = facts.write()
    reached(Point.COPIED)
    for mark in failed:
        _set_aside(conn, mark)
    quarantined = _finish(conn, memory, read, written.by_raw)
    reached(Point.MARKED)
    snapshots, quotes, statements, _ = written
    total = len(read) + len(failed)
    return Normalised(total, len(failed), snapshots, quotes, statements, quarantined)


def _read(pending: Pending, stored: Packed | None) -> _Read:
    if stored is None:
        raise StorageError(f"the bytes of raw document {pending.raw_id} are not stored here")
    plain = plain_of(raw.unpacked(stored))
    copy = plain_text(plain.body) if _is_hot(pending, plain) else None
    return _Read(pending, plain, parse_document(plain), copy)


def _read_before(pending: Pending, reading: Reading) -> _Read:
    copy = reading.text if _is_hot(pending, reading.plain) else None
    return _Read(pending, reading.plain, reading.document, copy)


def _is_hot(pending: Pending, plain: RawDocument) -> bool:
    return not pending.cold and len(plain.body) <= HOT_LIMIT


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


def _close(conn: Connection, read: Sequence[_Read]) -> None:
    """Say what the answers held, and close their slots."""
    answers = {r.pending.raw_id: r for r in read}
    fetch_log.count(conn, {raw_id: held(r.document) for raw_id, r in answers.items()})
    gaps = {n: None if _usable(r.document) else UNUSABLE for n, r in answers.items()}
    slots.finish(conn, gaps)
    history = [n for n, r in answers.items() if r.plain.endpoint == Endpoint.HISTORICAL_ODDS]
    made = [n for n in history if gaps[n] is None]
    if made:
        slots.share_answers(conn, made)


def _finish(
    conn: Connection, memory: Memory, read: Sequence[_Read], by_raw: dict[int, tuple[int, int]]
) -> int:
    marks = [Mark(r.pending, *by_raw.get(r.pending.raw_id, (0, 0))) for r in read]
    normalisation.mark(conn, PARSER_VERSION, marks)
    drift.report(conn, memory, (r.plain for r in read))
    return sum(
        normalisation.quarantine(conn, r.pending.raw_id, r.document.rejections) for r in read
    )


def _keep_copies(conn: Connection, read: Sequence[_Read]) -> None:
    for r in read:
        if r.copy is not None:
            normalisation.keep_hot(conn, r.pending.raw_id, r.copy)


def _try_copies(engine: Engine, read: Sequence[_Read]) -> None:
    """Ask PostgreSQL for copies of bodies that only it can say whether it reads.

    Each in a transaction of its own: one refused is left out, and a copy lost is no fact lost.
    """
    for r in read:
        if r.copy is None and _is_hot(r.pending, r.plain):
            with suppress(*normalisation.NOT_READABLE), transaction(engine) as conn:
                normalisation.try_hot(conn, r.pending.raw_id, r.plain.body)


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


def _set_aside(conn: Connection, mark: Mark) -> None:
    assert mark.error is not None
    whole = Rejection(where="document", reason=mark.error, evidence=mark.error[:EVIDENCE])
    normalisation.quarantine(conn, mark.pending.raw_id, [whole])
    normalisation.mark(conn, PARSER_VERSION, [mark])
    slots.finish(conn, {mark.pending.raw_id: UNREADABLE})
