"""What a check says: ok, a warning or a failure, what was found, and what to do about it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from odds_pipeline.services.doctor.examination import Examination


class Status(StrEnum):
    """How bad it is: a failure stops something that was asked for, a warning may."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result; ``advice`` is empty when there is nothing to do."""

    name: str
    status: Status
    found: str
    advice: str = ""


# None: the check does not apply to what was seen.
Check = Callable[[Examination], Finding | None]


def ok(name: str, found: str) -> Finding:
    """Nothing to do."""
    return Finding(name, Status.OK, found)


def warn(name: str, found: str, advice: str) -> Finding:
    """Works, but something is not as it should be."""
    return Finding(name, Status.WARN, found, advice)


def fail(name: str, found: str, advice: str) -> Finding:
    """Something that was asked for cannot work."""
    return Finding(name, Status.FAIL, found, advice)
