"""Keeps what a batch learned for the next one.

Belongs here: when a ``Memory`` may be used again. Does not belong here: what is in it.

Numbers are only ever added, so one that was committed holds for as long as its database does.
What stands holds until anybody else writes or removes facts. What could make either wrong does
not get past here: a rolled back insert, since only what a commit followed is kept; another
database at the same address, since it is kept with the connection, which a database does not
outlive; a schema made anew, other writers and removed facts, since the stored facts must be as
this memory's last batch left them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.memory import Memory, ask_locked_mark, locked_mark, recalled

# Selections: some 100 MB. Beyond it everything is forgotten and looked up anew.
LARGEST = 250_000

T = TypeVar("T")

_committed: WeakKeyDictionary[Connection, Memory] = WeakKeyDictionary()


def nothing(_: Connection) -> None:
    """Ask nothing along with the lock."""


@contextmanager
def memory(
    engine: Engine, ask: Callable[[Connection], T]
) -> Iterator[tuple[Connection, Memory, T]]:
    """One transaction under the normaliser's lock, with what its connection committed before.

    Args:
        engine: our database.
        ask: puts the caller's first question under the lock, in the round trip that takes it.
    """
    with transaction(engine) as conn:
        # Taken out: after any exception, the commit's included, it is gone.
        kept = _committed.pop(conn, None)
        with conn.pipeline():
            mark = ask_locked_mark(conn)
            asked = ask(conn)
        held = recalled(kept, locked_mark(mark))
        yield conn, held, asked
    if len(held.dims.selections) < LARGEST:
        _committed[conn] = held
