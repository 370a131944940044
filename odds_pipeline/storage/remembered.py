"""Keeps what a batch learned for the next one.

Belongs here: when a ``Memory`` may be used again. Does not belong here: what is in it.

Numbers are only ever added, so one that was committed holds for as long as its database does.
What stands holds until anybody else writes or removes facts. What could make either wrong does
not get past here: a rolled back insert, since only what a commit followed is kept; another
database at the same address, since it is kept with the connection, which a database does not
outlive; a schema made anew, other writers and removed facts, since the stored facts must be as
this memory's last batch left them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.memory import Memory, locked_mark, recalled

# Selections: some 100 MB. Beyond it everything is forgotten and looked up anew.
LARGEST = 250_000


_committed: WeakKeyDictionary[Connection, Memory] = WeakKeyDictionary()


@contextmanager
def memory(engine: Engine) -> Iterator[tuple[Connection, Memory]]:
    """One transaction under the normaliser's lock, with what its connection committed before."""
    with transaction(engine) as conn:
        # Taken out: after any exception, the commit's included, it is gone.
        kept = _committed.pop(conn, None)
        held = recalled(kept, locked_mark(conn))
        yield conn, held
    if len(held.dims.selections) < LARGEST:
        _committed[conn] = held
