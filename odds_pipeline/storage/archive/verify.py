"""Proves that a file holds a month's rows, before anything is dropped for it.

Belongs here: reading the file back and the database once more, and comparing. Does not belong
here: writing either.
"""

from hashlib import file_digest, sha256
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.errors import StorageError
from odds_pipeline.storage.archive.manifest import BODIES, Archive, Partition, Written
from odds_pipeline.storage.archive.row_hash import rows_hash, signed
from odds_pipeline.storage.archive.write import Draft, tables

if TYPE_CHECKING:
    import pyarrow as pa

Connection = psycopg.Connection[Any]


def verify(conn: Connection, partition: Partition, draft: Draft) -> None:
    """Compare the file with the hot partition and the older version, all read anew.

    Raises:
        StorageError: they differ; nothing may be dropped.
    """
    found = content(draft.written)
    rows, total = _stored(conn, partition)
    if draft.older is not None:
        older = content(draft.older)
        rows, total = rows + older[0], total + older[1]
    if found != (rows, signed(total)):
        raise StorageError(
            f"the archive {draft.written.path} does not hold what {partition.table} holds "
            f"({found[0]:,} rows against {rows:,}); nothing was dropped"
        )


def content(archive: Archive | Written) -> tuple[int, int]:
    """Rows and their hash as the file has them, which must be as its manifest says.

    Raises:
        StorageError: the file is not there, or not what was written.
    """
    import pyarrow.parquet as pq

    try:
        with archive.path.open("rb") as opened:
            whole = file_digest(opened, "sha256").digest() == bytes(archive.sha256)
    except FileNotFoundError as missing:
        raise StorageError(
            f"the archive {archive.path} is not there; put the file back"
        ) from missing
    if not whole:
        raise StorageError(f"the archive {archive.path} is damaged: its sha256 does not match")
    rows, total = 0, 0
    with pq.ParquetFile(archive.path, page_checksum_verification=True) as file:
        for place in range(file.metadata.num_row_groups):
            table = file.read_row_group(place)
            if archive.kind == BODIES:
                _require_bodies(table)
            rows += table.num_rows
            total += rows_hash(table)
    if (rows, signed(total)) != (archive.rows, archive.rows_hash):
        raise StorageError(f"the archive {archive.path} does not hold the rows its manifest names")
    return rows, signed(total)


def _require_bodies(table: "pa.Table") -> None:
    for raw_id, digest, body in zip(
        *(table[name].to_pylist() for name in ("raw_id", "sha256", "body")), strict=True
    ):
        if sha256(body).digest() != digest:
            raise StorageError(f"raw document {raw_id} is damaged in its archive")


def _stored(conn: Connection, partition: Partition) -> tuple[int, int]:
    rows, total = 0, 0
    for table in tables(conn, partition, None):
        rows += table.num_rows
        total += rows_hash(table)
    return rows, total
