"""Writes a month's archive: what is archived already and what is hot, in one new file.

Belongs here: the file's bytes on the disk, under a name that nothing refers to yet. Does not
belong here: proving that it is right (``verify``), giving it the month (``switch``).

A crash leaves a file that the next attempt writes anew.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from odds_pipeline.errors import StorageError
from odds_pipeline.storage.archive import bodies, facts
from odds_pipeline.storage.archive.manifest import (
    BODIES,
    SNAPSHOTS,
    Archive,
    Partition,
    Written,
    current,
    file_of,
    manifest_of,
    manifest_text,
    next_version,
)
from odds_pipeline.storage.archive.row_hash import rows_hash, signed

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc

Connection = psycopg.Connection[Any]

LEVEL = 9
# Rows that are held in memory at once, and rows a reader of one event takes in.
CHUNK = 400_000
ROW_GROUP = 64_000

# (event, rows, earliest and latest start that snapshots state)
Event = tuple[int, int, datetime | None, datetime | None]


@dataclass(frozen=True, slots=True)
class Draft:
    """A file that may take a partition's place as long as the partition stays as it was.

    ``stood`` is the partition's fingerprint when it was read.
    """

    written: Written
    older: Archive | None
    stood: tuple[int, int]
    events: list[Event]


def fingerprint(conn: Connection, partition: Partition) -> tuple[int, int]:
    """A partition's rows in two numbers: how many, and a sum over their contents.

    Bodies are immutable: their numbers say it all.
    """
    what = "raw_id" if partition.kind == BODIES else "hash_record_extended(t, 0)"
    row = conn.execute(
        sql.SQL("SELECT count(*), coalesce(sum({}), 0)::numeric FROM {} t").format(
            sql.SQL(what), sql.Identifier("public", partition.table)
        )
    ).fetchone()
    assert row is not None
    return row[0], int(row[1])


def write(conn: Connection, partition: Partition, folder: Path) -> Draft:
    """Write the month's next version; ``conn`` must see one unchanging state.

    Raises:
        StorageError: what is stored cannot be archived as it is.
    """
    import pyarrow.parquet as pq

    older = current(conn, partition)
    stood = fingerprint(conn, partition)
    version = next_version(conn, partition)
    path = file_of(folder, partition, version)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _temporary(path)
    tally = _Tally()
    shape = bodies.schema() if partition.kind == BODIES else facts.schema(partition.kind)
    with draft.open("wb") as file:
        with pq.ParquetWriter(file, shape, **_options(partition.kind)) as writer:
            for table in tables(conn, partition, older):
                tally.add(partition.kind, table)
                rows = table.num_rows if partition.kind == BODIES else ROW_GROUP
                writer.write_table(table, row_group_size=rows)
        file.flush()
        os.fsync(file.fileno())
    written = tally.written(partition, version, path, draft)
    _publish(draft, path)
    note = _temporary(manifest_of(path))
    with note.open("w", encoding="utf-8") as text:
        text.write(manifest_text(written))
        text.flush()
        os.fsync(text.fileno())
    _publish(note, manifest_of(path))
    return Draft(written, older, stood, tally.events)


def _options(kind: str) -> dict[str, Any]:
    shared = {
        "compression": "zstd",
        "compression_level": LEVEL,
        "write_page_checksum": True,
        "version": "2.6",
    }
    if kind == BODIES:
        return shared | {
            "use_dictionary": ["endpoint", "sport"],
            "data_page_size": bodies.LARGEST_GROUP * 4,
            "write_statistics": ["raw_id", "known_time"],
        }
    return shared | {"use_dictionary": ["price", "point", "state", "scope_id", "layout_id"]}


def tables(conn: Connection, partition: Partition, older: Archive | None) -> Iterator["pa.Table"]:
    """The month's rows, hot and archived before, in the file's order, a part at a time."""
    if partition.kind == BODIES:
        for group in bodies.groups(conn, partition.table, older):
            yield bodies.table_of(conn, group, older)
        return
    for first, last in _spans(conn, partition, older):
        yield _merged(conn, partition, older, first, last)


def _spans(
    conn: Connection, partition: Partition, older: Archive | None
) -> Iterator[tuple[int, int]]:
    """Event numbers in spans of about a chunk's rows."""
    rows = conn.execute(
        sql.SQL(
            """SELECT event_no, sum(rows)::bigint FROM (
                SELECT event_no, count(*) AS rows FROM {} GROUP BY event_no
                UNION ALL SELECT event_no, rows FROM archived_events WHERE archive_id = %s
            ) u GROUP BY event_no ORDER BY event_no"""
        ).format(sql.Identifier("public", partition.table)),
        (None if older is None else older.archive_id,),
    ).fetchall()
    first, held = None, 0
    for place, (event_no, count) in enumerate(rows):
        first = event_no if first is None else first
        held += count
        if held >= CHUNK or place == len(rows) - 1:
            yield first, event_no
            first, held = None, 0


