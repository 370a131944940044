"""The advisory locks of our database, each with one meaning.

All are taken for the length of a transaction, except where a function says otherwise.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

# Held from the moment a known time is drawn until its commit (also in the migrations' SQL).
KNOWN_TIME = 7201
# Held while pending documents are applied: one normaliser at a time, in known order.
NORMALISER = 7202
# 7203 guards the making of partitions, inside `ensure_month`. Attaching one of snapshots locks
# captures too, so only the normaliser does that; whoever stores raw makes those of raw alone.
# Held from a reservation's sum to its commit.
LEDGER = 7204
# Held with the key's number while a paid call is in flight (a session lock).
PROVIDER = 7205
# Held while moments are priced: one pricer at a time, in order of capture.
PRICER = 7206
# Held while a dataset is listed or deleted.
DATASETS = 7207
# Held with an experiment's number by the process that runs it (a session lock).
EXPERIMENT = 7208
# Held from a look at the trials of some data until the next one is among them.
TRIALS = 7209
# Held while alerts are sent: one sender at a time (a session lock, not waited for).
ALERT_SENDER = 7210

Connection = psycopg.Connection[Any]


def take(conn: Connection, lock: int) -> None:
    """Wait for the lock and hold it until the transaction ends."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", (lock,))


@contextmanager
def unless_held(conn: Connection, lock: int) -> Iterator[bool]:
    """Hold the lock for the block unless somebody else does: yields whether it is held here.

    The connection is outside any transaction; a lost one has lost the lock too.
    """
    row = conn.execute("SELECT pg_try_advisory_lock(%s)", (lock,)).fetchone()
    ours = row is not None and bool(row[0])
    try:
        yield ours
    finally:
        if ours:
            with suppress(psycopg.OperationalError):
                conn.execute("SELECT pg_advisory_unlock(%s)", (lock,))
