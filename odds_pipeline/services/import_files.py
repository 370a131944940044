"""Imports documents people already own, as raw documents like any other.

Belongs here: files and folders to stored documents, and a report a person can read. Does not
belong here: recognising and reading kinds (``sources.files``).

A file's exact bytes are the raw document; importing the same bytes again changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

from odds_pipeline.catalog.observations import CaptureBasis, OddsFormat
from odds_pipeline.errors import NotFound, UsageError
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.platform import Platform
from odds_pipeline.sources.files.detect import detect
from odds_pipeline.storage import imports, raw
from odds_pipeline.storage.engine import pipelined, transaction

MAX_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """How one file's import went.

    ``status`` is imported, unchanged (the same bytes were here), refused (not a kind we read) or
    failed (it could not be normalised); ``reason`` says why for the last two.
    """

    path: Path
    status: str
    raw_id: int | None = None
    kind: str | None = None
    events: int = 0
    captures: int = 0
    snapshots: int = 0
    quotes: int = 0
    quarantined: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Import:
    """A whole import: its files, the UTC days whose facts changed, and those of unchanged files."""

    files: tuple[ImportedFile, ...]
    days: tuple[date, ...]
    unchanged_days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Stated:
    """What the importer's caller knows of files that do not say it themselves.

    Args:
        captured_at: capture time.
        odds_format: format of the prices; ``None`` = decided by the prices.
        sport: sport key.
        market: market key.
    """

    captured_at: datetime | None = None
    odds_format: OddsFormat | None = None
    sport: str | None = None
    market: str | None = None


def import_paths(
    platform: Platform,
    paths: Iterable[Path],
    stated: Stated = Stated(),
    progress: Callable[[Path], None] | None = None,
) -> Import:
    """Import files and the files inside folders.

    Args:
        platform: its database and clock are used.
        paths: files or folders.
        stated: what the files do not say themselves.
        progress: told each file before it is read.

    Raises:
        NotFound: a path does not exist.
        UsageError: ``captured_at`` has no time zone.
    """
    if stated.captured_at is not None and stated.captured_at.tzinfo is None:
        raise UsageError("--captured-at needs a time zone, for example 2026-01-31T18:00:00Z")
    files = []
    for path in _files(paths):
        if progress is not None:
            progress(path)
        files.append(_import(platform, path, stated))
    with transaction(platform.engine) as conn:
        days = imports.days_of(conn, _raw_ids(files, "imported"))
        same = imports.days_of(conn, _raw_ids(files, "unchanged"))
    return Import(tuple(files), tuple(days), tuple(day for day in same if day not in days))


def _raw_ids(files: Iterable[ImportedFile], status: str) -> list[int]:
    return [file.raw_id for file in files if file.status == status and file.raw_id is not None]


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(
                file
                for file in path.rglob("*")
                if file.is_file()
                and not any(part.startswith(".") for part in file.parts[-2:])
                and file.suffix.lower() not in {".md", ".txt"}
            )
        elif path.is_file():
            yield path
        else:
            raise NotFound(f"{path} does not exist")


def _printable(name: str) -> str:
    """A file's name as text: a file system may give bytes that are none."""
    return name.encode("utf-8", "backslashreplace").decode()


def _import(platform: Platform, path: Path, stated: Stated) -> ImportedFile:
    size = path.stat().st_size
    if size > MAX_BYTES:
        return ImportedFile(path, "refused", reason=f"larger than {MAX_BYTES >> 20} MiB")
    data = path.read_bytes()
    refused = ""
    try:
        kind = detect(path.name, data).endpoint
    except UsageError as unknown:
        refused = str(unknown)
    if refused:
        return ImportedFile(path, "refused", reason=refused)
    named = (("sport", stated.sport), ("market", stated.market))
    record = raw.RawRecord(
        call_id=uuid4(),
        source="file",
        endpoint=kind,
        request={"name": _printable(path.name)}
        | {name: key for name, key in named if key is not None},
        body=data,
        received_at=datetime.now(UTC),
        received_basis=CaptureBasis.FILE,
        captured_at=stated.captured_at,
        odds_format=stated.odds_format,
    )
    with pipelined(platform.engine) as conn:
        stored = raw.store(conn, record)
    finish_pending(platform)
    with transaction(platform.engine) as conn:
        found = imports.outcome(conn, stored.raw_id)
    status = "failed" if found.error else "imported" if stored.created else "unchanged"
    return ImportedFile(
        path,
        status,
        stored.raw_id,
        str(kind),
        found.events,
        found.captures,
        found.snapshots if stored.created else 0,
        found.quotes if stored.created else 0,
        found.quarantined if stored.created else 0,
        found.error,
    )
