"""Raw bodies in archives: many of a kind compressed together, each still byte for byte.

Belongs here: their columns, grouping, reading single ones back. Does not belong here: what else is
known of a document (``raw_responses``, which stays in PostgreSQL).

Answers of one endpoint and sport differ little from one to the next. They stand side by side in
row groups that zstd compresses as one.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import zstandard
from psycopg import sql

from odds_pipeline.errors import StorageError
from odds_pipeline.storage.archive.manifest import BODIES, Archive, all_current

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

Connection = psycopg.Connection[Any]

GROUP = 64
# Bytes of a group: beyond them nothing is gained, and a reader takes in a whole group.
LARGEST_GROUP = 32 << 20


class Body(NamedTuple):
    """A body's place among its like."""

    endpoint: str
    sport: str
    known_time: datetime
    raw_id: int
    size: int
    archived: bool


def schema() -> "pa.Schema":
    """Arrow types of archived bodies."""
    import pyarrow as pa

    return pa.schema(
        [
            ("raw_id", pa.int64()),
            ("known_time", pa.timestamp("us", "UTC")),
            ("endpoint", pa.string()),
            ("sport", pa.string()),
            ("sha256", pa.binary(32)),
            ("body", pa.large_binary()),
        ]
    )


def groups(conn: Connection, table: str | None, older: Archive | None) -> Iterator[list[Body]]:
    """Every body of a month, hot or archived before, in groups of a kind."""
    found = [] if table is None else _listed(conn, table)
    if older is not None:
        found += _archived(conn, older)
    group: list[Body] = []
    for body in sorted(found):
        full = len(group) == GROUP or sum(b.size for b in group) + body.size > LARGEST_GROUP
        if group and (full or group[0][:2] != body[:2]):
            yield group
            group = []
        group.append(body)
    if group:
        yield group


_PLACE = """SELECT r.endpoint, coalesce(r.request ->> 'sport', ''), r.known_time, r.raw_id,
r.body_size FROM raw_responses r"""


def _listed(conn: Connection, table: str) -> list[Body]:
    rows = conn.execute(
        sql.SQL(_PLACE + " JOIN {} b USING (raw_id)").format(sql.Identifier("public", table))
    )
    return [Body._make((*row, False)) for row in rows]


def _archived(conn: Connection, archive: Archive) -> list[Body]:
    import pyarrow.parquet as pq

    numbers = pq.read_table(archive.path, columns=["raw_id"])["raw_id"].to_pylist()
    rows = conn.execute(_PLACE + " WHERE raw_id = ANY(%s)", (numbers,))
    return [Body._make((*row, True)) for row in rows]


def table_of(conn: Connection, group: Sequence[Body], older: Archive | None) -> "pa.Table":
    """A group with its bytes, each checked against its sha256.

    Raises:
        StorageError: a body is damaged.
    """
    import pyarrow as pa

    hot = [body.raw_id for body in group if not body.archived]
    contents = _hot(conn, hot)
    if older is not None:
        cold = [body.raw_id for body in group if body.archived]
        contents |= read_file(older.path, cold)
    digests = _digests(conn, [body.raw_id for body in group])
    for raw_id, content in contents.items():
        if sha256(content).digest() != digests[raw_id]:
            raise StorageError(
                f"raw document {raw_id} is damaged: its sha256 does not match; its month stays"
            )
    rows = [
        (b.raw_id, b.known_time, b.endpoint, b.sport, digests[b.raw_id], contents[b.raw_id])
        for b in group
    ]
    shape = schema()
    return pa.table(
        [pa.array(c, f.type) for f, c in zip(shape, zip(*rows, strict=True), strict=True)],
        schema=shape,
    )


def _hot(conn: Connection, raw_ids: Sequence[int]) -> dict[int, bytes]:
    rows = conn.execute(
        "SELECT raw_id, body FROM raw_bodies WHERE raw_id = ANY(%s)", (list(raw_ids),), binary=True
    )
    unpack = zstandard.ZstdDecompressor().decompress
    return {raw_id: unpack(body) for raw_id, body in rows.fetchall()}


def _digests(conn: Connection, raw_ids: Sequence[int]) -> dict[int, bytes]:
    rows = conn.execute(
        "SELECT raw_id, sha256 FROM raw_responses WHERE raw_id = ANY(%s)", (list(raw_ids),)
    )
    return {raw_id: bytes(digest) for raw_id, digest in rows}


def archived(conn: Connection, raw_ids: Sequence[int]) -> dict[int, bytes]:
    """The bytes of archived documents; those that are in no archive are left out."""
    found: dict[int, bytes] = {}
    if not raw_ids:
        return found
    known = dict(
        conn.execute(
            "SELECT raw_id, known_time FROM raw_responses WHERE raw_id = ANY(%s)", (list(raw_ids),)
        ).fetchall()
    )
    months = {(moment.year, moment.month) for moment in known.values()}
    for archive in all_current(conn):
        if archive.kind == BODIES and (archive.month.year, archive.month.month) in months:
            found |= read_file(archive.path, [n for n in known if n not in found])
    return found


def read_file(path: "Path", raw_ids: Sequence[int]) -> dict[int, bytes]:
    """The bodies of these documents, as far as the file has them.

    Raises:
        StorageError: the file is not there.
    """
    import pyarrow.parquet as pq

    wanted = set(raw_ids)
    found: dict[int, bytes] = {}
    if not wanted:
        return found
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
    except FileNotFoundError as missing:
        raise StorageError(f"the archive {path} is not there; put the file back") from missing
    with file:
        for place in range(file.metadata.num_row_groups):
            span = file.metadata.row_group(place).column(0).statistics
            if not any(span.min <= number <= span.max for number in wanted):
                continue
            numbers = file.read_row_group(place, ["raw_id"])["raw_id"].to_pylist()
            if wanted.isdisjoint(numbers):
                continue
            contents = file.read_row_group(place, ["body"])["body"]
            found |= {n: contents[row].as_py() for row, n in enumerate(numbers) if n in wanted}
    return found