def _merged(
    conn: Connection, partition: Partition, older: Archive | None, first: int, last: int
) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = [facts.stored(conn, partition.kind, partition.table, first, last)]
    if older is not None:
        parts.append(
            read_facts(
                older.path,
                partition.kind,
                (pc.field("event_no") >= first) & (pc.field("event_no") <= last),
            )
        )
    order = facts.ORDER[partition.kind]
    merged = pa.concat_tables(parts).sort_by([(name, "ascending") for name in order])
    _require_unique(merged, partition)
    return merged


def _require_unique(table: "pa.Table", partition: Partition) -> None:
    """Refuse a row that is hot and archived at once.

    Raises:
        StorageError: there is one.
    """
    import numpy as np

    if table.num_rows < 2:
        return
    same = np.ones(table.num_rows - 1, dtype=bool)
    for name in facts.ORDER[partition.kind]:
        values = table[name].to_numpy()
        same &= values[1:] == values[:-1]
    if same.any():
        raise StorageError(f"{partition.table} repeats rows that are archived; it was left alone")


def read_facts(path: Path, kind: str, wanted: "pc.Expression | None" = None) -> "pa.Table":
    """Rows of an archive of quotes or snapshots.

    Raises:
        StorageError: the file is not there.
    """
    import pyarrow.parquet as pq

    try:
        return pq.read_table(
            path,
            filters=wanted,
            schema=facts.schema(kind),
            page_checksum_verification=True,
        )
    except FileNotFoundError as missing:
        raise StorageError(f"the archive {path} is not there; put the file back") from missing


class _Tally:
    """What a manifest says of the tables that go by."""

    def __init__(self) -> None:
        self.rows = 0
        self.hash = 0
        self.events: list[Event] = []
        self.captures: list[datetime] = []
        self.knowns: list[datetime] = []

    def add(self, kind: str, table: "pa.Table") -> None:
        import pyarrow.compute as pc

        self.rows += table.num_rows
        self.hash += rows_hash(table)
        known = pc.min_max(table["known_time"]).as_py()
        self.knowns += [known["min"], known["max"]]
        if kind == BODIES:
            return
        captured = pc.min_max(table["capture_time"]).as_py()
        self.captures += [captured["min"], captured["max"]]
        starts = kind == SNAPSHOTS
        found = table.group_by("event_no").aggregate(
            [([], "count_all")]
            + ([("commence_time", "min"), ("commence_time", "max")] if starts else [])
        )
        for row in found.to_pylist():
            self.events.append(
                (
                    row["event_no"],
                    row["count_all"],
                    row.get("commence_time_min"),
                    row.get("commence_time_max"),
                )
            )

    def written(self, partition: Partition, version: int, path: Path, draft: Path) -> Written:
        with draft.open("rb") as file:
            digest = file_digest(file, "sha256").digest()
        return Written(
            partition.kind,
            partition.month,
            version,
            path,
            self.rows,
            signed(self.hash),
            draft.stat().st_size,
            digest,
            min(self.captures, default=None),
            max(self.captures, default=None),
            min(self.knowns),
            max(self.knowns),
        )


def _temporary(path: Path) -> Path:
    return path.with_name(path.name + ".tmp")


def _publish(draft: Path, path: Path) -> None:
    """Give a file its name, so that it has it after a power cut too."""
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def remove(path: Path) -> None:
    """Delete an archive's file and its manifest, if they are there."""
    path.unlink(missing_ok=True)
    manifest_of(path).unlink(missing_ok=True)
