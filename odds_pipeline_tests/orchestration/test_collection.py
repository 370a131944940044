"""Assets on a real Dagster instance, a real database and a provider on a socket."""

import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import dagster as dg
import pytest

from odds_pipeline.composition import open_platform
from odds_pipeline.orchestration.build import build_definitions
from odds_pipeline.orchestration.runs import report_import, run_collection
from odds_pipeline.orchestration.tags import Order
from odds_pipeline.planning.budget import Purpose
from odds_pipeline.quality.registry import load_rules
from odds_pipeline_tests.orchestration.conftest import GAME_DAY, TODAY, Stage

NEXT_DAY = GAME_DAY + timedelta(days=1)
COLLECTED = ("events", "odds_snapshots", "odds", "data_quality_log")

KILLED_AFTER_ONE_DAY = """
import os, signal, sys
import dagster as dg
from odds_pipeline.orchestration import materialise
from odds_pipeline.orchestration.build import build_definitions
from odds_pipeline.settings import load_settings

marked = materialise.mark
def mark_and_die(*arguments):
    marked(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
materialise.mark = mark_and_die

job = build_definitions(load_settings()).resolve_job_def("collect")
with dg.DagsterInstance.get() as instance:
    job.execute_in_process(
        instance=instance,
        asset_selection=[dg.AssetKey("odds_snapshots")],
        tags={
            "dagster/asset_partition_range_start": sys.argv[1],
            "dagster/asset_partition_range_end": sys.argv[2],
        },
    )
"""


def test_a_run_leaves_sigterm_as_it_was(stage: Stage) -> None:
    def ours(number: int, _frame: object) -> None:
        raise SystemExit(number)

    before = signal.signal(signal.SIGTERM, ours), signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        run_collection(stage.settings, TODAY, stage.instance, selection=["odds"])
        assert signal.getsignal(signal.SIGTERM) is ours
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])


def test_a_live_tick_is_paid_once_and_shown(stage: Stage) -> None:
    for _ in range(2):
        outcome = run_collection(stage.settings, TODAY, stage.instance)
        assert outcome.success, outcome.failures
        assert stage.charged() == stage.booked() == 3
        run = stage.instance.get_run_by_id(outcome.run_id)
        assert run is not None
        # In Dagster's timeline and in its job's list, and not paid for again by the daemon.
        assert run.tags_for_storage()[".dagster/repository"] == "__repository__@odds_pipeline"
        assert run.tags["dagster/max_retries"] == "0"
    for asset in COLLECTED:
        assert stage.materialised(asset) == {TODAY.isoformat()}
    shown = _metadata(stage, "odds_snapshots", TODAY)
    assert shown["credits charged"] == 0.0
    assert shown["credits remaining"] == 19_997.0
    assert shown["slots ok"] == 1


def test_a_past_day_is_completed_checked_and_never_paid_again(stage: Stage) -> None:
    first = run_collection(stage.settings, GAME_DAY, stage.instance)
    assert first.success, first.failures
    cost = stage.charged()
    assert cost == stage.booked() > 0
    shown = _metadata(stage, "odds_snapshots", GAME_DAY)
    assert shown["slots planned"] == shown["slots ok"] > 0
    assert shown["slots gap"] == 0
    assert shown["credits charged"] + 1 == cost  # the listing was bought by `events`
    for name in ("captures", "events", "snapshots", "quotes changed", "bookmakers"):
        assert shown[name] > 0
    assert {"dagster/column_schema", "dagster/table_name", "preview"} <= set(shown)
    assert "dagster/column_lineage" in _metadata(stage, "odds", GAME_DAY)
    assert _checked(stage, GAME_DAY) == set(load_rules())

    assert run_collection(stage.settings, GAME_DAY, stage.instance).success
    assert stage.charged() == cost
    assert _metadata(stage, "odds_snapshots", GAME_DAY)["credits charged"] == 0.0


@pytest.mark.long
def test_a_range_is_one_run_in_which_each_day_keeps_its_own_figures(stage: Stage) -> None:
    result = _job(stage).execute_in_process(
        instance=stage.instance, tags=_range(GAME_DAY, NEXT_DAY), raise_on_error=False
    )
    assert result.success
    assert stage.charged() == stage.booked()
    days = {GAME_DAY.isoformat(), NEXT_DAY.isoformat()}
    for asset in COLLECTED:
        assert stage.materialised(asset) == days
    counted = stage.rows(
        "SELECT (slot_time AT TIME ZONE 'UTC')::date, count(*)::int FROM slots"
        " WHERE purpose = 'history' GROUP BY 1"
    )
    shown = {day: _metadata(stage, "odds", day)["slots ok"] for day in (GAME_DAY, NEXT_DAY)}
    assert shown == dict(counted)
    assert _checked(stage, GAME_DAY) == _checked(stage, NEXT_DAY) == set(load_rules())


