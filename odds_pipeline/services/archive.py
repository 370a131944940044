"""Moves old months into the archive.

Belongs here: which months are old enough, and the steps from one to the other. Does not belong
here: files and rows (``storage.archive``).

Each month goes on its own: written, proven, and only then dropped. Killed at any point, nothing
is lost, and the next pass finishes it.
"""

import re
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import psycopg
from sqlalchemy import Engine

from odds_pipeline.errors import StorageError, UsageError
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage.archive import manifest
from odds_pipeline.storage.archive.manifest import Partition
from odds_pipeline.storage.archive.switch import drop_empty, switch
from odds_pipeline.storage.archive.verify import verify
from odds_pipeline.storage.archive.write import Draft, fingerprint, remove, write
from odds_pipeline.storage.engine import Connection, transaction

ATTEMPTS = 12
FIRST_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class Archived:
    """One month of one kind: its rows and bytes in PostgreSQL, and its file (None: not yet)."""

    kind: str
    month: date
    rows: int
    hot_bytes: int
    path: Path | None = None
    archive_bytes: int | None = None


def oldest_kept(now: datetime, age: str) -> datetime:
    """The moment before which months may go: ``90d`` (or ``90``) or ``6m`` before now.

    Raises:
        UsageError: not such an age.
    """
    found = re.fullmatch(r"(\d{1,4})([dm]?)", age)
    if found is None:
        raise UsageError(f"{age!r} is not an age; give days or months, for example 90d or 6m")
    number = int(found[1])
    if found[2] != "m":
        return now - timedelta(days=number)
    year, month = divmod(now.year * 12 + now.month - 1 - number, 12)
    first = now.replace(year=year, month=month + 1, day=1)
    return min(first + timedelta(days=now.day - 1), manifest.next_month(first))


def archivable(platform: Platform, age: str) -> list[Archived]:
    """Whole months older than ``age`` that stand in PostgreSQL, oldest first.

    Raises:
        UsageError: ``age`` is no age.
    """
    with transaction(platform.engine) as conn:
        found = [_standing(conn, p) for p in _old(conn, oldest_kept(platform.now(), age))]
    return [one for one in found if one.rows]


def clean(platform: Platform, age: str) -> list[Archived]:
    """Archive every whole month older than ``age``.

    Raises:
        UsageError: ``age`` is no age.
        StorageError: a file could not be proven right, or a table stayed in use.
    """
    cutoff = oldest_kept(platform.now(), age)
    folder = platform.settings.home / "archive"
    with transaction(platform.engine) as conn:
        months = _old(conn, cutoff)
    _sweep(platform.engine, folder)
    done = [_archive(platform.engine, folder, partition) for partition in months]
    return [one for one in done if one is not None]


def _old(conn: Connection, cutoff: datetime) -> list[Partition]:
    return [p for p in manifest.partitions(conn) if p.end <= cutoff]


def _standing(conn: Connection, partition: Partition) -> Archived:
    row = conn.execute(
        "SELECT pg_total_relation_size(%s::regclass)", (f"public.{partition.table}",)
    ).fetchone()
    assert row is not None
    rows, _ = fingerprint(conn, partition)
    return Archived(partition.kind, partition.month, rows, int(row[0]))


def _archive(engine: Engine, folder: Path, partition: Partition) -> Archived | None:
    """One month: written and proven from one unchanging state, then switched."""
    with transaction(engine) as conn:
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        conn.execute("SET LOCAL statement_timeout = 0")
        standing = _standing(conn, partition)
        draft = write(conn, partition, folder) if standing.rows else None
        if draft is not None:
            verify(conn, partition, draft)
    if draft is None:
        _drop_empty(engine, partition)
        return None
    _switch(engine, partition, draft)
    if draft.older is not None:
        remove(draft.older.path)
    written = draft.written
    return Archived(
        partition.kind,
        partition.month,
        written.rows,
        standing.hot_bytes,
        written.path,
        written.size,
    )


def _switch(engine: Engine, partition: Partition, draft: Draft) -> None:
    """Take a moment at which nobody holds the table."""
    for attempt in range(ATTEMPTS):
        try:
            with transaction(engine) as conn:
                switched = switch(conn, partition, draft)
        except psycopg.errors.LockNotAvailable:
            time.sleep(min(FIRST_PAUSE_S * 2**attempt, 2.0))
            continue
        if not switched:
            raise StorageError(
                f"{partition.table} changed while it was archived; nothing was dropped, run "
                "`odds db clean` again"
            )
        return
    raise StorageError(
        f"{partition.table} stayed in use; its archive is written, but nothing was dropped: run "
        "`odds db clean` again"
    )


def _drop_empty(engine: Engine, partition: Partition) -> None:
    """Drop an old month's table that holds nothing, unless it is in use: then another time."""
    with suppress(psycopg.errors.LockNotAvailable), transaction(engine) as conn:
        drop_empty(conn, partition)


def _sweep(engine: Engine, folder: Path) -> None:
    """Remove what an interrupted pass left: half-written files and superseded ones."""
    with transaction(engine) as conn:
        old = manifest.superseded(conn)
    for archive in old:
        remove(archive.path)
    for left in folder.glob("*/*.tmp"):
        left.unlink(missing_ok=True)


def relocated(platform: Platform) -> tuple[int, list[Path]]:
    """Look for every archive under the home folder as it is now.

    Returns:
        How many were at another place before, and where archives are missing.
    """
    with transaction(platform.engine) as conn:
        return manifest.relocate(conn, platform.settings.home / "archive")
