"""Looks at a dataset: are its files as they were frozen, and were quotes inside voided since?

Belongs here: verifying, locking, deleting. Does not belong here: making it again (``rebuild``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from odds_pipeline.errors import StorageError, UsageError
from odds_pipeline.services.datasets.load import told_edited
from odds_pipeline.services.datasets.place import folder_of, removed
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import dataset_files, datasets, voids
from odds_pipeline.storage.datasets import Dataset
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.voids import Void

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class Voided(NamedTuple):
    """A quote inside a dataset that was voided after it was frozen."""

    void_id: int
    known_time: datetime
    reason: str
    file: str
    event_id: str
    bookmaker_key: str
    market_key: str
    outcome_name: str
    capture_time: datetime


@dataclass(frozen=True, slots=True)
class Examined:
    """What a look at a dataset found.

    Args:
        dataset: its row.
        edited: files that are not as they were frozen, or missing.
        voided: quotes inside that were voided since.
    """

    dataset: Dataset
    edited: tuple[str, ...] = ()
    voided: tuple[Voided, ...] = ()


def verify(platform: Platform, named: str) -> Examined:
    """Hash a dataset's files again, and look for quotes inside that were voided since.

    Raises:
        NotFound: there is none of that name.
    """
    with transaction(platform.engine) as conn:
        dataset = datasets.find(conn, named)
    return examined(platform, dataset)


def every(platform: Platform) -> list[Examined]:
    """As ``verify``, of all datasets, newest first."""
    with transaction(platform.engine) as conn:
        found = datasets.every(conn)
    return [examined(platform, dataset) for dataset in found]


def examined(platform: Platform, dataset: Dataset) -> Examined:
    """As ``verify``, of a known row."""
    folder = folder_of(platform, dataset)
    edited = tuple(dataset_files.edited(folder, dataset.manifest_sha256))
    if edited:
        return Examined(dataset, edited)
    tables = dataset_files.read(folder)
    digest = dataset_files.content_hash(dataset_files.values_hashes(tables))
    if digest != dataset.content_hash:
        return Examined(dataset, (dataset_files.MANIFEST,))
    return Examined(dataset, (), tuple(_voided(platform, dataset, tables)))


def lock(platform: Platform, named: str) -> Dataset:
    """Let a dataset never change or go.

    Raises:
        NotFound: there is none of that name.
        StorageError: its files are not as they were frozen.
    """
    dataset = verify(platform, named)
    if dataset.edited:
        raise StorageError(told_edited(dataset.dataset, dataset.edited))
    with transaction(platform.engine) as conn:
        datasets.lock(conn, dataset.dataset.id)
        locked = datasets.numbered(conn, dataset.dataset.id)
    dataset_files.protect(folder_of(platform, locked))
    return locked


def delete(platform: Platform, snapshot_id: str) -> Dataset:
    """Delete a dataset; experiments on it stay on record, with an empty link.

    Args:
        platform: its database lists it, its home holds the files.
        snapshot_id: with its version, so that nobody deletes another one than was meant.

    Raises:
        NotFound: there is none.
        UsageError: no version was named.
        StorageError: it is locked.
    """
    with transaction(platform.engine) as conn:
        datasets.one_at_a_time(conn)
        dataset = datasets.find(conn, snapshot_id)
        if snapshot_id != dataset.snapshot_id:
            raise UsageError(f"name the version to delete, such as {dataset.snapshot_id}")
        datasets.delete(conn, dataset.id)
    removed(folder_of(platform, dataset))
    return dataset


def _voided(platform: Platform, dataset: Dataset, tables: "Mapping[str, pa.Table]") -> list[Voided]:
    """The quotes inside that stand in a void known after the dataset's ``known_by``."""
    with transaction(platform.engine) as conn:
        later = [
            void
            for void in voids.voids(conn)
            if void.known_time > dataset.known_by and void.lifted_at is None
        ]
        kept = datasets.kept_ids(conn, [v.event_id for v in later if v.event_id], dataset.known_by)
    found = []
    for name in ("offers", "arrivals", "closing_lines"):
        if name not in tables:
            continue
        frame = dataset_files.frame_of(tables[name])
        priced = frame[frame["price"].notna()]
        for void in later:
            event = None if void.event_id is None else kept.get(void.event_id, void.event_id)
            found += _inside(void._replace(event_id=event), name, priced)
    return found


def _inside(void: Void, name: str, frame: "pd.DataFrame") -> list[Voided]:
    hit = frame["capture_time"].between(void.from_capture, void.to_capture)
    for column in ("event_id", "bookmaker_key", "market_key", "outcome_name", "description"):
        wanted = getattr(void, column)
        if wanted is not None:
            hit &= frame[column] == wanted
    columns = ["event_id", "bookmaker_key", "market_key", "outcome_name", "capture_time"]
    # One quote may stand at several decisions.
    rows = frame.loc[hit.fillna(False).astype(bool), columns].drop_duplicates()
    return [
        Voided(void.void_id, void.known_time, void.reason, name, *row)
        for row in rows.itertuples(index=False, name=None)
    ]
