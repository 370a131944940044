from collections.abc import Iterator
from pathlib import Path

import pytest

from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline_tests.faults.cases import CallClock, Stage


@pytest.fixture
def stage(database_url: str, home: Path) -> Iterator[Stage]:
    with RunningSimulator(clock=CallClock()) as provider:
        yield Stage(database_url, home, provider)
