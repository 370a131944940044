"""Reads stored documents again after a parser fix, and appends what they say otherwise.

Belongs here: which documents, one transaction each, and what is told of it. Does not belong here:
the comparison with what was said before (``storage.reparse``), the rules of facts (the writer's).

A document whose fresh parse says the same gets a mark and nothing else. One that says otherwise
is appended as a document that became known just now: its captures, and for what it said before and
says no more, that it cannot be used. So an answer for an earlier `known_by` stays as it was, and a
later one is what the newer parser reads. Each document is done in one transaction of its own:
whatever stops a re-parse, the same command goes on there, and a finished one does nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from odds_pipeline.catalog.observations import Document, Rejection
from odds_pipeline.errors import MalformedResponse, NotFound, StorageError, UsageError
from odds_pipeline.services import dead_letters
from odds_pipeline.services.normalise import EVIDENCE, finish_pending, held, plain_of
from odds_pipeline.services.platform import Platform
from odds_pipeline.sources.parse import PARSER_VERSION, parse_document
from odds_pipeline.storage import fetch_log, locks, raw, remembered, reparse
from odds_pipeline.storage.captures import Item
from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.facts import Written, write_documents
from odds_pipeline.storage.imports import days_of
from odds_pipeline.storage.memory import Memory
from odds_pipeline.storage.reparse import Choice, Parsed, Stale

BATCH = 500

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Reparsed:
    """What a re-parse did, or would do.

    Args:
        documents: how many an older parser had read last.
        agreeing: of them, those that say the same.
        changed: those that say otherwise.
        failed: those that cannot be read now; they are among the other two as well.
        snapshots: rows appended.
        quotes: rows appended.
        statements: rows appended.
        days: UTC days of what the changed ones say or said.
    """

    documents: int = 0
    agreeing: int = 0
    changed: int = 0
    failed: int = 0
    snapshots: int = 0
    quotes: int = 0
    statements: int = 0
    days: set[date] = field(default_factory=set)


class _NothingKept(Exception):
    """Rolls a dry run's document back."""


def choose(start: date | None = None, end: date | None = None, raw_id: int | None = None) -> Choice:
    """Which documents to look at: those of some UTC days, ends included, or one; default all.

    Raises:
        UsageError: the days are the wrong way round.
    """
    if start is not None and end is not None and end < start:
        raise UsageError(f"the last day, {end}, lies before the first, {start}")
    return Choice(
        None if start is None else _midnight(start),
        None if end is None else _midnight(end + timedelta(days=1)),
        raw_id,
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def reparse_all(
    platform: Platform,
    choice: Choice,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Reparsed:
    """Read again every chosen document that an older parser read last, in known order.

    Args:
        platform: its database is used.
        choice: which documents to look at.
        dry_run: find out what would be appended, and keep nothing.
        progress: told after each document how many are done, of how many.

    Raises:
        NotFound: the one document asked for is not stored.
        StorageError: a document's bytes are damaged or missing.
    """
    if not dry_run:
        finish_pending(platform)
    with transaction(platform.engine) as conn:
        if choice.raw_id is not None:
            _require(conn, choice.raw_id)
        total = reparse.count_stale(conn, PARSER_VERSION, choice)
    done = Reparsed()
    for stale in _stale(platform, choice):
        _one(platform, stale, done, dry_run)
        if progress is not None:
            progress(done.documents, max(total, done.documents))
    return done


def _require(conn: Connection, raw_id: int) -> None:
    if not raw.packed(conn, [raw_id]):
        raise NotFound(f"raw document {raw_id} is not stored here")


def _stale(platform: Platform, choice: Choice) -> Iterator[Stale]:
    after = None
    while True:
        with transaction(platform.engine) as conn:
            batch = reparse.next_stale(conn, PARSER_VERSION, choice, after, BATCH)
        yield from batch
        if len(batch) < BATCH:
            return
        after = batch[-1].known_time


def _one(platform: Platform, stale: Stale, done: Reparsed, dry_run: bool) -> None:
    """Do one document in one transaction, around what of it cannot be written."""
    with suppress(_NothingKept):
        try:
            with remembered.memory(platform.engine, remembered.nothing) as (conn, memory, _):
                _reparse(conn, memory, stale, done, _write)
                if dry_run:
                    raise _NothingKept
        except Exception as refused:
            if isinstance(refused, _NothingKept) or not dead_letters.is_of_the_document(refused):
                raise
        else:
            return
        with transaction(platform.engine) as conn:
            locks.take(conn, locks.NORMALISER)
            _reparse(conn, Memory(), stale, done, _write_around)
            if dry_run:
                raise _NothingKept


class _Kept(NamedTuple):
    written: Written = Written(0, 0, 0, {})
    letters: tuple[Rejection, ...] = ()


_Write = Callable[[Connection, Memory, Item], _Kept]


def _write(conn: Connection, memory: Memory, item: Item) -> _Kept:
    return _Kept(write_documents(conn, memory, [item]))


def _write_around(conn: Connection, _: Memory, item: Item) -> _Kept:
    around = dead_letters.write_around(conn, item)
    return _Kept(around.written, around.letters)


def _reparse(conn: Connection, memory: Memory, stale: Stale, done: Reparsed, write: _Write) -> None:
    # Somebody else may have done it since it was found.
    if not reparse.count_stale(conn, PARSER_VERSION, Choice(raw_id=stale.raw_id)):
        return
    document, error = _read(conn, stale.raw_id)
    item = Item(stale.raw_id, stale.said_at, document)
    kept = _Kept()
    agrees = (error is None) == stale.readable and (
        error is not None
        or (write is _write and reparse.says_the_same(conn, memory.dims, item, stale.said_at))
    )
    if agrees:
        known_time = reparse.next_known_time(conn)
    else:
        told = reparse.with_leftovers(conn, memory.dims, item, stale.said_at)
        known_time = reparse.next_known_time(conn)
        kept = write(conn, memory, Item(stale.raw_id, known_time, told))
        fetch_log.count(conn, {stale.raw_id: held(document)})
    snapshots, quotes, statements, _ = kept.written
    parsed = Parsed(stale.raw_id, known_time, agrees, error, snapshots, quotes)
    reparse.mark(conn, PARSER_VERSION, parsed)
    rejections = (*document.rejections, *kept.letters)
    reparse.renew_quarantine(conn, stale.raw_id, known_time, rejections)
    done.documents += 1
    done.failed += error is not None
    if agrees:
        done.agreeing += 1
        return
    done.changed += 1
    done.snapshots += snapshots
    done.quotes += quotes
    done.statements += statements
    done.days.update(days_of(conn, [stale.raw_id]))


def _read(conn: Connection, raw_id: int) -> tuple[Document, str | None]:
    """What a document says now; nothing, and why, where it cannot be read."""
    stored = raw.packed(conn, [raw_id]).get(raw_id)
    if stored is None:
        raise StorageError(f"the bytes of raw document {raw_id} are not stored here")
    try:
        return parse_document(plain_of(raw.unpacked(stored))), None
    except MalformedResponse as unreadable:
        reason = str(unreadable)
    whole = Rejection(where="document", reason=reason, evidence=reason[:EVIDENCE])
    return Document(rejections=(whole,)), reason
