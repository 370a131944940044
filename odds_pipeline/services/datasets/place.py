"""Puts a dataset's files in their place, and the dataset on the list.

Belongs here: folders under the home, whole or not at all. Does not belong here: bytes
(``storage.dataset_files``).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

from odds_pipeline.services.datasets.terms import Labels, Terms
from odds_pipeline.services.export.whole import whole_folder
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import dataset_files, datasets
from odds_pipeline.storage.datasets import Dataset
from odds_pipeline.storage.engine import Connection

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a dataset's row and manifest say, and its tables."""

    name: str
    terms: Terms
    at: datetime
    known_by: datetime
    labels: Labels
    tables: "Mapping[str, pa.Table]" = field(repr=False)

    @property
    def league(self) -> str:
        """As labelled; the sport keys without."""
        return self.labels.league or ",".join(self.terms.sports)

    def stated(self, version: int) -> dict[str, Any]:
        """What the manifest says besides the files."""
        return {
            "snapshot_id": datasets.snapshot_id(self.name, version),
            "name": self.name,
            "version": version,
            "league": self.league,
            "week": self.labels.week,
            "model_version": self.labels.model_version,
            "description": self.labels.description,
            "tags": list(self.labels.tags),
            "known_by": self.known_by.astimezone(UTC).isoformat(),
            "config": self.terms.as_json(self.at),
        }


def folder_of(platform: Platform, dataset: Dataset) -> Path:
    """Where a dataset's files stand."""
    return _folder(platform, dataset.name, dataset.version)


def put(platform: Platform, conn: Connection, drafted: Draft, version: int) -> Dataset:
    """Write the files, and list them; what a killed freeze left in their place goes.

    Args:
        platform: its home holds the files.
        conn: a connection inside a transaction that keeps others out (``one_at_a_time``).
        drafted: the dataset.
        version: which of its name.
    """
    folder = _folder(platform, drafted.name, version)
    folder.parent.mkdir(parents=True, exist_ok=True)
    removed(folder)
    with whole_folder(folder) as passing:
        manifest = dataset_files.write(passing, drafted.tables, drafted.stated(version))
    digest = dataset_files.digest_of(folder / dataset_files.MANIFEST)
    assert digest is not None
    number = datasets.enter(
        conn,
        name=drafted.name,
        version=version,
        league=drafted.league,
        week=drafted.labels.week,
        config=manifest["config"],
        model_version=drafted.labels.model_version,
        known_by=drafted.known_by,
        content_hash=manifest["content_hash"],
        manifest_sha256=digest,
        tags=drafted.labels.tags,
        description=drafted.labels.description,
        metadata={"files": manifest["files"]},
    )
    return datasets.numbered(conn, number)


def restore(platform: Platform, drafted: Draft, version: int, listed: Dataset) -> bool:
    """Put a dataset's files back where they are missing or damaged; False where they were not.

    Also false where another version of the library that writes Parquet makes other bytes of the
    same values.
    """
    folder = folder_of(platform, listed)
    if not dataset_files.edited(folder, listed.manifest_sha256):
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _aside(folder) as made:
        dataset_files.write(made, drafted.tables, drafted.stated(version))
        digest = dataset_files.digest_of(made / dataset_files.MANIFEST)
        if digest != listed.manifest_sha256:
            return False
        removed(folder)
        made.rename(folder)
    if listed.is_locked:
        dataset_files.protect(folder)
    return True


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """An empty folder beside the folder; gone afterwards, unless it was renamed."""
    made = folder.with_name(f".{folder.name}.part")
    removed(made)
    made.mkdir()
    try:
        yield made
    finally:
        removed(made)


def removed(folder: Path) -> None:
    """Remove a folder, if it is there."""
    if folder.exists():
        rmtree(folder)


def _folder(platform: Platform, name: str, version: int) -> Path:
    return platform.settings.home / "datasets" / name / str(version)
