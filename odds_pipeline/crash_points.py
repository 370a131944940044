"""Named places in the write path at which a test may kill the process, as a power cut would.

Belongs here: the places, and dying at the n-th visit of one. Does not belong here: anything that
is handled; whoever passes a place cannot tell.

A place is armed by its name and a count, ``spooled:3`` (``ODDS_CRASH``, read in ``settings``). An
unarmed place costs one comparison.
"""

import os
import signal
from enum import StrEnum


class Point(StrEnum):
    """The places, in the order in which a call passes them.

    At ``ANSWERED`` the answer is in no safe place; from ``SPOOL_WRITTEN`` on it is on disk, from
    ``STORED`` on in the database.
    """

    BEFORE_CLAIM = "before_claim"
    CLAIMED = "claimed"
    RESERVED_SPACE = "reserved_space"
    ANSWERED = "answered"
    SPOOL_WRITTEN = "spool_written"
    SPOOLED = "spooled"
    STORING = "storing"
    STORED = "stored"
    UNSPOOLED = "unspooled"
    COPIED = "copied"
    MARKED = "marked"
    NORMALISED = "normalised"
    BEFORE_TOLD = "before_told"


class AlertPoint(StrEnum):
    """The places of an alert, in the order in which it passes them.

    At ``ALERT_RAISED`` the transaction of its cause is not committed, from ``ALERTS_TOGETHER`` on a
    summary is kept; at ``ALERT_TAKEN`` a channel has it and nobody here knows.
    """

    ALERT_RAISED = "alert_raised"
    ALERTS_TOGETHER = "alerts_together"
    ALERT_SENDING = "alert_sending"
    ALERT_TAKEN = "alert_taken"
    ALERT_NOTED = "alert_noted"
    ALERT_SENT = "alert_sent"


Place = Point | AlertPoint

_armed: Place | None = None
_visits_left = 0


def parse(text: str) -> tuple[Place, int]:
    """A point and the visit at which it kills, from ``point`` or ``point:3``.

    Raises:
        ValueError: no such point, or no count from 1 on.
    """
    name, _, count = text.partition(":")
    places: dict[str, Place] = {**{str(p): p for p in Point}, **{str(p): p for p in AlertPoint}}
    if name not in places:
        raise ValueError(f"unknown crash point {name!r}; choose from {', '.join(places)}")
    visits = int(count) if count.isdecimal() else 1 if not count else 0
    if visits < 1:
        raise ValueError(f"{text!r} does not count visits from 1 on, such as {name}:1")
    return places[name], visits


def arm(text: str | None) -> None:
    """Arm one point, or none; see ``parse``."""
    global _armed, _visits_left
    _armed, _visits_left = (None, 0) if text is None else parse(text)


def reached(point: Place) -> None:
    """Pass a place: nothing happens, or the process is dead."""
    if point is _armed:
        _visit()


def _visit() -> None:
    global _visits_left
    _visits_left -= 1
    if _visits_left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
