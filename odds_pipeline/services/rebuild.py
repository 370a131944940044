"""Makes a UTC day of facts again from its raw documents, or proves that it stands as raw says.

Belongs here: reading the documents a day depends on and applying them. Does not belong here: the
stage and the comparison (``storage.rebuild``).

A day is rebuilt in one transaction under the normaliser's lock: readers see the day as it was,
or as it is made, and rows that are right are left alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import msgspec

from odds_pipeline.catalog.observations import Document
from odds_pipeline.errors import StorageError, UsageError
from odds_pipeline.services.normalise import BATCH, plain_of
from odds_pipeline.services.platform import Platform
from odds_pipeline.sources.parse import PARSER_VERSION, parse_document
from odds_pipeline.storage import locks, raw, rebuild
from odds_pipeline.storage.archive import manifest
from odds_pipeline.storage.captures import Item
from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.facts import write_documents
from odds_pipeline.storage.memory import Memory
from odds_pipeline.storage.rebuild import Day, Difference, Source


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A day, how many documents it was made of, and what stood otherwise than they say."""

    day: date
    documents: int
    differences: tuple[Difference, ...]


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
    _require_parser(day)
    sources = day.sources
    rebuild.set_stage(conn, day)
    memory = Memory()
    memory.dims.months |= day.months()
    for place in range(0, len(sources), BATCH):
        items = _items(conn, sources[place : place + BATCH], day)
        write_documents(conn, memory, items)
    differences = rebuild.compare(conn, day)
    return Rebuilt(day.start.date(), len(sources), tuple(differences))


def _require_parser(day: Day) -> None:
    for source in day.sources:
        if source.parser_version != PARSER_VERSION:
            raise UsageError(
                f"raw document {source.raw_id} was read by parser {source.parser_version}, this "
                f"is {PARSER_VERSION}: rebuilding {day.start:%Y-%m-%d} would change what was known"
            )


def _require_hot(conn: Connection, done: Rebuilt) -> None:
    for one in manifest.all_current(conn):
        month = (one.month.year, one.month.month)
        if one.kind != manifest.BODIES and month == (done.day.year, done.day.month):
            raise UsageError(
                f"{done.day} is archived and differs from its raw documents; an archived day can "
                "be verified, not rebuilt"
            )


def _items(conn: Connection, sources: Sequence[Source], day: Day) -> list[Item]:
    stored = raw.packed(conn, [source.raw_id for source in sources])
    items = []
    for source in sources:
        packed = stored.get(source.raw_id)
        if packed is None:
            raise StorageError(f"the bytes of raw document {source.raw_id} are not stored here")
        document = parse_document(plain_of(raw.unpacked(packed)))
        items.append(Item(source.raw_id, source.known_time, _until(document, day)))
    return items


def _until(document: Document, day: Day) -> Document:
    """What a document says that matters to the day."""
    return msgspec.structs.replace(
        document,
        odds=tuple(c for c in document.odds if day.since <= c.capture_time < day.end),
        statements=tuple(c for c in document.statements if day.start <= c.capture_time < day.end),
    )
