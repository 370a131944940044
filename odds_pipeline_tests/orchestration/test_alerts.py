"""Alerts and health in Dagster: failed runs are told, what is due goes out, a run logs its id."""

import json
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest
from pydantic import SecretStr

from odds_pipeline.orchestration.build import build_definitions
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.settings import Settings
from odds_pipeline_tests.alerts.receiver import Receiver, receiving
from odds_pipeline_tests.orchestration.conftest import TODAY, Stage


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def settings(stage: Stage, receiver: Receiver) -> Settings:
    return stage.settings.model_copy(
        update={
            "alert_enabled": True,
            "alert_local_targets": True,
            "alert_daily_at": "off",
            "alert_urls": SecretStr(receiver.url),
        }
    )


def tick(stage: Stage, settings: Settings, cursor: str | None = None) -> tuple[Any, str | None]:
    repository = build_definitions(settings).get_repository_def()
    resources = {"platform_resource": PlatformResource(settings)}
    with dg.build_sensor_context(
        stage.instance, cursor=cursor, repository_def=repository, resources=resources
    ) as context:
        found = repository.get_sensor_def("send_alerts").evaluate_tick(context)
        return found, context.cursor


def run(stage: Stage, settings: Settings, job: str, **more: Any) -> dg.ExecuteInProcessResult:
    repository = build_definitions(settings).get_repository_def()
    return repository.get_job(job).execute_in_process(instance=stage.instance, **more)


def test_a_failed_run_is_told_once_and_goes_out(
    stage: Stage, settings: Settings, receiver: Receiver
) -> None:
    @dg.op
    def breaks() -> None:
        raise dg.Failure("DatabaseUnavailable: @everyone the disk is full")

    @dg.job(executor_def=dg.in_process_executor)
    def nightly() -> None:
        breaks()

    assert not tick(stage, stage.settings)[0].run_requests  # alerts are off
    nightly.execute_in_process(instance=stage.instance, raise_on_error=False)
    found, cursor = tick(stage, settings)
    assert len(found.run_requests) == 1
    newest = [each.run_key.split()[0] for each in tick(stage, settings, cursor)[0].run_requests]
    assert newest == [found.run_requests[0].run_key.split()[0]]
    assert run(stage, settings, "send_alerts").success
    (message,) = receiver.messages
    assert message.startswith("DEMO ERROR A run of nightly failed (")
    assert "＠everyone the disk is full" in message  # noqa: RUF001 - meant
    assert not tick(stage, settings, cursor)[0].run_requests
    assert stage.rows("SELECT alert_type, object_id, sent FROM alerts") == [
        ("system_error", "nightly", True)
    ]


def test_a_capture_logs_a_line_with_its_run_and_health_shows_the_stages(
    stage: Stage, settings: Settings
) -> None:
    captured = run(stage, settings, "capture", partition_key=TODAY.isoformat())
    lines = map(json.loads, (stage.settings.home / "logs" / "odds.log").read_text().splitlines())
    (told,) = [line for line in lines if line["event"] == "odds_fetched"]
    assert told["run_id"] == captured.run_id
    assert (told["job"], told["level"], told["bookmakers"]) == ("capture", "info", 3)
    assert (told["markets"], told["credits"]) == (["h2h", "spreads", "totals"], 3.0)
    assert told["events"] > 0
    assert told["elapsed_ms"] >= 0
    watched = run(stage, settings, "check_health")
    (shown,) = watched.asset_materializations_for_node("platform_health")
    assert shown.metadata["fetch success (24 h, %)"].value == 100.0
    assert "| normalise |" in str(shown.metadata["stages by day"].value)
    assert {check.passed for check in watched.get_asset_check_evaluations()} == {True}
