"""The spool: calls in flight and paid answers on disk, until the database has them.

Belongs here: durable files, one a call. Does not belong here: storing them (``answers``).

A call in flight holds the lock of its ``<call>.part`` file, whose name is on disk for good, and in
which room for the largest answer is reserved, before anything is paid. The lock dies with its
process, so a part whose lock is free names a call that died. An answer is written into the part
behind its digest and synced, which is the one sync between its last byte and the database. Then it
is renamed to ``<call>.answer``; where a power cut undoes that, the part's digest says that it is
whole.

Units: bytes.
"""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from operator import itemgetter
from pathlib import Path
from uuid import UUID

import msgspec

from odds_pipeline.crash_points import Point, reached
from odds_pipeline.errors import StorageError
from odds_pipeline.storage.embedded.locks import exclusively
from odds_pipeline.storage.ledger import Call
from odds_pipeline.storage.raw import RawRecord

# The client refuses bodies beyond 32 MiB; the rest is headers and names.
LARGEST = 33 * 2**20
ANSWERS = "*.answer"


class Answer(msgspec.Struct, frozen=True):
    """One answer with all that transaction 1 needs.

    Credits are the provider's: what the call cost (``None`` = not said), used and remaining.
    ``after`` is the call whose answer made the slot already, when several calls share one.
    """

    record: RawRecord
    call: Call
    forecast: float
    credits: float | None
    used: float | None
    remaining: float | None
    after: UUID | None = None


class Spool:
    """A folder of calls in flight and of answers that are not stored yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def hold(self, call_id: UUID) -> Iterator[None]:
        """Show that a call is in flight for the length of the block, or until the process dies.

        Raises:
            StorageError: the folder cannot be written.
        """
        reason = ""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = _locked(self._part(call_id))
            _sync(self._folder)
        except OSError as refused:
            reason = refused.strerror or type(refused).__name__
        if reason:
            raise StorageError(f"the spool {self._folder} cannot be written ({reason})")
        try:
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def turn(self, key_fingerprint: str) -> Iterator[None]:
        """One block at a time for each key, over all processes that share this folder."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with exclusively(self._folder / f"{key_fingerprint}.turn"):
            yield

    def reserve(self, call_id: UUID) -> None:
        """Make sure that the largest answer will find room.

        Raises:
            StorageError: it would not; nothing should be paid.
        """
        try:
            with self._part(call_id).open("r+b") as file:
                if sys.platform == "linux":
                    os.posix_fallocate(file.fileno(), 0, LARGEST)
            return
        except OSError as full:
            reason = full.strerror
        raise StorageError(
            f"the spool {self._folder} has no room for an answer ({LARGEST >> 20} MiB: {reason}); "
            "nothing was called; free some space there, or set ODDS_HOME"
        )

    def write(self, answer: Answer) -> None:
        """Put an answer on disk for good.

        Raises:
            OSError: the disk refuses.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._part(answer.call.call_id)
        held = part.exists()
        with part.open("r+b" if held else "wb") as file:
            content = msgspec.msgpack.encode(answer)
            file.write(sha256(content).digest())
            file.write(content)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        if not held:
            _sync(self._folder)
        reached(Point.SPOOL_WRITTEN)
        part.replace(self._path(answer.call.call_id))

    def remove(self, call_id: UUID) -> None:
        """Forget a call that has ended, with its answer."""
        self._part(call_id).unlink(missing_ok=True)
        self._path(call_id).unlink(missing_ok=True)

    def waiting(self) -> Iterator[Answer]:
        """Every answer on disk, oldest first, less those another process stores meanwhile.

        A file that is none is set aside as ``<call>.unreadable``.
        """
        for part in self._parts_of_the_dead():
            if _read(part) is not None:
                part.replace(part.with_suffix(".answer"))
        waiting = []
        for path in self._folder.glob(ANSWERS):
            with suppress(FileNotFoundError):
                waiting.append((path.stat().st_mtime_ns, path, _read(path)))
        for _, path, answer in sorted(waiting, key=itemgetter(0, 1)):
            if answer is None:
                with suppress(FileNotFoundError):
                    path.replace(path.with_suffix(".unreadable"))
            else:
                yield answer

    def abandoned(self) -> Iterator[UUID]:
        """Calls that died before their answer was on disk; each is held while it is looked at.

        A part that is a whole answer is left to ``waiting``.
        """
        for part in self._parts_of_the_dead():
            if _read(part) is None:
                yield UUID(part.stem)

    def _parts_of_the_dead(self) -> Iterator[Path]:
        for path in self._folder.glob("*.part"):
            with suppress(FileNotFoundError, BlockingIOError, ValueError):
                UUID(path.stem)
                descriptor = os.open(path, os.O_RDWR)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if _stands_at(descriptor, path):
                        yield path
                finally:
                    os.close(descriptor)

    def _part(self, call_id: UUID) -> Path:
        return self._folder / f"{call_id}.part"

    def _path(self, call_id: UUID) -> Path:
        return self._folder / f"{call_id}.answer"


def _locked(path: Path) -> int:
    """A descriptor of the file that stands at ``path``, locked."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if _stands_at(descriptor, path):
            return descriptor
        os.close(descriptor)  # removed by one who took it for abandoned before it was locked


def _stands_at(descriptor: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False


def _read(path: Path) -> Answer | None:
    """The answer in a file; ``None`` if there is no whole one."""
    with path.open("rb") as file:
        digest = file.read(sha256().digest_size)
        if not any(digest):  # empty, or room reserved and nothing written
            return None
        content = file.read()
    if sha256(content).digest() != digest:
        return None
    try:
        return msgspec.msgpack.decode(content, type=Answer)
    except msgspec.MsgspecError:
        return None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
