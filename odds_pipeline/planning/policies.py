"""The sampling modes: the one place where a new one is entered.

Belongs here: each mode's plan by name. Does not belong here: how a mode chooses (one file each).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from odds_pipeline.planning.adaptive import DEFAULT_MINUTES, plan_adaptive, tiers_of
from odds_pipeline.planning.captures import PlannedCapture, Window
from odds_pipeline.planning.decision_points import DEFAULT_OFFSETS, plan_window
from odds_pipeline.planning.fixed import plan_fixed


class SamplingMode(StrEnum):
    """How captures are timed."""

    FIXED = "fixed"
    ADAPTIVE = "adaptive"
    PLANNED = "planned"


@dataclass(frozen=True, slots=True)
class Cadence:
    """What the modes can be told.

    Args:
        fixed_minutes: interval of the fixed mode.
        adaptive_minutes: interval by tier of the adaptive mode.
        offsets: decision points of the planned mode.
    """

    fixed_minutes: int = 30
    adaptive_minutes: Mapping[str, int] = field(default_factory=lambda: DEFAULT_MINUTES)
    offsets: Sequence[timedelta] = DEFAULT_OFFSETS


Policy = Callable[[Cadence, Window, Sequence[datetime]], list[PlannedCapture]]


def _fixed(cadence: Cadence, window: Window, starts: Sequence[datetime]) -> list[PlannedCapture]:
    return plan_fixed(window, starts, cadence.fixed_minutes)


def _adaptive(cadence: Cadence, window: Window, starts: Sequence[datetime]) -> list[PlannedCapture]:
    return plan_adaptive(window, starts, tiers_of(cadence.adaptive_minutes))


def _planned(cadence: Cadence, window: Window, starts: Sequence[datetime]) -> list[PlannedCapture]:
    return plan_window(window, starts, cadence.offsets)


POLICIES: Mapping[SamplingMode, Policy] = MappingProxyType(
    {
        SamplingMode.FIXED: _fixed,
        SamplingMode.ADAPTIVE: _adaptive,
        SamplingMode.PLANNED: _planned,
    }
)


def plan(
    mode: SamplingMode, cadence: Cadence, window: Window, starts: Sequence[datetime]
) -> list[PlannedCapture]:
    """All captures that a mode wants in a window, by time, whatever they cost.

    Args:
        mode: which policy.
        cadence: its numbers.
        window: what to plan, UTC.
        starts: starts of scheduled events only: nothing else is a reason to pay.

    Raises:
        UsageError: a start without time zone, or an interval that does not divide a day.
    """
    return POLICIES[mode](cadence, window, starts)
