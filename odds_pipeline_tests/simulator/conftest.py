"""A running provider whose clock stands on an evening of games."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator

EVENING = datetime(2025, 11, 22, 1, 15, tzinfo=UTC)


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(EVENING)


@pytest.fixture
def provider(clock: SteppedClock) -> Iterator[RunningSimulator]:
    with RunningSimulator(clock=clock) as running:
        yield running
