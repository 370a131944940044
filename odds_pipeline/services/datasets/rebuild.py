"""Makes a dataset again from raw, here or in another database, and proves it the same.

Belongs here: the comparison. Does not belong here: reading (``gather``), writing (``place``).
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from odds_pipeline.errors import NotFound, StorageError
from odds_pipeline.services.datasets.gather import gathered
from odds_pipeline.services.datasets.place import Draft, put, restore
from odds_pipeline.services.datasets.terms import Labels, Terms
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.selections import Progress
from odds_pipeline.storage import dataset_files, datasets
from odds_pipeline.storage.datasets import Dataset
from odds_pipeline.storage.engine import transaction

_SAID = ("league", "week", "model_version", "description")


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What making a dataset again came to.

    Args:
        snapshot_id: what it goes by.
        content_hash: of the dataset as it was frozen.
        rebuilt_hash: of what was made now.
        differing: files whose values differ.
        put: whether its files were put (back) in place.
    """

    snapshot_id: str
    content_hash: str
    rebuilt_hash: str
    differing: tuple[str, ...]
    put: bool

    @property
    def same(self) -> bool:
        """Whether both hold the same values."""
        return self.content_hash == self.rebuilt_hash


def rebuild(
    platform: Platform,
    named: str,
    known_by: datetime | None = None,
    progress: Progress | None = None,
) -> Rebuilt:
    """Make a dataset again from what is stored, and hold it against what was frozen.

    Where both are the same, missing or damaged files are put back; a dataset known by its manifest
    alone is entered in this database's list.

    Args:
        platform: its database is read.
        named: name or snapshot id, or the path of a manifest.
        known_by: what must have been stored by then; default as it was frozen. Of use in another
            database, where the same raw became known later.
        progress: as for ``freeze``.

    Raises:
        NotFound: there is none of that name, or no event or offer was known by then.
        StorageError: the manifest cannot be read.
    """
    listed, told = _told(platform, named)
    terms = Terms.of_json(told["config"])
    known = known_by or datetime.fromisoformat(told["known_by"])
    at = datetime.fromisoformat(told["config"]["at"])
    try:
        tables = gathered(platform, terms, at, known, progress)
    except NotFound as absent:
        raise NotFound(
            f"{absent}, as known by {known:%Y-%m-%dT%H:%M:%SZ}; in a database that came to know "
            "the same raw later, say by when"
        ) from absent
    hashes = dataset_files.values_hashes(tables)
    digest = dataset_files.content_hash(hashes)
    differing = tuple(
        name for name, note in told["files"].items() if note["values_sha256"] != hashes[name]
    )
    put = False
    if digest == told["content_hash"]:
        known = known if listed is None else listed.known_by
        labels = Labels(**{name: told[name] for name in _SAID}, tags=tuple(told["tags"]))
        drafted = Draft(told["name"], terms, at, known, labels, tables)
        put = _put_back(platform, drafted, told["version"], listed)
    return Rebuilt(told["snapshot_id"], told["content_hash"], digest, differing, put)


def _told(platform: Platform, named: str) -> tuple[Dataset | None, dict[str, Any]]:
    """The row of a dataset, where it is listed here, and what its manifest says."""
    path = Path(named)
    with transaction(platform.engine) as conn:
        if path.suffix != ".json":
            listed = datasets.find(conn, named)
            return listed, _as_manifest(listed)
        manifest = dataset_files.read_manifest(path)
        same = [d for d in datasets.every(conn) if d.snapshot_id == manifest["snapshot_id"]]
    if same and same[0].content_hash != manifest["content_hash"]:
        raise StorageError(f"{manifest['snapshot_id']} is another dataset here than in {path}")
    return (same[0] if same else None), manifest


def _as_manifest(listed: Dataset) -> dict[str, Any]:
    names = ("snapshot_id", "name", "version", "content_hash", "config", "tags", *_SAID)
    return {
        **{name: getattr(listed, name) for name in names},
        "known_by": listed.known_by.isoformat(),
        "files": listed.metadata["files"],
    }


def _put_back(platform: Platform, drafted: Draft, version: int, listed: Dataset | None) -> bool:
    """Put the files in place where they are missing, damaged or unknown here."""
    if listed is not None:
        return restore(platform, drafted, version, listed)
    with transaction(platform.engine) as conn:
        datasets.one_at_a_time(conn)
        put(platform, conn, drafted, version)
    return True
