"""The clock that runs at its own speed."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from odds_pipeline.errors import UsageError
from odds_pipeline.simulator.clock import DrivenClock

START = datetime(2025, 10, 21, 23, 30, tzinfo=UTC)


class Machine:
    """A monotonic clock that goes where it is told."""

    def __init__(self) -> None:
        self.seconds = 5_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(("speed", "passed"), [(1.0, 10), (60.0, 600), (86_400.0, 864_000)])
def test_a_driven_clock_runs_its_speed_times_as_fast(speed: float, passed: int) -> None:
    machine = Machine()
    clock = DrivenClock(START, speed, machine)
    assert clock.now() == START
    machine.seconds += 10
    assert clock.now() == START + timedelta(seconds=passed)


def test_a_driven_clock_shows_utc() -> None:
    elsewhere = START.astimezone(timezone(timedelta(hours=-5)))
    assert DrivenClock(elsewhere, 2.0, Machine()).now().isoformat() == START.isoformat()


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf")])
def test_a_speed_that_is_none_is_refused(speed: float) -> None:
    with pytest.raises(UsageError, match="speed is above 0"):
        DrivenClock(START, speed)


def test_a_start_without_a_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="no zone"):
        DrivenClock(START.replace(tzinfo=None), 1.0)
