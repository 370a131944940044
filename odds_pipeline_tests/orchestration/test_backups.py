"""The nightly backup as Dagster runs it, and the check that misses it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from pydantic import SecretStr

from odds_pipeline.orchestration.build import build_definitions
from odds_pipeline.services.backup import shelf
from odds_pipeline.services.backup.daily import OVERDUE, daily_backup, standing
from odds_pipeline.services.platform import Platform
from odds_pipeline.settings import Settings
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.storage.urls import libpq_url
from odds_pipeline_tests.conftest import addresses

pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
    pytest.mark.filterwarnings("ignore:Asset job .* varying BackfillPolicies:UserWarning"),
]


def test_the_job_takes_a_proven_backup_and_the_check_sees_it(database_url: str, home: Path) -> None:
    settings = Settings(
        _env_file=None,
        odds_home=home,
        **addresses(database_url),
        odds_api_key=SecretStr("canary-key-of-backups"),
    )
    repository = build_definitions(settings).get_repository_def()
    schedule = repository.get_schedule_def("backup_database")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    done = repository.get_job("backup_database").execute_in_process()
    (made,) = done.asset_materializations_for_node("backups")
    assert made.metadata["proven"].value == "restored"
    good = shelf.last_good(settings.backups)
    assert good is not None
    assert made.metadata["rows"].value == good.manifest.rows
    (check,) = done.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == ("backup_is_recent", True)
    listed = repository.get_job("list_events").asset_layer.asset_graph.asset_check_keys
    assert "backup_is_recent" in {key.name for key in listed}


def test_no_backup_is_missed_from_the_first_call_on(
    platform: Platform, database_url: str, clock: SteppedClock
) -> None:
    assert not standing(platform).overdue  # nothing was ever collected
    with psycopg.connect(libpq_url(database_url)) as conn:
        conn.execute(
            """INSERT INTO fetch_logs (call_id, fetch_time, success, endpoint)
            VALUES (gen_random_uuid(), %s, true, 'odds')""",
            (clock.now(),),
        )
    later = replace(platform, now=lambda: clock.now() + OVERDUE + timedelta(seconds=1))
    assert not standing(platform).overdue
    assert standing(later).overdue
    kept = replace(platform, settings=platform.settings.model_copy(update={"backup_keep": 1}))
    daily_backup(kept)
    assert daily_backup(kept)[1]
    assert len(shelf.backups(platform.settings.backups)) == 1
    found = standing(platform)
    assert found.last_good is not None
    assert not found.overdue
