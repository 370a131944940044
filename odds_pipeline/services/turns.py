"""Paid calls of a key take turns, over threads, processes and machines.

Belongs here: waiting for the turn. Does not belong here: what is done in it (``calls``).

On one machine a file lock decides, which a lost database does not free and whose waiters hold no
connection; among machines an advisory lock does. Should that be lost in mid-call, two answers may
be settled in the wrong order, which ``ledger.settle`` mends.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from zlib import crc32

import psycopg

from odds_pipeline.errors import StorageError
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import locks
from odds_pipeline.storage.engine import Connection, session


@contextmanager
def turn(platform: Platform) -> Iterator[None]:
    """One block at a time for each key.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
        StorageError: another machine has the turn for longer than a lock is waited for.
    """
    key = crc32(platform.key_fingerprint.encode()) - 2**31
    with platform.spool.turn(platform.key_fingerprint), session(platform.engine) as conn:
        _lock(conn, key)
        try:
            yield
        finally:
            with suppress(psycopg.OperationalError):  # a lost connection has lost the lock too
                conn.execute("SELECT pg_advisory_unlock(%s, %s)", (locks.PROVIDER, key))


def _lock(conn: Connection, key: int) -> None:
    try:
        conn.execute("SELECT pg_advisory_lock(%s, %s)", (locks.PROVIDER, key))
        return
    except psycopg.errors.LockNotAvailable:
        pass
    raise StorageError(
        "a call of another machine with this key does not end; nothing was called; try again later"
    )
