"""The moment at which a verified file takes the place of a partition.

Belongs here: listing the file and dropping the partition, in one short transaction. Does not
belong here: trying again (``services.archive``).

Detaching needs the parent's table for itself: whoever reads or writes it holds it for the length
of a transaction, and a reader that has looked at the list of archives still finds every row it
promised. So it waits a moment only, gives up, and is tried again.
"""

from typing import Any

import psycopg
from psycopg import sql

from odds_pipeline.storage import locks
from odds_pipeline.storage.archive.manifest import BODIES, Partition, enter
from odds_pipeline.storage.archive.write import Draft, fingerprint

Connection = psycopg.Connection[Any]
PATIENCE_MS = 200


def switch(conn: Connection, partition: Partition, draft: Draft) -> bool:
    """List the draft and drop its partition; False if the partition changed meanwhile.

    Raises:
        psycopg.errors.LockNotAvailable: the table is in use; nothing is done.
    """
    conn.execute("SET LOCAL statement_timeout = 0")
    if partition.kind != BODIES:
        locks.take(conn, locks.NORMALISER)
    if fingerprint(conn, partition) != draft.stood:
        return False
    enter(conn, draft.written, draft.events)
    drop(conn, partition)
    return True


def drop_empty(conn: Connection, partition: Partition) -> None:
    """Drop a partition if it holds nothing: late data that changed nothing leaves such ones.

    Raises:
        psycopg.errors.LockNotAvailable: the table is in use; nothing is done.
    """
    if partition.kind != BODIES:
        locks.take(conn, locks.NORMALISER)
    if fingerprint(conn, partition) == (0, 0):
        drop(conn, partition)


def drop(conn: Connection, partition: Partition) -> None:
    """Drop a partition whose rows are not needed here any more.

    Raises:
        psycopg.errors.LockNotAvailable: the table is in use; nothing is done.
    """
    conn.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(PATIENCE_MS))
    parent, table = (sql.Identifier("public", name) for name in (partition.kind, partition.table))
    conn.execute(sql.SQL("ALTER TABLE {} DETACH PARTITION {}").format(parent, table))
    conn.execute(sql.SQL("DROP TABLE {}").format(table))
