"""Dagster on PostgreSQL beside our database, and a loopback provider that says what it charged."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
from dagster._core.storage.defs_state.base import set_defs_state_storage

from odds_pipeline.cli.environment import environment
from odds_pipeline.orchestration.connections import keep_connected
from odds_pipeline.settings import Settings
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.storage.urls import libpq_url
from odds_pipeline_tests.conftest import POOLER, addresses, direct

NOW = datetime.now(UTC)
TODAY = NOW.date()

# A day of games well inside the season that the simulated provider plays.
GAME_DAY = date(2025, 11, 22)


@dataclass(frozen=True)
class Stage:
    """Settings, Dagster's instance and the provider of one test."""

    settings: Settings
    instance: dg.DagsterInstance
    provider: RunningSimulator
    environment: dict[str, str]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        assert self.settings.database_url is not None
        with psycopg.connect(libpq_url(self.settings.database_url.get_secret_value())) as conn:
            return conn.execute(query).fetchall()

    def charged(self) -> int:
        """Credits the provider charged this key, ever."""
        return self.provider.credits_charged("demo")

    def booked(self) -> float:
        """Credits our ledger says were spent, ever."""
        query = "SELECT coalesce(sum(credits), 0) FROM credit_ledger WHERE entry <> 'reserved'"
        return float(self.rows(query)[0][0])

    def materialised(self, asset: str) -> set[str]:
        return self.instance.get_materialized_partitions(dg.AssetKey(asset))


@pytest.fixture(autouse=True)
def of_no_other_test() -> Iterator[None]:
    """Dagster remembers the last instance opened, even one of an earlier test that is gone."""
    with set_defs_state_storage(None):
        yield


@pytest.fixture
def stage(
    database_url: str, dagster_beside: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    with RunningSimulator(clock=SteppedClock(NOW)) as provider:
        settings = Settings(
            _env_file=None,
            odds_home=home,
            odds_api_base_url=provider.url,
            bookmakers=("pinnacle", "draftkings", "fanduel"),
            **addresses(database_url),
        )
        variables = environment(settings, database_url)
        if POOLER:
            variables["DATABASE_DIRECT_URL"] = direct(database_url)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with dg.DagsterInstance.from_config(variables["DAGSTER_HOME"]) as instance:
            keep_connected(instance)
            yield Stage(settings, instance, provider, variables)
