"""The list of frozen datasets.

Belongs here: rows of ``dataset_snapshots``. Does not belong here: the files they stand in
(``dataset_files``), freezing (``services.datasets``).

A dataset goes by its snapshot id, ``name@version``; the name alone means its newest version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from odds_pipeline.errors import NotFound, StorageError
from odds_pipeline.storage.locks import DATASETS, take

if TYPE_CHECKING:
    from datetime import datetime

Connection = psycopg.Connection[Any]

_SELECT = """
SELECT d.id, d.snapshot_id, d.name, d.version, d.league, d.week, d.config, d.model_version,
    d.known_by, d.content_hash, d.manifest_sha256, d.is_locked, d.locked_at, d.tags,
    d.description, d.metadata, d.created_at,
    (SELECT count(*) FROM experiments e WHERE e.dataset_id = d.id) AS experiments
FROM dataset_snapshots d
"""


@dataclass(frozen=True, slots=True)
class Dataset:
    """One frozen dataset; ``experiments`` counts those that ran on it."""

    id: int
    snapshot_id: str
    name: str
    version: int
    league: str | None
    week: str | None
    config: dict[str, Any]
    model_version: str | None
    known_by: "datetime"
    content_hash: str
    manifest_sha256: str
    is_locked: bool
    locked_at: "datetime | None"
    tags: list[str]
    description: str | None
    metadata: dict[str, Any]
    created_at: "datetime"
    experiments: int


def one_at_a_time(conn: Connection) -> None:
    """Wait until nobody else enters or deletes a dataset, and keep them out until the end."""
    take(conn, DATASETS)


def next_version(conn: Connection, name: str) -> int:
    """The version that the next dataset of that name gets."""
    row = conn.execute(
        "SELECT coalesce(max(version), 0) + 1 FROM dataset_snapshots WHERE name = %s", (name,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def enter(
    conn: Connection,
    *,
    name: str,
    version: int,
    league: str | None,
    week: str | None,
    config: Mapping[str, Any],
    model_version: str | None,
    known_by: "datetime",
    content_hash: str,
    manifest_sha256: str,
    tags: Sequence[str],
    description: str | None,
    metadata: Mapping[str, Any],
) -> int:
    """List a dataset; returns its number."""
    row = conn.execute(
        """INSERT INTO dataset_snapshots (snapshot_id, name, version, league, week, config,
            model_version, known_by, content_hash, manifest_sha256, tags, description, metadata)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
        (
            *(snapshot_id(name, version), name, version, league, week, Jsonb(dict(config))),
            *(model_version, known_by, content_hash, manifest_sha256, list(tags), description),
            Jsonb(dict(metadata)),
        ),
    ).fetchone()
    assert row is not None
    return int(row[0])


def snapshot_id(name: str, version: int) -> str:
    """What a version of a dataset goes by."""
    return f"{name}@{version}"


def find(conn: Connection, named: str) -> Dataset:
    """The dataset of a snapshot id, or the newest version of a name.

    Raises:
        NotFound: there is none.
    """
    found = _all(
        conn,
        _SELECT + "WHERE %(named)s IN (d.snapshot_id, d.name) ORDER BY d.version DESC LIMIT 1",
        {"named": named},
    )
    if not found:
        raise NotFound(f"no dataset {named!r}; `odds dataset list` shows those there are")
    return found[0]


def numbered(conn: Connection, number: int) -> Dataset:
    """The dataset of a number.

    Raises:
        NotFound: it was deleted.
    """
    found = _all(conn, _SELECT + "WHERE d.id = %(number)s", {"number": number})
    if not found:
        raise NotFound(f"dataset {number} was deleted")
    return found[0]


def every(conn: Connection, tag: str | None = None) -> list[Dataset]:
    """All datasets, newest first.

    Args:
        conn: a connection inside a transaction.
        tag: only those with it.
    """
    wanted = "WHERE %(tag)s::text IS NULL OR %(tag)s = ANY(d.tags) ORDER BY d.id DESC"
    return _all(conn, _SELECT + wanted, {"tag": tag})


def lock(conn: Connection, number: int) -> None:
    """Let it never change or go; locked twice is locked once."""
    conn.execute(
        """UPDATE dataset_snapshots SET is_locked = true, locked_at = clock_timestamp()
        WHERE id = %s AND NOT is_locked""",
        (number,),
    )


def delete(conn: Connection, number: int) -> None:
    """Take it off the list; experiments on it stay, with an empty link.

    Raises:
        StorageError: it is locked.
    """
    try:
        with conn.transaction():
            conn.execute("DELETE FROM dataset_snapshots WHERE id = %s", (number,))
    except psycopg.errors.RestrictViolation as locked:
        raise StorageError(f"{locked.diag.message_primary}: it cannot be deleted") from locked


def kept_ids(conn: Connection, events: Sequence[str], known_by: "datetime") -> dict[str, str]:
    """By id of an event merged into another by then: the id that both go by."""
    rows = conn.execute(
        """SELECT e.event_id, k.event_id FROM event_ids e
        JOIN merges_known(%s) m ON m.member_no = e.event_no
        JOIN event_ids k ON k.event_no = m.kept_no WHERE e.event_id = ANY(%s)""",
        (known_by, list(events)),
    )
    return dict(rows.fetchall())


def _all(conn: Connection, query: str, values: Mapping[str, object]) -> list[Dataset]:
    with conn.cursor(row_factory=class_row(Dataset)) as cursor:
        return cursor.execute(query, values).fetchall()
