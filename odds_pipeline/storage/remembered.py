"""Keeps the numbers of keys and names from one transaction to the next.

Belongs here: when a ``Dimensions`` may be used again. Does not belong here: what is in it.

Numbers are only ever added, so one that was committed holds for as long as its database does. Two
things could make a remembered number wrong, and neither gets past here: a rolled back insert,
since only what a commit followed is kept; and another database at the same address, since it is
kept with the connection, which a database does not outlive.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from odds_pipeline.storage.dimensions import Dimensions
from odds_pipeline.storage.engine import Connection, transaction

# Selections: some 100 MB. Beyond it everything is forgotten and looked up anew.
LARGEST = 250_000

_committed: WeakKeyDictionary[Connection, Dimensions] = WeakKeyDictionary()


@contextmanager
def dimensions(engine: Engine) -> Iterator[tuple[Connection, Dimensions]]:
    """One transaction as ``engine.transaction``, with what its connection committed before."""
    with transaction(engine) as conn:
        # Taken out: after any exception, the commit's included, it is gone.
        dims = _committed.pop(conn, None) or Dimensions()
        yield conn, dims
    if len(dims.selections) < LARGEST:
        _committed[conn] = dims
