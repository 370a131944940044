"""Freezes a dataset.

Belongs here: which version it becomes. Does not belong here: reading (``gather``), writing
(``place``).

A dataset is what was known by its ``known_by``, stated of markets and events by ``at``, the same
moment when it is frozen. Both stay with it, so that it can be made again; in another database the
same raw became known later, and a later ``known_by`` says so.
"""

import re
from datetime import datetime

from odds_pipeline.errors import UsageError
from odds_pipeline.services.datasets.gather import gathered
from odds_pipeline.services.datasets.place import Draft, put
from odds_pipeline.services.datasets.terms import Labels, Terms
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.selections import Progress
from odds_pipeline.storage import dataset_files, datasets, known_time
from odds_pipeline.storage.datasets import Dataset
from odds_pipeline.storage.engine import transaction

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def freeze(
    platform: Platform,
    name: str,
    terms: Terms,
    labels: Labels | None = None,
    known_by: datetime | None = None,
    progress: Progress | None = None,
) -> tuple[Dataset, bool]:
    """Freeze what was on offer at decisions, and how it ended, as the name's next version.

    Where the newest version was made by the same terms and holds the same values, there is nothing
    to freeze. Returns the dataset and whether it is new.

    Args:
        platform: its database is read and lists the dataset, its home holds the files.
        name: what it is to be called.
        terms: what is frozen.
        labels: what is said of it.
        known_by: only what was stored by then; all without.
        progress: called with how many events of how many have been read, sport by sport.

    Raises:
        UsageError: no name a dataset can have, or no sport.
        NotFound: no event, or nothing on offer.
        NotYetNormalised: ``known_by`` reaches documents that still wait.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be a dataset's name: small letters, digits, '.', '_' and '-', at "
            "most 64, a letter or digit first"
        )
    with transaction(platform.engine) as conn:
        known = known_time.resolve(conn, known_by)
    tables = gathered(platform, terms, known, known, progress)
    drafted = Draft(name, terms, known, known, labels or Labels(), tables)
    with transaction(platform.engine) as conn:
        datasets.one_at_a_time(conn)
        version = datasets.next_version(conn, name)
        newest = datasets.find(conn, name) if version > 1 else None
        if newest is not None and _same(newest, drafted):
            return newest, False
        return put(platform, conn, drafted, version), True


def _same(newest: Dataset, drafted: Draft) -> bool:
    """Whether the terms and the values are those of the newest version."""
    digest = dataset_files.content_hash(dataset_files.values_hashes(drafted.tables))
    terms = drafted.terms.as_json(drafted.at)
    return newest.config | {"at": terms["at"]} == terms and newest.content_hash == digest
