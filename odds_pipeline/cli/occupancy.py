"""Refusing to start twice: one `odds up` in a home folder, one server on a port."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from odds_pipeline.errors import AlreadyRunning
from odds_pipeline.storage.embedded.locks import FileLock
from odds_pipeline.storage.embedded.ports import LOOPBACK, is_free


@contextmanager
def only_up(home: Path, ui: str) -> Iterator[None]:
    """Be the only `odds up` of this home folder for the length of the block.

    Args:
        home: the platform's home folder.
        ui: address of the Dagster UI, told to whoever comes second.

    Raises:
        AlreadyRunning: another one runs, with its process id and address.
    """
    home.mkdir(parents=True, exist_ok=True)
    file = home / "up.lock"
    lock = FileLock(file)
    if not lock.try_exclude():
        pid, _, address = file.read_text().strip().partition(" ")
        raise AlreadyRunning(f"odds up already runs here (pid {pid}): UI {address}")
    try:
        file.write_text(f"{os.getpid()} {ui}\n")
        yield
    finally:
        lock.release()


def up_pid(home: Path) -> int | None:
    """Process id of the `odds up` of this home folder; None when none runs.

    The lock itself is not tried: that would refuse an `odds up` that starts at this moment.
    """
    import psutil

    file = home / "up.lock"
    try:
        pid = int(file.read_text().partition(" ")[0])
        held = any(Path(each.path) == file for each in psutil.Process(pid).open_files())
    except (OSError, ValueError, psutil.Error):
        return None
    return pid if held else None


def require_free(port: int, setting: str) -> None:
    """Make sure that a server can listen on this loopback port.

    Args:
        port: TCP port on 127.0.0.1.
        setting: name of the setting that chooses it.

    Raises:
        AlreadyRunning: something listens there.
    """
    if not is_free(port):
        raise AlreadyRunning(
            f"port {port} on {LOOPBACK} is in use: stop what uses it, "
            f"or set {setting} to a free port"
        )
