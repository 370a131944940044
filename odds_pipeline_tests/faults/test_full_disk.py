"""The disk is full: nothing is paid that could not be kept, and what was told stays."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from odds_pipeline.composition import open_platform
from odds_pipeline.errors import StorageError
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.recover import recover
from odds_pipeline.services.spool import LARGEST, Answer, Spool
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.sources.the_odds_api.transport import Limits
from odds_pipeline.storage.embedded import EmbeddedServer
from odds_pipeline_tests.conftest import migrate
from odds_pipeline_tests.faults import invariants, writer
from odds_pipeline_tests.faults.cases import CallClock, Stage
from odds_pipeline_tests.services.books import slots_of, spent

MIB = 2**20
UNMOUNT = ("umount", "--lazy")


@contextmanager
def tmpfs(folder: Path, mib: int) -> Iterator[Path]:
    """A file system of its own; the test is skipped where none can be mounted."""
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system to fill")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run([*UNMOUNT, str(folder)], check=True)


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
    with tmpfs(home / "postgres", 220) as disk:
        server = EmbeddedServer(home)
        url = server.acquire()
        try:
            migrate(url)
            with RunningSimulator(clock=CallClock(), quota=10**9) as provider:
                stage = Stage(url, home, provider, quota=10**9)
                ballast = _fill(stage, disk)
                told = stage.acknowledged.read_text()
                enlarge = ["mount", "-o", "remount,size=500m", str(disk)]
                subprocess.run(enlarge, check=True)
                assert server.acquire() == url
                with open_platform(stage.settings) as platform:
                    recover(platform)
                    assert writer.collect(platform, 10_000) is not None
                    assert stage.acknowledged.read_text() == told
                    found = invariants.broken(platform, stage.charged(), stage.acknowledged)
                assert found == []
                assert ballast > 0
        finally:
            server.release()


def _fill(stage: Stage, disk: Path) -> int:
    """Write slots until the database can take no more, the last MiB by ballast of 4 KiB steps."""
    ballast = disk / "ballast"
    written = 0
    number = 0
    with open_platform(stage.settings) as platform, stage.acknowledged.open("a") as told:
        while True:
            try:
                fetched = writer.collect(platform, number)
            except Exception:  # whatever a full disk makes of the database
                return written
            assert fetched is not None
            told.write(writer.line(number, fetched))
            number += 1
            free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
            with ballast.open("ab") as file:
                step = free * 3 // 4 if number < 6 else min(free, 64 * 1024)
                written += file.write(bytes(step))
