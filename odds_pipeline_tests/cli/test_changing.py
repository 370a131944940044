"""Commands that change data: fetch, import; Dagster's instance sees what they did."""

import gzip
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance

from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline.composition import open_platform
from odds_pipeline.services.import_files import import_paths
from odds_pipeline.settings import load_settings
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline_tests.cli.conftest import FIXTURES, Odds, is_one_line

# pytest forgets, after each test, the filters that ``orchestration`` sets when it is imported.
pytestmark = [
    pytest.mark.usefixtures("dagster_beside"),
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
    pytest.mark.filterwarnings("ignore:Asset job .* varying BackfillPolicies:UserWarning"),
]
ONE = str(FIXTURES / "odds_american.json")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningSimulator]:
    with RunningSimulator() as running:
        monkeypatch.setenv("ODDS_API_BASE_URL", running.url)
        yield running


def materialised(asset: str) -> set[str]:
    """Days that Dagster shows as done; the command has exported where its instance is."""
    assert os.environ["DAGSTER_HOME"]
    with DagsterInstance.get() as instance:
        return instance.get_materialized_partitions(AssetKey(asset))


def test_a_fetch_says_which_markets_the_provider_refused(
    odds: Odds, provider: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("odds_pipeline.settings.FEATURED", ("h2h", "player_points"))
    monkeypatch.setenv("MARKETS", "h2h,player_points")
    ended = odds("fetch")
    assert ended.code == 0, ended.err
    assert "refused the markets player_points; the others were captured" in ended.out
    assert "Captured 0 snapshots" not in ended.out
    assert provider.credits_charged("demo") == 1


def test_a_fetch_costs_what_was_forecast_and_a_slot_is_paid_once(
    odds: Odds, provider: RunningSimulator
) -> None:
    first = odds("fetch", "--json")
    assert first.code == 0, first.err
    assert set(first.json) == set(JSON_KEYS["fetch"])
    assert first.json["credits_forecast"] == first.json["credits"] == 3
    assert provider.credits_charged("demo") == 3
    assert first.json["snapshots"] > 0
    assert first.json["checks"] > 10
    again = odds("fetch")
    assert "Forecast: 0 credits" in again.out or "Forecast: 3 credits" in again.out
    spent = odds("quota", "--json").json["used"]
    assert spent == provider.credits_charged("demo")
    assert odds("status", "--json").json["kind"] == "demo"
    assert "DEMO" in odds("status").out
    assert len(materialised("odds")) == 1
    assert len(materialised("data_quality_log")) == 1


def test_one_sport_may_be_fetched(odds: Odds, provider: RunningSimulator) -> None:
    brought = odds("fetch", "--sport", "soccer_epl", "--json").json
    assert brought["credits"] in {0, brought["credits_forecast"]}
    sports = {row["sport_key"] for row in odds("events", "--days", "60", "--json").json}
    assert sports <= {"soccer_epl"}


def test_no_provider_is_one_line_before_any_run(
    odds: Odds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ODDS_API_BASE_URL", "http://127.0.0.1:1")
    ended = odds("fetch")
    assert is_one_line(ended, 5)
    assert "http://127.0.0.1:1 does not answer" in ended.err


def test_a_refusal_inside_the_run_keeps_its_exit_code(
    odds: Odds, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RunningSimulator(keys=frozenset({"good"})) as running:
        monkeypatch.setenv("ODDS_API_BASE_URL", running.url)
        monkeypatch.setenv("ODDS_API_KEY", "canary-bad-key")
        monkeypatch.setenv("ODDS_YES", "1")
        ended = odds("fetch", "--json")
    assert is_one_line(ended, 5)
    assert "401" in ended.err
    for log in Path(os.environ["ODDS_HOME"], "logs").iterdir():
        assert "canary" not in log.read_text()


def test_nothing_is_paid_for_that_nobody_confirmed(
    odds: Odds, provider: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ODDS_API_KEY", "real")
    ended = odds("fetch", "--json")
    assert is_one_line(ended, 8)
    assert provider.credits_charged("real") == 0


def test_a_demo_database_stays_demo(
    odds: Odds, provider: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert odds("fetch").code == 0
    monkeypatch.setenv("ODDS_API_KEY", "real")
    ended = odds("fetch", "--json")
    assert is_one_line(ended, 2)
    assert "stays DEMO" in ended.err


def test_an_import_is_reported_to_dagster_and_is_idempotent(odds: Odds) -> None:
    first = odds("import", "the-odds-api", ONE, "--json")
    assert first.code == 0, first.err
    (file,) = first.json["files"]
    keys = {key.removeprefix("files[].") for key in JSON_KEYS["import the-odds-api"]}
    assert set(file) | set(first.json) == keys
    assert (file["status"], file["events"], file["quarantined"]) == ("imported", 3, 0)
    assert materialised("odds") == set(first.json["days"])
    again = odds("import", "the-odds-api", ONE, "--json").json
    assert again["files"][0]["status"] == "unchanged"
    assert again["days"] == []
    assert odds("events", "--days", "-3000", "--json").json[0]["id"].endswith("1")


def test_days_that_a_dead_process_stored_are_reported_by_the_next_import(odds: Odds) -> None:
    with open_platform(load_settings()) as platform:
        stored = import_paths(platform, [Path(ONE)])
    assert stored.days
    again = odds("import", "the-odds-api", ONE, "--json").json
    assert again["files"][0]["status"] == "unchanged"
    assert again["days"] == [day.isoformat() for day in stored.days]
    for asset in ("odds_snapshots", "odds", "data_quality_log"):
        assert materialised(asset) == set(again["days"])
    assert odds("import", "the-odds-api", ONE, "--json").json["days"] == []


def test_folders_compressed_files_and_refusals(odds: Odds, tmp_path: Path) -> None:
    shutil.copy(FIXTURES / "scores.json", tmp_path)
    packed = gzip.compress((FIXTURES / "historical_odds.json").read_bytes())
    (tmp_path / "history.json.gz").write_bytes(packed)
    (tmp_path / "notes.json").write_text('{"hello": "world"}')
    ended = odds("import", "the-odds-api", str(tmp_path))
    assert ended.code == 2
    assert "2 imported, 1 refused" in ended.out
    assert "⚠" in ended.out


def test_a_path_that_is_not_there_imports_nothing(odds: Odds) -> None:
    ended = odds("import", "the-odds-api", ONE, "/no/such/file.json")
    assert is_one_line(ended, 3)
    assert odds("events", "--days", "-3000", "--json").json == []


def test_a_capture_time_needs_a_zone(odds: Odds) -> None:
    ended = odds("import", "the-odds-api", ONE, "--captured-at", "2026-01-09T18:00:00")
    assert is_one_line(ended, 2)
