"""An asset, a check and a log line that quote the key leave it nowhere Dagster writes."""

import json
import os
import subprocess
import sys
import traceback
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from dagster._utils.error import serializable_error_info_from_exc_info
from psycopg import sql
from pydantic import SecretStr

from odds_pipeline.errors import OddsPipelineError
from odds_pipeline.orchestration import build, schedules
from odds_pipeline.orchestration.build import build_definitions
from odds_pipeline.settings import Settings
from odds_pipeline.storage.urls import dagster_database, libpq_url
from odds_pipeline_tests.orchestration.conftest import TODAY, Stage

KEY = "nightjar/0123+45=67"
SPELLINGS = (KEY, "nightjar%2F0123", b64encode(f"xx:{KEY}".encode()).decode()[4:-4], "nightjar")

# The service leaks in every way it can; the second run leaks from a check.
LEAKING = """
import base64, json, logging, os, sys
import dagster as dg
from odds_pipeline.orchestration import checks
from odds_pipeline.orchestration.assets import ingest
from odds_pipeline.orchestration.build import build_definitions
from odds_pipeline.settings import load_settings

key = os.environ["ODDS_API_KEY"]
told = f"GET https://h/v4/sports?apiKey={key} " + base64.b64encode(("xx:" + key).encode()).decode()

class Leak(Exception):
    def __init__(self, address):
        self.address = address
    def __str__(self):
        return "refused: " + self.address

def leak(*_, **__):
    logging.getLogger("some.library").error(told)
    dg.get_dagster_logger().warning(told)
    try:
        raise ValueError(told)
    except ValueError as inner:
        logging.getLogger("other").exception("failed")
        raise Leak(told) from inner

if sys.argv[1] == "asset":
    ingest.collect.collect_odds = leak
else:
    checks.evaluations = leak
definitions = build_definitions(load_settings())
with dg.DagsterInstance.get() as instance:
    result = definitions.resolve_job_def("collect").execute_in_process(
        instance=instance, partition_key=sys.argv[2], raise_on_error=False,
    )
failed = [e.step_failure_data for e in result.all_events if e.is_step_failure]
print(json.dumps([result.success, [each.user_failure_data.description for each in failed]]))
"""


def dagster_texts(stage: Stage) -> str:
    """Every row of every table of Dagster's database."""
    assert stage.settings.database_url is not None
    url = dagster_database(stage.settings.database_url.get_secret_value())
    with psycopg.connect(libpq_url(url)) as conn:
        names = conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        queries = [
            sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name))
            for (name,) in names.fetchall()
        ]
        return "\n".join(row[0] for query in queries for row in conn.execute(query).fetchall())


def files_below(folder: Path) -> str:
    return "\n".join(
        file.read_bytes().decode("utf-8", "replace") for file in folder.rglob("*") if file.is_file()
    )


@pytest.mark.long
@pytest.mark.parametrize("place", ["asset", pytest.param("check", marks=pytest.mark.slow)])
def test_a_quoted_key_is_nowhere(stage: Stage, place: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LEAKING, place, TODAY.isoformat()],
        env=os.environ
        | {
            "ODDS_API_BASE_URL": stage.provider.url,
            "ODDS_API_KEY": KEY,
            "ODDS_YES": "1",
            "LOG_LEVEL": "DEBUG",
        },
        cwd=stage.settings.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    success, failures = json.loads(ended.stdout.splitlines()[-1])
    assert not success
    assert failures[0].startswith("Leak: refused: GET https://h/v4/sports?apiKey=[removed]")
    stored = dagster_texts(stage)
    seen = stored + files_below(stage.settings.home) + ended.stdout + ended.stderr
    assert "ValueError: GET https" in stored, "the traceback itself is kept"
    for spelling in SPELLINGS:
        assert spelling not in seen


def test_what_a_tick_fails_with_quotes_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(_env_file=None, odds_api_key=SecretStr(KEY))
    schedule = build_definitions(settings).resolve_schedule_def("collect_odds")
    monkeypatch.setattr(schedules, "ordered", _leak)
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    context = dg.build_schedule_context(
        scheduled_execution_time=at, resources={"platform_resource": None}
    )
    with pytest.raises(dg.DagsterError) as raised:
        schedule.evaluate_tick(context)
    info = (raised.type, raised.value, raised.tb)
    stored = str(serializable_error_info_from_exc_info(info))
    assert "leaked at" in stored, stored
    for spelling in SPELLINGS:
        assert spelling not in stored


def test_definitions_that_do_not_load_quote_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "build_jobs", _leak)
    with pytest.raises(OddsPipelineError, match=r"leaked at .*\[removed\]") as raised:
        build_definitions(Settings(_env_file=None, odds_api_key=SecretStr(KEY)))
    assert "nightjar" not in "".join(traceback.format_exception(raised.value))


def _leak(*_: object) -> None:
    raise ValueError(f"leaked at https://h/v4/sports?apiKey={KEY}")
