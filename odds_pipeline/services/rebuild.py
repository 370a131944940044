"""Makes a UTC day of facts again from its raw documents, or proves that it stands as raw says.

Belongs here: reading the documents a day depends on and applying them. Does not belong here: the
stage and the comparison (``storage.rebuild``).

A day is rebuilt in one transaction under the normaliser's lock: readers see the day as it was,
or as it is made, and rows that are right are left alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import msgspec

from odds_pipeline.catalog.observations import Document
from odds_pipeline.errors import MalformedResponse, StorageError, UsageError
from odds_pipeline.services import dead_letters
from odds_pipeline.services.normalise import BATCH, plain_of
from odds_pipeline.services.platform import Platform
from odds_pipeline.sources.parse import PARSER_VERSION, parse_document
from odds_pipeline.storage import locks, raw, rebuild, reparse
from odds_pipeline.storage.archive import manifest
from odds_pipeline.storage.captures import Item
from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.facts import write_documents
from odds_pipeline.storage.memory import Memory
from odds_pipeline.storage.rebuild import Day, Difference, Source


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A day, how many parses of documents it was made of, and what stood otherwise than they say.

    ``kept``: of them, those of an earlier parser that the newer one reads otherwise: what is
    stored of these was taken as it stands, for nobody can read them so any more.
    """

    day: date
    documents: int
    differences: tuple[Difference, ...]
    kept: int = 0


class _NothingKept(Exception):
    """Rolls a comparison back."""


def rebuild_days(platform: Platform, first: date, last: date, verify: bool) -> Iterator[Rebuilt]:
    """Rebuild the UTC days from first to last.

    Args:
        platform: its database is used.
        first: first day.
        last: last day.
        verify: compare only and change nothing.

    Raises:
        UsageError: the days are the wrong way round, or one of them cannot be rebuilt.
        StorageError: a document's bytes are damaged or missing.
    """
    if last < first:
        raise UsageError(f"the last day, {last}, lies before the first, {first}")
    day = first
    while day <= last:
        yield rebuild_day(platform, day, verify)
        day += timedelta(days=1)


def rebuild_day(platform: Platform, day: date, verify: bool = False) -> Rebuilt:
    """Rebuild one UTC day; see ``rebuild_days``."""
    start = datetime.combine(day, datetime.min.time(), UTC)
    done = Rebuilt(day, 0, ())
    try:
        with transaction(platform.engine) as conn:
            conn.execute("SET LOCAL statement_timeout = 0")
            locks.take(conn, locks.NORMALISER)
            found = rebuild.day_of(conn, start)
            if found is not None:
                done = _rebuild(conn, found)
                if done.differences and not verify:
                    _require_hot(conn, done)
                    rebuild.replace(conn, found)
            if verify:
                raise _NothingKept
    except _NothingKept:
        pass
    return done


def _rebuild(conn: Connection, day: Day) -> Rebuilt:
    """Apply the day's documents on the stage and compare."""
    if any(source.parser_version != PARSER_VERSION for source in day.sources):
        _require_readable(conn, day)
    rebuild.set_stage(conn, day)
    stage = _Stage(conn, day)
    for place in range(0, len(day.sources), BATCH):
        stage.apply(day.sources[place : place + BATCH])
    differences = rebuild.compare(conn, day)
    return Rebuilt(day.start.date(), len(day.sources), tuple(differences), stage.kept)


def _require_readable(conn: Connection, day: Day) -> None:
    """What an earlier parser said otherwise can only be taken as it stands."""
    by_raw = {source.raw_id: source for source in day.sources}
    for newest in by_raw.values():
        if newest.parser_version != PARSER_VERSION:
            raise UsageError(
                f"raw document {newest.raw_id} was read by parser {newest.parser_version}, this "
                f"is {PARSER_VERSION}; run `odds db reparse` first, then rebuild"
            )
    if rebuild.is_archived(conn, day):
        raise UsageError(
            f"{day.start:%Y-%m-%d} is archived, or follows days that are, and an earlier parser "
            "read otherwise there, which cannot be made again: it can be read, not compared with "
            "its raw documents"
        )


class _Stage:
    """The stage, filled source by source."""

    def __init__(self, conn: Connection, day: Day) -> None:
        self._conn = conn
        self._day = day
        self._memory = self._blank()
        self.kept = 0

    def apply(self, sources: Sequence[Source]) -> None:
        """Apply documents in known order; of what an earlier parser said, what is stored."""
        read = _documents(self._conn, sources)
        waiting: list[Item] = []
        for source in sources:
            if source.parser_version == PARSER_VERSION and source.said_before is None:
                waiting.append(self._item(source, read[source.raw_id]))
                continue
            self._write(waiting)
            waiting = []
            if source.parser_version == PARSER_VERSION:
                self._write([self._again(source, read[source.raw_id])])
                continue
            rebuild.keep_stored(self._conn, self._day, source)
            self._memory = self._blank()
            self.kept += 1
        self._write(waiting)

    def _again(self, source: Source, document: Document) -> Item:
        """What a re-parse appended."""
        assert source.said_before is not None
        item = Item(source.raw_id, source.known_time, document)
        told = reparse.with_leftovers(self._conn, self._memory.dims, item, source.said_before)
        return self._item(source, told)

    def _item(self, source: Source, document: Document) -> Item:
        return Item(source.raw_id, source.known_time, _until(document, self._day))

    def _write(self, items: Sequence[Item]) -> None:
        """Write documents, each of those that are refused around what is to blame."""
        if not items:
            return
        try:
            with self._conn.transaction():
                write_documents(self._conn, self._memory, items)
            return
        except Exception as refused:
            if not dead_letters.is_of_the_document(refused):
                raise
        self._memory = self._blank()
        if len(items) == 1:
            dead_letters.write_around(self._conn, items[0], self._day.months())
            return
        half = len(items) // 2
        self._write(items[:half])
        self._write(items[half:])

    def _blank(self) -> Memory:
        memory = Memory()
        memory.dims.months |= self._day.months()
        return memory


def _require_hot(conn: Connection, done: Rebuilt) -> None:
    for one in manifest.all_current(conn):
        month = (one.month.year, one.month.month)
        if one.kind != manifest.BODIES and month == (done.day.year, done.day.month):
            raise UsageError(
                f"{done.day} is archived and differs from its raw documents; an archived day can "
                "be verified, not rebuilt"
            )


def _documents(conn: Connection, sources: Sequence[Source]) -> dict[int, Document]:
    """What the documents say, as they are read now; nothing where one cannot be read any more."""
    stored = raw.packed(conn, [source.raw_id for source in sources])
    found = {}
    for source in sources:
        packed = stored.get(source.raw_id)
        if packed is None:
            raise StorageError(f"the bytes of raw document {source.raw_id} are not stored here")
        found[source.raw_id] = Document()
        with suppress(MalformedResponse):
            found[source.raw_id] = parse_document(plain_of(raw.unpacked(packed)))
    return found


def _until(document: Document, day: Day) -> Document:
    """What a document says that matters to the day."""
    return msgspec.structs.replace(
        document,
        odds=tuple(c for c in document.odds if day.since <= c.capture_time < day.end),
        statements=tuple(c for c in document.statements if day.start <= c.capture_time < day.end),
    )
