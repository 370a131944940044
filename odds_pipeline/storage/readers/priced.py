"""What was on offer, wherever it stands: out of files, out of tables, or some out of each.

Belongs here: which questions go where, and one answer of both. Does not belong here: the reading
itself (``states``, ``archived``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.archive import needed
from odds_pipeline.storage.readers.archived.offered import offered
from odds_pipeline.storage.readers.states import (
    Asked,
    Filters,
    Snapshots,
    States,
    read_states,
)

if TYPE_CHECKING:
    from odds_pipeline.storage.columns import Array

Connection = psycopg.Connection[Any]


def priced_states(
    conn: Connection,
    asked: Sequence[Asked],
    known_by: datetime,
    filters: Filters,
    *,
    archived: bool,
    kept_plan: bool = False,
) -> States:
    """The states of the asked events' series that had a price, by question and name.

    Args:
        conn: a connection inside a transaction.
        asked: the questions; captures are left out of none of them.
        known_by: nothing that became known after it is used.
        filters: which series.
        archived: whether any facts are archived (``moments.opened``).
        kept_plan: as for ``read_states``.

    Raises:
        StorageError: an archive's file is missing or damaged.
    """
    numbers: Mapping[str, int] = {}
    if archived and asked:
        latest = max(one.at for one in asked)
        numbers = needed.among(conn, {one.event for one in asked}, latest)
    filed = [place for place, one in enumerate(asked) if one.event in numbers]
    others = [place for place, one in enumerate(asked) if one.event not in numbers]
    if not filed:
        return read_states(conn, asked, known_by, filters, priced_only=True, kept_plan=kept_plan)
    older = offered(conn, [asked[place] for place in filed], numbers, known_by, filters)
    if not others:
        return older
    questions = [asked[place] for place in others]
    newer = read_states(conn, questions, known_by, filters, priced_only=True)
    return _united(conn, (older, filed), (newer, others))


def _united(conn: Connection, *parts: tuple[States, Sequence[int]]) -> States:
    """Both answers in the order of all questions; each part knows its own questions' places."""
    import numpy as np

    snapshots = Snapshots(
        np.concatenate([np.array(places)[one.snapshots.question] for one, places in parts]),
        *(
            np.concatenate([getattr(one.snapshots, field.name) for one, _ in parts])
            for field in fields(Snapshots)[1:]
        ),
    )
    names = parts[-1][0].names
    columns = {
        field.name: np.concatenate([getattr(one, field.name) for one, _ in parts])
        for field in fields(States)[2:]
    }
    before = len(parts[0][0].snapshots.question)
    columns["snapshot"][len(parts[0][0].snapshot) :] += before
    columns["name"] = names.places(conn, columns["selection_id"])
    order: Array = np.argsort(snapshots.question[columns["snapshot"]], kind="stable")
    return States(snapshots, names, **{name: column[order] for name, column in columns.items()})
