"""Taking a backup while collection goes on.

Belongs here: the order of the steps, which is what makes it whole. Does not belong here: proving
it (``restore``).

1. Paid answers that wait in the spool are copied first: what is stored meanwhile is then in the
   database too, and storing an answer twice changes nothing.
2. One state of the database is frozen; the dump, the hashes and the list of archives show it.
3. Archives never change, but a newer version may take one's place and the older file go: then all
   is done again.
"""

import os
import shutil
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from odds_pipeline.errors import AlreadyRunning, StorageError
from odds_pipeline.services.backup.manifest import (
    ARCHIVE,
    DAGSTER,
    DATASETS,
    MANIFEST,
    ODDS,
    SPOOL,
    File,
    Manifest,
    write_json,
)
from odds_pipeline.services.backup.shelf import Backup, backups, name_of, remove_unfinished
from odds_pipeline.services.export.whole import digest_of, whole_folder
from odds_pipeline.services.spool import ANSWERS
from odds_pipeline.storage import dumps
from odds_pipeline.storage.archive import manifest as archives
from odds_pipeline.storage.content import (
    Frozen,
    connected,
    contents,
    frozen,
    has_table,
    revision_of,
)
from odds_pipeline.storage.deployment import kind_of
from odds_pipeline.storage.embedded.locks import FileLock
from odds_pipeline.storage.urls import dagster_database

TRIES = 3


def back_up(url: str, home: Path, folder: Path, now: datetime) -> Backup:
    """Take a backup of the database and of the files that belong to it.

    Args:
        url: our database; any accepted scheme and any revision.
        home: the platform's folder, with ``archive``, ``datasets`` and ``spool``.
        folder: where backups stand; the new one is a folder in it. Files that did not change since
            the last one are hard links to its copies.
        now: names it.

    Raises:
        AlreadyRunning: another backup into this folder is being made.
        DatabaseUnavailable: the database cannot be reached.
        StorageError: pg_dump failed, or an archive is not where the database says.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    lock = FileLock(folder / ".lock")
    if not lock.try_exclude():
        raise AlreadyRunning(f"another backup into {folder} is being made")
    try:
        remove_unfinished(folder)
        return _tried(url, home, folder, now)
    finally:
        lock.release()


def _tried(url: str, home: Path, folder: Path, now: datetime) -> Backup:
    for left in range(TRIES - 1, -1, -1):
        try:
            return _taken(url, home, folder, now)
        except FileNotFoundError as gone:
            if not left:
                missing = gone.filename
    raise StorageError(f"{missing} is not there; if {home} was moved, run `odds db relocate`")


def _taken(url: str, home: Path, folder: Path, now: datetime) -> Backup:
    began = time.monotonic()
    earlier = _earlier(folder)
    path = _free(folder / name_of(now))
    with whole_folder(path) as making:
        making.chmod(0o700)
        files = _copied(_waiting(home / SPOOL), making, earlier)
        with frozen(url) as state:
            dumps.dump(url, making / ODDS, state.snapshot)
            tables = contents(state.conn)
            files += _copied(_archived(state), making, earlier)
            revision, kind, moment = revision_of(state.conn), _kind(state), state.moment
        files += _copied(_below(home / DATASETS, DATASETS), making, earlier)
        dumped = [ODDS, *_dagster(url, making)]
        files += [_file(making, name) for name in dumped]
        manifest = Manifest(
            moment=moment,
            revision=revision,
            kind=kind,
            tables=tables,
            files=tuple(files),
            elapsed_s=round(time.monotonic() - began, 3),
        )
        write_json(making / MANIFEST, manifest)
    return Backup(path, manifest, None)


def _free(path: Path) -> Path:
    """The path, or the next one that nothing has: two backups may be begun in one second."""
    taken = 1
    free = path
    while free.exists():
        taken += 1
        free = path.with_name(f"{path.name}-{taken}")
    return free


def _earlier(folder: Path) -> dict[str, Path]:
    """The last backup's copies by digest."""
    last = next(iter(backups(folder)), None)
    if last is None:
        return {}
    return {file.sha256: last.path / file.path for file in last.manifest.files}


def _waiting(spool: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(spool.glob(ANSWERS)):
        yield path, f"{SPOOL}/{path.name}"


def _archived(state: Frozen) -> Iterator[tuple[Path, str]]:
    if not has_table(state.conn, "archives"):
        return
    for archive in archives.all_current(state.conn):
        for path in (archive.path, archives.manifest_of(archive.path)):
            yield path, f"{ARCHIVE}/{archive.kind}/{path.name}"


def _below(folder: Path, name: str) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, f"{name}/{path.relative_to(folder)}"


def _copied(
    wanted: Iterable[tuple[Path, str]], making: Path, earlier: dict[str, Path]
) -> list[File]:
    """Copies that are on disk; an answer that leaves the spool meanwhile is in the database."""
    done = []
    for source, name in wanted:
        try:
            done.append(_copy(source, making, name, earlier))
        except FileNotFoundError:
            if not name.startswith(f"{SPOOL}/"):
                raise
    return done


def _copy(source: Path, making: Path, name: str, earlier: dict[str, Path]) -> File:
    target = making / name
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = digest_of(source)
    same = earlier.get(digest)
    if same is None or not _linked(same, target):
        shutil.copyfile(source, target)
        with target.open("rb") as file:
            os.fsync(file.fileno())
    if digest_of(target) != digest:
        raise StorageError(f"{source} could not be copied as it is; is the disk sound?")
    return File(name, target.stat().st_size, digest)


def _linked(same: Path, target: Path) -> bool:
    try:
        os.link(same, target)
    except OSError:
        return False
    return True


def _dagster(url: str, making: Path) -> list[str]:
    """Dagster's database, where there is one."""
    beside = dagster_database(url)
    try:
        with connected(beside):
            pass
    except StorageError:
        return []
    dumps.dump(beside, making / DAGSTER)
    return [DAGSTER]


def _kind(state: Frozen) -> str | None:
    return kind_of(state.conn) if has_table(state.conn, "deployment") else None


def _file(folder: Path, name: str) -> File:
    path = folder / name
    return File(name, path.stat().st_size, digest_of(path))
