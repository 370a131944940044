"""File systems that are soon full, and a database on one.

Belongs here: mounting, filling, enlarging. Does not belong here: what is asserted (tests, matrix).
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from odds_pipeline.composition import open_platform
from odds_pipeline.services.recover import recover
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.storage.embedded import EmbeddedServer
from odds_pipeline_tests.conftest import migrate
from odds_pipeline_tests.faults import invariants, writer
from odds_pipeline_tests.faults.cases import CallClock, Stage
from odds_pipeline_tests.faults.invariants import Finding, Kind

MIB = 2**20
UNMOUNT = ("umount", "--lazy")


class CannotMount(Exception):
    """No file system can be mounted here, and why."""


@contextmanager
def tmpfs(folder: Path, mib: int) -> Iterator[Path]:
    """A file system of its own.

    Raises:
        CannotMount: none can be mounted.
    """
    if os.geteuid() != 0:
        raise CannotMount("only root can mount a file system to fill")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        raise CannotMount(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run([*UNMOUNT, str(folder)], check=True)


def database_on_a_full_disk(home: Path) -> list[Finding]:
    """Fill a database's disk while slots are written, enlarge it, go on; what is broken then.

    Raises:
        CannotMount: there is no disk to fill.
    """
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
                    found = invariants.judge(platform, stage.charged(), stage.acknowledged)
        finally:
            server.release()
    return found if ballast else [*found, Finding(Kind.WRONG, "the disk was never full")]


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
