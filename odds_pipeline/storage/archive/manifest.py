"""The list of archives: which file holds which month, in which version.

Belongs here: rows of ``archives``, the JSON that stands beside each file, names and months. Does
not belong here: what is in the files (``facts``, ``bodies``).
"""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg import sql

Connection = psycopg.Connection[Any]

QUOTES, SNAPSHOTS, BODIES = "quotes", "snapshots", "raw_bodies"
KINDS = (QUOTES, SNAPSHOTS, BODIES)


class Archive(NamedTuple):
    """One file that holds one month of one kind of rows."""

    archive_id: int
    kind: str
    month: date
    version: int
    path: Path
    rows: int
    rows_hash: int
    sha256: bytes


class Written(NamedTuple):
    """What stands in a new file; hashes do not depend on the rows' order."""

    kind: str
    month: date
    version: int
    path: Path
    rows: int
    rows_hash: int
    size: int
    sha256: bytes
    min_capture: datetime | None
    max_capture: datetime | None
    min_known: datetime
    max_known: datetime


class Partition(NamedTuple):
    """One month's table of one kind."""

    kind: str
    month: date

    @property
    def table(self) -> str:
        """Its name."""
        return f"{self.kind}_{self.month:%Y_%m}"

    @property
    def start(self) -> datetime:
        """First moment, UTC."""
        return datetime(self.month.year, self.month.month, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """First moment after it, UTC."""
        return next_month(self.start)


def next_month(moment: datetime) -> datetime:
    """Start of the month after the one of ``moment``, UTC."""
    year, month = divmod(moment.year * 12 + moment.month, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


def current(conn: Connection, partition: Partition) -> Archive | None:
    """The archive that holds the month, if there is one."""
    where = "kind = %s AND month = %s AND superseded_at IS NULL"
    found = _archives(conn, where, tuple(partition))
    return found[0] if found else None


def all_current(conn: Connection) -> list[Archive]:
    """Every archive that counts, oldest month first."""
    return _archives(conn, "superseded_at IS NULL", ())


def superseded(conn: Connection) -> list[Archive]:
    """Archives whose rows stand in a newer version."""
    return _archives(conn, "superseded_at IS NOT NULL", ())


def next_version(conn: Connection, partition: Partition) -> int:
    """The number of the next file of the month."""
    row = conn.execute(
        "SELECT coalesce(max(version), 0) + 1 FROM public.archives WHERE kind = %s AND month = %s",
        partition,
    ).fetchone()
    assert row is not None
    return int(row[0])


def _archives(conn: Connection, where: LiteralString, values: tuple[Any, ...]) -> list[Archive]:
    rows = conn.execute(
        sql.SQL(
            "SELECT archive_id, kind, month, version, path, rows, rows_hash, sha256 "
            "FROM public.archives WHERE {} ORDER BY month, kind, version"
        ).format(sql.SQL(where)),
        values,
    )
    return [Archive._make((*row[:4], Path(row[4]), *row[5:])) for row in rows]


def relocate(conn: Connection, folder: Path) -> tuple[int, list[Path]]:
    """Look for every archive below ``folder``, where a moved or restored home keeps them.

    Returns:
        How many paths were set anew, and the paths at which nothing stands.
    """
    moved, missing = 0, []
    for archive in all_current(conn):
        path = folder / archive.kind / archive.path.name
        if not path.is_file():
            missing.append(path)
        elif path != archive.path:
            conn.execute(
                "UPDATE public.archives SET path = %s WHERE archive_id = %s",
                (str(path), archive.archive_id),
            )
            moved += 1
    return moved, missing


def partitions(conn: Connection) -> list[Partition]:
    """Every monthly table there is, oldest first."""
    rows = conn.execute(
        """SELECT p.relname, right(c.relname, 7) FROM pg_inherits
        JOIN pg_class c ON c.oid = inhrelid JOIN pg_class p ON p.oid = inhparent
        WHERE inhparent IN ('public.quotes'::regclass, 'public.snapshots'::regclass,
            'public.raw_bodies'::regclass)
        ORDER BY 2, 1"""
    )
    return [
        Partition(kind, date(int(month[:4]), int(month[5:]), 1)) for kind, month in rows.fetchall()
    ]


def file_of(folder: Path, partition: Partition, version: int) -> Path:
    """Where a version of a month is kept."""
    return folder / partition.kind / f"{partition.table}.v{version}.parquet"


def manifest_of(path: Path) -> Path:
    """The JSON beside an archive."""
    return path.with_suffix(".json")


def manifest_text(written: Written) -> str:
    """What the JSON beside an archive says: enough to check the file without a database."""
    said = written._asdict() | {
        "month": f"{written.month:%Y-%m}",
        "path": written.path.name,
        "sha256": written.sha256.hex(),
    }
    return json.dumps(said, default=lambda moment: moment.isoformat(), indent=2) + "\n"


def enter(conn: Connection, written: Written, events: Iterable[tuple[Any, ...]]) -> int:
    """List a new archive in place of the month's older version; returns its number.

    Args:
        conn: a connection inside a transaction.
        written: the file.
        events: (event, rows, earliest and latest start its snapshots state) of each event.
    """
    conn.execute(
        """WITH older AS (
            UPDATE archives SET superseded_at = clock_timestamp()
            WHERE kind = %s AND month = %s AND superseded_at IS NULL RETURNING archive_id
        )
        DELETE FROM archived_events WHERE archive_id IN (SELECT archive_id FROM older)""",
        (written.kind, written.month),
    )
    row = conn.execute(
        """INSERT INTO archives (kind, month, version, path, rows, rows_hash, bytes, sha256,
            min_capture, max_capture, min_known, max_known)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING archive_id""",
        [str(value) if isinstance(value, Path) else value for value in written],
    ).fetchone()
    assert row is not None
    number = int(row[0])
    with (
        conn.cursor() as cursor,
        cursor.copy(
            "COPY archived_events (archive_id, event_no, rows, min_commence, max_commence) "
            "FROM STDIN"
        ) as copy,
    ):
        for event in events:
            copy.write_row((number, *event))
    return number
