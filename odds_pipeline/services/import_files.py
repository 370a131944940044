"""Imports documents people already own, as raw documents like any other.

Belongs here: files and folders to stored documents, and a report a person can read. Does not
belong here: recognising and reading kinds (``sources.files``, ``sources.archives``).

A file's exact bytes are the raw document; importing the same bytes again changes nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

from odds_pipeline.catalog.observations import CaptureBasis, Document, OddsFormat, RawDocument
from odds_pipeline.errors import MalformedResponse, NotFound, UsageError
from odds_pipeline.services import identity
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.platform import Platform
from odds_pipeline.sources.archives.layout import Layout
from odds_pipeline.sources.archives.parse import request_of
from odds_pipeline.sources.files.detect import Detected, detect
from odds_pipeline.sources.parse import parse_document
from odds_pipeline.storage import imports, raw
from odds_pipeline.storage.engine import pipelined, transaction

MAX_BYTES = 512 * 1024 * 1024
SHOWN = 60  # a longer statement is a whole mapping

Progress = Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """How one file's import went.

    ``status`` is imported, unchanged (the same bytes were here), refused (not a kind we read),
    failed (it could not be normalised) or, where nothing was to be kept, readable; ``reason``
    says why for refused and failed, and
    ``quarantined_for`` how many of its parts are in quarantine for which reason.
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
    quarantined_for: Mapping[str, int] = field(default_factory=dict)
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Import:
    """A whole import: its files, the UTC days whose facts changed, and those of unchanged files.

    ``questions`` counts the new questions of identity in the review queue.
    """

    files: tuple[ImportedFile, ...]
    days: tuple[date, ...] = ()
    unchanged_days: tuple[date, ...] = ()
    questions: int = 0


@dataclass(frozen=True, slots=True)
class Stated:
    """What the importer's caller knows of files that do not say it themselves.

    Args:
        captured_at: capture time.
        odds_format: format of the prices; ``None`` = decided by the prices.
        sport: sport key.
        market: market key.
        season: first year of the season that dates without a year are of.
        layout: the files are archives of games, laid out like this.
    """

    captured_at: datetime | None = None
    odds_format: OddsFormat | None = None
    sport: str | None = None
    market: str | None = None
    season: int | None = None
    layout: Layout | None = None

    def request(self, path: Path) -> dict[str, str]:
        """What a file's raw document remembers: its name, and how it is to be read."""
        told = {"sport": self.sport, "market": self.market, "season": self.season}
        named = {name: str(value) for name, value in told.items() if value is not None}
        layout = {} if self.layout is None else request_of(self.layout)
        return {"name": _printable(path.name)} | named | layout


def import_paths(
    platform: Platform,
    paths: Iterable[Path],
    stated: Stated = Stated(),
    progress: Progress | None = None,
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
    _check(stated)
    files = [_import(platform, path, stated) for path in _told_of(_files(paths), progress)]
    new = _raw_ids(files, "imported")
    with transaction(platform.engine) as conn:
        days = imports.days_of(conn, new)
        same = imports.days_of(conn, _raw_ids(files, "unchanged"))
    asked = identity.look(platform, new) if new else 0
    return Import(tuple(files), tuple(days), tuple(sorted({*same} - {*days})), asked)


def try_paths(
    paths: Iterable[Path], stated: Stated = Stated(), progress: Progress | None = None
) -> Import:
    """Read files as an import would, and keep nothing; no database is needed.

    Snapshots and quotes count what the files say, whether or not it is known already.

    Raises:
        NotFound: a path does not exist.
        UsageError: ``captured_at`` has no time zone.
    """
    _check(stated)
    return Import(tuple(_try(path, stated) for path in _told_of(_files(paths), progress)))


def _check(stated: Stated) -> None:
    if stated.captured_at is not None and stated.captured_at.tzinfo is None:
        raise UsageError("--captured-at needs a time zone, for example 2026-01-31T18:00:00Z")


def _told_of(paths: Iterable[Path], progress: Progress | None) -> Iterator[Path]:
    for path in paths:
        if progress is not None:
            progress(path)
        yield path


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


def _recognised(path: Path, stated: Stated) -> tuple[bytes, Detected] | ImportedFile:
    """A file's bytes and what they are, or how it was refused."""
    if path.stat().st_size > MAX_BYTES:
        return ImportedFile(path, "refused", reason=f"larger than {MAX_BYTES >> 20} MiB")
    data = path.read_bytes()
    try:
        return data, detect(path.name, data, stated.layout)
    except UsageError as unknown:
        refused = str(unknown)
    return ImportedFile(path, "refused", reason=refused)


def _import(platform: Platform, path: Path, stated: Stated) -> ImportedFile:
    recognised = _recognised(path, stated)
    if isinstance(recognised, ImportedFile):
        return recognised
    data, kind = recognised
    record = raw.RawRecord(
        call_id=uuid4(),
        source="file",
        endpoint=kind.endpoint,
        request=stated.request(path),
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
        before = imports.request_of(conn, stored.raw_id)
        reasons = imports.quarantined_for(conn, stored.raw_id)
    differs = _said_before(before, record.request)
    if differs:
        return ImportedFile(path, "refused", stored.raw_id, str(kind.endpoint), reason=differs)
    status = "failed" if found.error else "imported" if stored.created else "unchanged"
    return ImportedFile(
        path,
        status,
        stored.raw_id,
        str(kind.endpoint),
        found.events,
        found.captures,
        found.snapshots if stored.created else 0,
        found.quotes if stored.created else 0,
        found.quarantined if stored.created else 0,
        reasons if stored.created else {},
        found.error,
    )


def _said_before(before: Mapping[str, str], now: Mapping[str, str]) -> str | None:
    """How the same bytes were to be read when they were imported, where that differs.

    What a document is read as stays, so that reading it again gives the same facts.
    """
    other = [name for name in sorted({*now} - {"name"}) if before.get(name) != now[name]]
    if not other:
        return None
    told = ", ".join(f"{name} {_shown(before.get(name))}" for name in other)
    return f"the same bytes were imported before with {told}: what they are read as stays"


def _shown(value: str | None) -> str:
    return "not stated" if value is None else value if len(value) <= SHOWN else "another"


def _try(path: Path, stated: Stated) -> ImportedFile:
    recognised = _recognised(path, stated)
    if isinstance(recognised, ImportedFile):
        return recognised
    _, kind = recognised
    now = datetime.now(UTC)
    document = RawDocument(
        source="file",
        endpoint=kind.endpoint,
        request=stated.request(path),
        body=kind.body,
        received_at=now,
        received_basis=CaptureBasis.FILE,
        known_time=now,
        captured_at=stated.captured_at,
        odds_format=stated.odds_format,
    )
    try:
        return _told(path, kind, parse_document(document))
    except MalformedResponse as unreadable:
        reason = str(unreadable)
    return ImportedFile(path, "failed", kind=str(kind.endpoint), reason=reason)


def _told(path: Path, kind: Detected, said: Document) -> ImportedFile:
    odds = [event for capture in said.odds for event in capture.events]
    stated = [one for capture in said.statements for one in capture.statements]
    quotes = sum(len(board.quotes) for event in odds for board in event.boards)
    ids = {one.event.event_id for one in odds} | {one.event.event_id for one in stated}
    captures = len(said.odds) + len(said.statements)
    reasons = Counter(rejection.reason for rejection in said.rejections)
    return ImportedFile(
        *(path, "readable", None, str(kind.endpoint), len(ids), captures, len(odds), quotes),
        *(reasons.total(), dict(reasons.most_common())),
    )
