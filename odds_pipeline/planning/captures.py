"""Captures that a plan asks for, and the windows it is made for. Times are UTC."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple


class Window(NamedTuple):
    """From ``begin`` up to, without, ``end``."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True, order=True)
class PlannedCapture:
    """One capture to make."""

    slot_time: datetime
    starts_served: tuple[datetime, ...]
    offset: timedelta
    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A capture the budget has no room for, and why."""

    capture: PlannedCapture
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be captured, and what was refused."""

    captures: tuple[PlannedCapture, ...]
    refused: tuple[Refused, ...]
