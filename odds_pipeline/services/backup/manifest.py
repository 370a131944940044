"""What a backup says of itself.

Belongs here: the shape of ``manifest.json`` and ``verified.json``. Does not belong here: making
or checking what they say. Times are UTC, sizes bytes, durations seconds.
"""

from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from odds_pipeline.errors import NotFound, StorageError
from odds_pipeline.services.export.whole import whole_file
from odds_pipeline.storage.content import Content

FORMAT = 1
MANIFEST, VERIFIED = "manifest.json", "verified.json"
ODDS, DAGSTER = "odds.dump", "dagster.dump"
SPOOL, ARCHIVE, DATASETS = "spool", "archive", "datasets"


class File(msgspec.Struct, frozen=True):
    """One file, by its path below the backup."""

    path: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """Everything about a backup; ``moment`` is the database's clock when it was frozen."""

    moment: datetime
    revision: str | None
    kind: str | None
    tables: dict[str, Content]
    files: tuple[File, ...]
    elapsed_s: float
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(content.rows for content in self.tables.values())

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(file.bytes for file in self.files)


class Verified(msgspec.Struct, frozen=True):
    """When a backup was proven: restored and compared, or only read to its end."""

    at: datetime
    how: Literal["restored", "read"]
    elapsed_s: float


def read_manifest(backup: Path) -> Manifest:
    """What the backup in this folder says of itself.

    Raises:
        NotFound: there is no backup.
        StorageError: it is damaged, or of a format this code does not know.
    """
    try:
        found = msgspec.json.decode((backup / MANIFEST).read_bytes(), type=Manifest)
    except OSError:
        found = None
        reason = ""
    except msgspec.DecodeError as wrong:
        found, reason = None, str(wrong)
    if found is not None and found.format == FORMAT:
        return found
    if found is None and not reason:
        raise NotFound(f"{backup} is no backup: it has no {MANIFEST}")
    raise StorageError(f"{backup / MANIFEST} cannot be used: {reason or 'of another format'}")


def read_verified(backup: Path) -> Verified | None:
    """When it was last proven; ``None``: never."""
    try:
        return msgspec.json.decode((backup / VERIFIED).read_bytes(), type=Verified)
    except (OSError, msgspec.DecodeError):
        return None


def write_json(path: Path, value: Manifest | Verified) -> None:
    """Write one of them, whole or not at all."""
    with whole_file(path) as passing:
        passing.write_bytes(msgspec.json.format(msgspec.json.encode(value)))
