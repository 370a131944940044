"""The spool: paid answers on disk, from the last byte until the database has them.

Belongs here: durable files, one an answer. Does not belong here: storing them (``calls``).
An answer is written to a temporary name, synced, renamed, and its folder synced, so a file under
its own name is whole.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import msgspec

from odds_pipeline.storage.ledger import Call
from odds_pipeline.storage.raw import RawRecord

ANSWERS = "*.answer"


class Answer(msgspec.Struct, frozen=True):
    """One answer with all that transaction 1 needs.

    Credits are the provider's: what the call cost (``None`` = not said), used and remaining.
    """

    record: RawRecord
    call: Call
    forecast: float
    credits: float | None
    used: float | None
    remaining: float | None


class Spool:
    """A folder of answers that are not stored yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, answer: Answer) -> None:
        """Put an answer on disk for good."""
        self._folder.mkdir(parents=True, exist_ok=True)
        place = self._path(answer.call.call_id)
        passing = place.with_suffix(".part")
        with passing.open("wb") as file:
            file.write(msgspec.msgpack.encode(answer))
            file.flush()
            os.fsync(file.fileno())
        passing.replace(place)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def remove(self, call_id: UUID) -> None:
        """Forget an answer that is stored."""
        self._path(call_id).unlink(missing_ok=True)

    def waiting(self) -> Iterator[Answer]:
        """Every answer on disk, oldest first, less those another process stores meanwhile."""
        waiting = []
        for path in self._folder.glob(ANSWERS):
            with suppress(FileNotFoundError):
                waiting.append((path.stat().st_mtime_ns, path.read_bytes()))
        for _, data in sorted(waiting):
            yield msgspec.msgpack.decode(data, type=Answer)

    def _path(self, call_id: UUID) -> Path:
        return self._folder / f"{call_id}.answer"
