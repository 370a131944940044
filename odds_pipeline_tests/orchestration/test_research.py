"""The group `research` as Dagster runs it: freeze, run, judge, count, and make again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from odds_pipeline.composition import open_platform
from odds_pipeline.orchestration.build import build_definitions
from odds_pipeline.orchestration.jobs import BACKTEST, FREEZE
from odds_pipeline.orchestration.partitions import EXPERIMENTS
from odds_pipeline.orchestration.research_report import report_backtest
from odds_pipeline.services.backtests import put_on_record, run_backtest
from odds_pipeline.services.datasets.examine import lock
from odds_pipeline.services.datasets.load import load
from odds_pipeline_tests.orchestration.conftest import Stage
from odds_pipeline_tests.services.seasons import FAVOURITES, SPORT, bring

FROZEN = {
    "name": "nhl",
    "sports": [SPORT],
    "start": "2025-01-01",
    "end": "2025-01-31",
    "offsets": [-360.0],
    "at_close": True,
}


def run(
    stage: Stage, job: str, config: Mapping[str, Any], key: str | None = None
) -> dg.ExecuteInProcessResult:
    asset = "datasets" if job == FREEZE else "backtest_results"
    if key is not None:
        stage.instance.add_dynamic_partitions("experiments", [key])
    return (
        build_definitions(stage.settings)
        .resolve_job_def(job)
        .execute_in_process(
            run_config={"ops": {asset: {"config": dict(config)}}},
            instance=stage.instance,
            partition_key=key,
            raise_on_error=False,
        )
    )


def _verdicts(stage: Stage, key: str) -> dict[str, bool]:
    """Of the checks of an experiment, the newest ones of its partition."""
    found = {}
    for name in (
        *("looks_at_no_future", "roi_has_an_interval"),
        *("trials_are_counted", "dataset_is_as_frozen"),
    ):
        check = dg.AssetCheckKey(dg.AssetKey("backtest_results"), name)
        records = stage.instance.event_log_storage.get_asset_check_execution_history(
            check, limit=10
        )
        of_key = [r for r in records if r.partition == key]
        assert of_key, name
        event = of_key[0].event
        assert event is not None
        assert event.dagster_event is not None
        found[name] = event.dagster_event.asset_check_evaluation_data.passed
    return found


def _told(stage: Stage, asset: str) -> dict[str, Any]:
    event = stage.instance.get_latest_materialization_event(dg.AssetKey(asset))
    assert event is not None
    assert event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def test_a_backtest_is_a_materialisation_whoever_launches_it(stage: Stage) -> None:
    with open_platform(stage.settings) as platform:
        bring(platform, stage.settings.home)
    assert run(stage, FREEZE, FROZEN).success
    told = _told(stage, "datasets")
    assert (told["frozen"], told["offers"], told["results"]) == ("nhl@1", 30, 5)

    # From the UI: a new partition, and what to run in it.
    asked = {"dataset": "nhl", "strategy": "favourite", "size": 1.0}
    assert run(stage, BACKTEST, asked, "first").success
    first = _told(stage, "backtest_results")
    assert (first["bets"], first["won"], first["trials on this data"]) == (8, 6, 1)
    assert first["dataset"] == "nhl@1"
    assert str(first["equity"]).startswith("![")
    assert set(_verdicts(stage, "first").values()) == {True}
    assert _told(stage, "experiments")["completed"] == 1

    with open_platform(stage.settings) as platform:
        frozen = load(platform, "nhl")
        # From the command line: run there, and shown.
        result = run_backtest(platform, frozen, FAVOURITES)
        report_backtest(platform, stage.instance, result)
        drafted = put_on_record(platform, frozen, FAVOURITES)
        lock(platform, "nhl")
    second = _told(stage, "backtest_results")
    assert (second["profit"], second["trials on this data"]) == (first["profit"], 2)
    assert set(_verdicts(stage, str(result.experiment)).values()) == {True}

    # A draft needs nothing more; a completed one is made again, and is no new trial.
    assert run(stage, BACKTEST, {}, str(drafted)).success
    assert _told(stage, "backtest_results")["trials on this data"] == 3
    assert run(stage, BACKTEST, {}, "first").success
    again = _told(stage, "backtest_results")
    assert (again["made again"], again["trials on this data"]) == (True, 1)
    keys = {"first", str(result.experiment), str(drafted)}
    assert stage.materialised("backtest_results") == keys
    assert set(stage.instance.get_dynamic_partitions("experiments")) == keys
    assert EXPERIMENTS.name == "experiments"

    # What nobody filled in still runs, on the dataset frozen last.
    assert run(stage, BACKTEST, {}, "second").success
    assert (told := _told(stage, "backtest_results"))["dataset"] == "nhl@1", told

    # What cannot be says why, in one line.
    for key, config, words in (
        ("77", asked, "no experiment 77"),
        ("third", {"dataset": "nba"}, "no dataset 'nba'"),
    ):
        failed = run(stage, BACKTEST, config, key)
        (event,) = [e for e in failed.all_events if e.is_step_failure]
        assert words in str(event.step_failure_data.user_failure_data)
    _edit(stage.settings.home)
    assert not run(stage, BACKTEST, {}, "first").success
    looked = run(stage, FREEZE, {})
    verdict = {check.check_name: check.passed for check in looked.get_asset_check_evaluations()}
    assert verdict == {"datasets_are_as_frozen": False, "no_quote_inside_was_voided": True}


def _edit(home: Path) -> None:
    path = home / "datasets" / "nhl" / "1" / "offers.parquet"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"x")
