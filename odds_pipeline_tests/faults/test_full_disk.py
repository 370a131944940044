"""The disk is full: nothing is paid that could not be kept, and what was told stays."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from odds_pipeline.errors import StorageError
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.spool import LARGEST, Answer, Spool
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.sources.the_odds_api.transport import Limits
from odds_pipeline_tests.faults import small_disks, writer
from odds_pipeline_tests.faults.small_disks import MIB, CannotMount
from odds_pipeline_tests.services.books import slots_of, spent


@contextmanager
def tmpfs(folder: Path, mib: int) -> Iterator[Path]:
    """A file system of its own; the test is skipped where none can be mounted."""
    with ExitStack() as mounted:
        try:
            small = mounted.enter_context(small_disks.tmpfs(folder, mib))
        except CannotMount as refused:
            pytest.skip(str(refused))
        yield small


def test_room_is_kept_for_the_largest_answer_the_client_takes() -> None:
    assert Limits().max_bytes < LARGEST


def test_nothing_is_paid_when_the_spool_has_no_room(
    platform: Platform, provider: RunningSimulator, home: Path
) -> None:
    with tmpfs(home / "small", 4) as small:
        full = replace(platform, spool=Spool(small))
        with pytest.raises(StorageError, match="no room for an answer"):
            writer.collect(full, 0)
        assert list(small.glob("*.part")) == []
    assert provider.credits_charged("demo") == 0
    assert spent(platform) == (0, 0)
    assert slots_of(platform) == [("live", "gap", "no room in the spool")]
    assert writer.collect(platform, 0) is not None


def test_a_disk_that_fills_up_in_mid_call_costs_nothing(
    platform: Platform, provider: RunningSimulator, home: Path
) -> None:
    """The room was reserved before, so an answer fits on a disk that is full by now."""
    with tmpfs(home / "small", LARGEST // MIB + 2) as small:

        class Filling(Spool):
            def write(self, answer: Answer) -> None:
                with (small / "something else").open("wb") as other, pytest.raises(OSError):
                    while True:
                        other.write(bytes(MIB))
                        other.flush()
                super().write(answer)
                assert len(list(self.waiting())) == 1

        assert writer.collect(replace(platform, spool=Filling(small)), 0) is not None
    assert slots_of(platform) == [("live", "ok", None)]


def test_a_spool_that_breaks_in_mid_call_leaves_it_to_the_database(platform: Platform) -> None:
    class Broken(Spool):
        def write(self, answer: Answer) -> None:
            raise OSError("the disk has gone")

    broken = replace(platform, spool=Broken(platform.settings.home / "spool"))
    assert writer.collect(broken, 0) is not None
    assert slots_of(platform) == [("live", "ok", None)]


def test_a_spool_that_cannot_be_written_is_told_before_anything_is_paid(
    platform: Platform, provider: RunningSimulator, home: Path
) -> None:
    (home / "file").touch()
    with pytest.raises(StorageError, match="cannot be written"):
        writer.collect(replace(platform, spool=Spool(home / "file" / "spool")), 0)
    assert provider.credits_charged("demo") == 0


@pytest.mark.slow
def test_a_database_whose_disk_is_full_goes_on_when_it_is_enlarged(home: Path) -> None:
    try:
        assert small_disks.database_on_a_full_disk(home) == []
    except CannotMount as refused:
        pytest.skip(str(refused))
