"""Reads a dataset for a backtest, once its files are proven.

Belongs here: the proof, and frames as the readers give them. Does not belong here: a whole look at
a dataset (``examine``).
"""

from collections.abc import Sequence

from odds_pipeline.errors import StorageError, UsageError
from odds_pipeline.services.datasets.frozen import Frozen
from odds_pipeline.services.datasets.place import folder_of
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import dataset_files, datasets
from odds_pipeline.storage.datasets import Dataset
from odds_pipeline.storage.engine import transaction


def load(platform: Platform, named: str, *, locked: bool = False) -> Frozen:
    """A dataset's frames, once its files are proven to be as they were frozen.

    Args:
        platform: its database lists it, its home holds the files.
        named: name or snapshot id.
        locked: refuse one that could still be deleted.

    Raises:
        NotFound: there is none of that name.
        StorageError: its files were edited, or are missing.
        UsageError: it is not locked.
    """
    with transaction(platform.engine) as conn:
        dataset = datasets.find(conn, named)
    return loaded(platform, dataset, locked=locked)


def loaded(platform: Platform, dataset: Dataset, *, locked: bool = False) -> Frozen:
    """As ``load``, of a known row."""
    if locked and not dataset.is_locked:
        raise UsageError(
            f"dataset {dataset.snapshot_id} is not locked; `odds dataset lock "
            f"{dataset.snapshot_id}` first"
        )
    folder = folder_of(platform, dataset)
    edited = dataset_files.edited(folder, dataset.manifest_sha256)
    if edited:
        raise StorageError(told_edited(dataset, edited))
    frames = {
        name: dataset_files.frame_of(table) for name, table in dataset_files.read(folder).items()
    }
    scores = ["home_score", "away_score"]
    ended = frames["results"].astype(dict.fromkeys(scores, "float64") | {"void": "bool"})
    sports = frames["events"].set_index("event_id")["sport_key"]
    late = frames.get("arrivals")
    return Frozen(dataset, frames["offers"], ended, frames["closing_lines"], sports, late)


def told_edited(dataset: Dataset, files: Sequence[str]) -> str:
    """What is wrong with a dataset whose files were edited, in one line."""
    return (
        f"dataset {dataset.snapshot_id} is not as it was frozen: {', '.join(files)} edited or "
        f"missing; `odds dataset rebuild {dataset.snapshot_id}` makes it again"
    )
