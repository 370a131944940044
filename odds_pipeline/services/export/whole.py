"""Files that appear whole or not at all.

Belongs here: temporary names, syncing, renaming, digests. Does not belong here: contents.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from shutil import rmtree

from odds_pipeline.errors import UsageError
from odds_pipeline.storage.embedded.layout import sync_folder

LONGEST_NAME = 200  # bytes; file systems take 255, and there are names made from it


def require_place(path: Path, force: bool) -> None:
    """Make sure that the path may be written.

    Raises:
        UsageError: its name is too long, its folder is missing, or it exists and may not be
            replaced.
    """
    if len(os.fsencode(path.name)) > LONGEST_NAME:
        raise UsageError(f"--output: a name has at most {LONGEST_NAME} bytes")
    if not path.parent.is_dir():
        raise UsageError(f"--output: there is no folder {path.parent}")
    if path.is_dir():
        raise UsageError(f"--output: {path} is a folder; name what is to be made")
    if path.exists() and not force:
        raise UsageError(f"--output: {path} exists; name another file, or replace it with --force")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary name beside the path; renamed to it at the end, removed on any failure."""
    passing = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield passing
        _sync(passing)
        passing.replace(path)
        sync_folder(path.parent)
    finally:
        passing.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Likewise for a folder."""
    passing = path.with_name(f".{path.name}.{os.getpid()}.part")
    passing.mkdir()
    try:
        yield passing
        passing.rename(path)
        sync_folder(path.parent)
    finally:
        if passing.exists():
            rmtree(passing)


def digest_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
