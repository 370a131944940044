"""Getting a backup back into an empty database, and proving that it can be.

Belongs here: restoring, the drill, comparing. Does not belong here: taking one (``take``).
"""

import shutil
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from odds_pipeline.errors import DatabaseUnavailable, StorageError, UsageError
from odds_pipeline.services.backup.manifest import (
    ARCHIVE,
    DAGSTER,
    ODDS,
    VERIFIED,
    Manifest,
    Verified,
    read_manifest,
    write_json,
)
from odds_pipeline.services.export.whole import digest_of, whole_file
from odds_pipeline.storage import dumps
from odds_pipeline.storage.archive.manifest import relocate
from odds_pipeline.storage.content import connected, contents, has_table, is_empty
from odds_pipeline.storage.databases import ensure_database, scratch_database
from odds_pipeline.storage.urls import dagster_database, redacted


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back; ``dagster`` says whether Dagster's database did too."""

    manifest: Manifest
    dagster: bool
    elapsed_s: float


def restore(backup: Path, url: str, home: Path) -> Restored:
    """Fill an empty database and a home folder from a backup, and compare what came back.

    Args:
        backup: the backup's folder.
        url: database to fill; it must have no table.
        home: gets ``archive``, ``datasets`` and ``spool``; files there are never replaced.

    Raises:
        NotFound: there is no backup.
        UsageError: the database is not empty, or a file stands in the way.
        StorageError: the backup is damaged, or what came back is not what was saved.
    """
    began = time.monotonic()
    manifest = read_manifest(backup)
    _require_empty(url)
    _require_whole(backup, manifest)
    _lay_out(backup, home, manifest)
    dumps.restore(backup / ODDS, url)
    _require_same(url, manifest)
    _relocate(url, home)
    dagster = _restore_dagster(backup, url, manifest)
    return Restored(manifest, dagster, time.monotonic() - began)


def drill(backup: Path, url: str, now: datetime) -> Verified:
    """Prove a backup: every file's digest, and a restore beside the database, compared, dropped.

    A user who may not create databases gets the dump read to its end instead.

    Args:
        backup: the backup's folder, which keeps the verdict.
        url: any database of the server to try it on.
        now: when.

    Raises:
        NotFound: there is no backup.
        StorageError: it is damaged, or what came back is not what was saved.
    """
    began = time.monotonic()
    manifest = read_manifest(backup)
    _require_whole(backup, manifest)
    try:
        with scratch_database(url) as scratch:
            dumps.restore(backup / ODDS, scratch)
            _require_same(scratch, manifest)
        restored = True
    except DatabaseUnavailable:
        dumps.read_through(backup / ODDS)
        restored = False
    how = Verified(now, "restored" if restored else "read", round(time.monotonic() - began, 3))
    write_json(backup / VERIFIED, how)
    return how


def _require_empty(url: str) -> None:
    with connected(url) as conn:
        if is_empty(conn):
            return
    raise UsageError(
        f"{redacted(url)} is not empty; restore into a new place: ODDS_HOME=… for an embedded "
        "server, or DATABASE_URL=… of an empty database"
    )


def _require_whole(backup: Path, manifest: Manifest) -> None:
    for file in manifest.files:
        path = backup / file.path
        if not path.is_file() or digest_of(path) != file.sha256:
            raise StorageError(f"{path} is missing or damaged: this backup cannot be used")


def _require_same(url: str, manifest: Manifest) -> None:
    with connected(url) as conn:
        found = contents(conn)
    different = sorted(
        table
        for table in found.keys() | manifest.tables.keys()
        if found.get(table) != manifest.tables.get(table)
    )
    if different:
        raise StorageError(f"what came back is not what was saved in {', '.join(different)}")


def _lay_out(backup: Path, home: Path, manifest: Manifest) -> None:
    for file in manifest.files:
        target = home / file.path
        if file.path in {ODDS, DAGSTER}:
            continue
        if target.exists():
            if digest_of(target) == file.sha256:
                continue
            raise UsageError(f"{target} is in the way: restore into another ODDS_HOME")
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(target) as passing:
            shutil.copyfile(backup / file.path, passing)


def _relocate(url: str, home: Path) -> None:
    with connected(url) as conn:
        if has_table(conn, "archives"):
            relocate(conn, home / ARCHIVE)


def _restore_dagster(backup: Path, url: str, manifest: Manifest) -> bool:
    """Dagster's database, unless it is in use already."""
    if not any(file.path == DAGSTER for file in manifest.files):
        return False
    beside = dagster_database(url)
    ensure_database(beside, url)
    with connected(beside) as conn:
        empty = is_empty(conn)
    if empty:
        dumps.restore(backup / DAGSTER, beside)
    return empty
