"""The most memory this process used at once, in MiB, since it was last asked to forget.

Belongs here: Linux' own counter of the resident set. Does not belong here: other processes.
"""

from pathlib import Path

_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def reset_peak() -> None:
    """Count anew from what is resident now."""
    _FORGET.write_text("5")


def peak_mib() -> float:
    """The greatest resident set since."""
    for line in _STATUS.read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError(f"{_STATUS} does not say VmHWM")
