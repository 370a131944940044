from collections.abc import Iterator

import pytest

from odds_pipeline.services.platform import Platform
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline_tests.services.books import spent


@pytest.fixture
def balanced(platform: Platform, provider: RunningSimulator) -> Iterator[None]:
    """After the test our ledger says what the provider itself counted, and nothing is open."""
    yield
    assert spent(platform) == (provider.credits_charged("demo"), 0)
