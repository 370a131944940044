"""What ``postmaster.pid`` says, and whether it is still true.

A killed server leaves the file behind and its process id may since belong to another program, so
a process counts as the server only if it is a ``postgres`` started for this very folder.
"""

from dataclasses import dataclass
from pathlib import Path

import psutil

# Above every kernel's largest process id: no process has it.
_NOBODYS_PID = 2**31 - 1
_LINES = 8


@dataclass(frozen=True)
class Postmaster:
    """One reading of ``postmaster.pid``: ``port`` is None until the server has bound it."""

    data: Path
    pid: int
    port: int | None
    ready: bool

    @property
    def alive(self) -> bool:
        """Whether the process is the server of this folder."""
        try:
            process = psutil.Process(self.pid)
            return process.name() == "postgres" and str(self.data) in process.cmdline()
        except psutil.Error:
            return False


def read_postmaster(data: Path) -> Postmaster | None:
    """The server named in ``data/postmaster.pid``; None if none is named."""
    lines = _lines(data)
    if not lines or not lines[0].strip().isdigit():
        return None
    complete = len(lines) >= _LINES
    return Postmaster(
        data,
        pid=int(lines[0]),
        port=int(lines[3]) if complete else None,
        ready=complete and lines[7].strip() == "ready",
    )


def disown(data: Path) -> None:
    """Let a new server start over the file of a dead one, whoever has its process id now.

    The file stays: its shared memory line is how PostgreSQL notices orphaned backends.
    """
    lines = _lines(data)
    if lines:
        text = "\n".join([str(_NOBODYS_PID), *lines[1:]]) + "\n"
        (data / "postmaster.pid").write_text(text)


def _lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except (FileNotFoundError, PermissionError):
        return []
