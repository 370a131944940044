"""Advisory locks between the processes of one machine.

A lock dies with its process, so a killed holder never blocks anybody.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from odds_pipeline.storage.embedded.layout import give_to_owner_of


class FileLock:
    """One ``flock`` on one file; two instances on the same file exclude each other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this instance holds the lock."""
        return self._descriptor is not None

    def share(self) -> None:
        """Take the lock shared, waiting for an exclusive holder to leave."""
        self._take(fcntl.LOCK_SH)

    def exclude(self) -> None:
        """Take the lock exclusively, waiting for all others to leave."""
        self._take(fcntl.LOCK_EX)

    def try_exclude(self) -> bool:
        """Take the lock exclusively if nobody holds it."""
        try:
            self._take(fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _take(self, operation: int) -> None:
        created = not self._path.exists()
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if created:
                give_to_owner_of(self._path.parent, self._path)
            fcntl.flock(descriptor, operation)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor


@contextmanager
def exclusively(path: Path) -> Iterator[None]:
    """Hold the lock on ``path`` exclusively for the length of the block."""
    lock = FileLock(path)
    lock.exclude()
    try:
        yield
    finally:
        lock.release()