def test_a_killed_range_keeps_its_finished_day_and_resumes(stage: Stage) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_AFTER_ONE_DAY, GAME_DAY.isoformat(), NEXT_DAY.isoformat()],
        env=os.environ | {"ODDS_API_BASE_URL": stage.provider.url},
        cwd=stage.settings.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert stage.materialised("odds_snapshots") == {GAME_DAY.isoformat()}
    paid = stage.charged()
    assert paid == stage.booked() > 0
    assert run_collection(stage.settings, GAME_DAY, stage.instance, ["odds_snapshots"]).success
    assert stage.charged() == paid


def test_a_late_tick_buys_no_history(stage: Stage) -> None:
    late = datetime.combine(GAME_DAY, time(23, 30), UTC)
    result = _job(stage).execute_in_process(
        instance=stage.instance,
        partition_key=GAME_DAY.isoformat(),
        asset_selection=[dg.AssetKey("odds_snapshots")],
        tags=Order(late, ["basketball_nba"], Purpose.LIVE).tags("late"),
    )
    assert result.success
    assert stage.charged() == 0


def test_scores_are_asked_for_recent_days_only(stage: Stage) -> None:
    job = build_definitions(stage.settings).resolve_job_def("settle_scores")
    old = job.execute_in_process(instance=stage.instance, partition_key=GAME_DAY.isoformat())
    assert old.success
    assert stage.charged() == 0
    assert "no longer tells" in str(_metadata(stage, "scores", GAME_DAY)["note"])
    new = job.execute_in_process(instance=stage.instance, partition_key=TODAY.isoformat())
    assert new.success
    assert stage.charged() == stage.booked() == 2


def test_a_refusal_is_one_line_and_is_not_tried_again(stage: Stage) -> None:
    poor = stage.settings.model_copy(update={"odds_api_quota": (2,)})
    outcome = run_collection(poor, TODAY, stage.instance)
    assert not outcome.success
    (line,) = outcome.failures
    assert line.startswith("BudgetExceeded: odds costs 3 credits")
    assert stage.charged() == 0


def test_an_import_shows_the_history_a_run_would_show(stage: Stage) -> None:
    assert run_collection(stage.settings, GAME_DAY, stage.instance).success
    by_run = _metadata(stage, "odds", GAME_DAY)
    with open_platform(stage.settings) as platform:
        report_import(platform, stage.instance, [GAME_DAY, NEXT_DAY])
    assert _metadata(stage, "odds", GAME_DAY) == by_run
    for asset in ("odds_snapshots", "odds", "data_quality_log"):
        assert NEXT_DAY.isoformat() in stage.materialised(asset)
    assert _checked(stage, NEXT_DAY) == set(load_rules())
    (record,) = stage.instance.get_run_records(dg.RunsFilter(job_name="import"))
    assert record.dagster_run.is_success
    assert record.start_time is not None  # or the UI says that it is starting
    assert record.end_time is not None


def test_a_day_may_be_imported_into_again(stage: Stage) -> None:
    with open_platform(stage.settings) as platform:
        for _ in range(2):
            report_import(platform, stage.instance, [GAME_DAY])
    assert _checked(stage, GAME_DAY) == set(load_rules())


def test_without_validation_nothing_is_judged(stage: Stage) -> None:
    silent = stage.settings.model_copy(update={"enable_validation": False})
    outcome = run_collection(silent, TODAY, stage.instance)
    assert outcome.success, outcome.failures
    note = _metadata(stage, "data_quality_log", TODAY)["note"]
    assert note == "nothing was judged: ENABLE_VALIDATION is false"
    assert stage.rows("SELECT count(*) FROM quality_runs") == [(0,)]


def _job(stage: Stage) -> dg.JobDefinition:
    return build_definitions(stage.settings).resolve_job_def("collect")


def _range(first: date, last: date) -> dict[str, str]:
    return {
        "dagster/asset_partition_range_start": first.isoformat(),
        "dagster/asset_partition_range_end": last.isoformat(),
    }


def _metadata(stage: Stage, asset: str, day: date) -> dict[str, Any]:
    """The values shown at the newest materialisation of a partition."""
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), asset_partitions=[day.isoformat()])
    newest = stage.instance.fetch_materializations(wanted, limit=1).records[0]
    assert newest.asset_materialization is not None
    return {name: value.value for name, value in newest.asset_materialization.metadata.items()}


def _checked(stage: Stage, day: date) -> set[str]:
    """Names of the rules whose evaluation of that partition stands in the instance."""
    found = set()
    for name in load_rules():
        records = stage.instance.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(dg.AssetKey("odds"), name), limit=20
        )
        assert all(record.evaluation is not None for record in records), "a check stays planned"
        found |= {
            one.check_name
            for one in (record.evaluation for record in records)
            if one is not None and one.partition == day.isoformat()
        }
    return found
