"""Disks that are full: the spool's before a call and within one, the database's.

Belongs here: the classes. Does not belong here: mounting and filling (``small_disks``). Where
nothing can be mounted the case is skipped, with the reason.
"""

from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from odds_pipeline.errors import StorageError
from odds_pipeline.services.spool import LARGEST, Answer, Spool
from odds_pipeline_tests.faults.invariants import Finding, Kind
from odds_pipeline_tests.faults.matrix.block import Block
from odds_pipeline_tests.faults.small_disks import MIB, database_on_a_full_disk, tmpfs


def spool_full(block: Block, random: Random, number: int) -> list[Finding]:
    """In turn full before the call, and filled up while the provider answers."""
    fills_later = bool(number % 2)
    size = LARGEST // MIB + 2 if fills_later else random.randint(1, LARGEST // MIB - 1)
    with tmpfs(block.outside / "small", size) as small, block.opened() as platform:
        spool = _Filling(small) if fills_later else Spool(small)
        before = block.charged()
        block.strike()
        (slot,) = block.take(1)
        try:
            made = block.collect(replace(platform, spool=spool), slot)
        except StorageError as failure:
            made = False
            block.note(failure)
        left = sorted(path.name for path in small.iterdir() if path.suffix in (".part", ".answer"))
        paid = block.charged() - before
    (block.outside / "small").rmdir()
    if made is not fills_later or bool(paid) is not fills_later or left:
        words = f"with {size} MiB for the spool: made {made}, paid {paid:g}, left {left}"
        return [Finding(Kind.WRONG, words)]
    return []


def database_disk_full(block: Block, _: Random, __: int) -> list[Finding]:
    """The database's own disk, on a server of its own; it is enlarged and goes on."""
    with TemporaryDirectory(prefix="odds-") as home:
        block.strike()
        return database_on_a_full_disk(Path(home))


class _Filling(Spool):
    """A spool whose disk something else fills before the answer is written."""

    def write(self, answer: Answer) -> None:
        other = self._folder / "something else"
        with other.open("wb") as file:
            try:
                while True:
                    file.write(bytes(MIB))
                    file.flush()
            except OSError:
                pass  # full
        super().write(answer)
