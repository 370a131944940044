"""What the definitions contain and say of themselves; nothing is run."""

import subprocess
import sys
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.remote_representation.external_data import RepositorySnap

from odds_pipeline.catalog.fields import describe
from odds_pipeline.cli.environment import project_root
from odds_pipeline.errors import DatabaseUnavailable, ProviderUnreachable
from odds_pipeline.orchestration import markdown
from odds_pipeline.orchestration.build import build_definitions
from odds_pipeline.orchestration.descriptions import odds_lineage
from odds_pipeline.orchestration.failures import one_line_failures
from odds_pipeline.orchestration.modes import TICKERS
from odds_pipeline.orchestration.partitions import Era, daily_partitions, day_of, era_of
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.orchestration.schedules import every
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.quality import rules
from odds_pipeline.quality.registry import load_rules
from odds_pipeline.services.platform import Platform
from odds_pipeline.settings import Settings
from odds_pipeline_tests.quality.test_registry import THROW_AWAY

HEAVY = ["pandas", "numpy", "requests", "pandera", "starlette", "rich", "typer", "alembic"]
SETTINGS = Settings(_env_file=None)


def _repository(settings: Settings = SETTINGS) -> dg.RepositoryDefinition:
    return build_definitions(settings).get_repository_def()


def test_loading_the_definitions_imports_nothing_heavy(tmp_path: Path) -> None:
    script = (
        "import sys, odds_pipeline.definitions as d\n"
        "d.definitions.get_repository_def().get_all_jobs()\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_graph_is_the_one_that_is_documented() -> None:
    graph = _repository().asset_graph
    shown = {
        key.to_user_string(): (
            graph.get(key).group_name,
            {parent.to_user_string() for parent in graph.get(key).parent_keys},
        )
        for key in graph.get_all_asset_keys()
    }
    assert shown == {
        "events": ("ingest", set()),
        "odds_snapshots": ("ingest", {"events"}),
        "scores": ("ingest", {"events"}),
        "odds": ("normalized", {"odds_snapshots"}),
        "data_quality_log": ("quality", {"odds"}),
        "fair_odds": ("market", {"odds", "data_quality_log"}),
        "edges": ("market", {"fair_odds"}),
        "closing_lines": ("market", {"odds", "scores"}),
        "line_movements": ("market", {"odds"}),
        "bookmaker_scorecards": ("market", {"odds"}),
        "edge_statistics": ("market", {"edges", "closing_lines"}),
        "calibration": ("market", {"closing_lines"}),
        "datasets": ("research", {"odds", "closing_lines", "scores"}),
        "backtest_results": ("research", {"datasets"}),
        "experiments": ("research", {"backtest_results"}),
        "collection_gaps": ("ops", {"odds_snapshots"}),
        "credit_ledger": ("ops", {"events", "odds_snapshots", "scores"}),
        "platform_health": ("ops", {"odds_snapshots", "data_quality_log", "edges"}),
        "backups": ("ops", set()),
    }


def test_every_asset_can_be_read_by_a_newcomer() -> None:
    specs = build_definitions(SETTINGS).resolve_all_asset_specs()
    assert len(specs) == 19
    whole = {"edge_statistics", "calibration", "datasets", "experiments"}
    for spec in specs:
        assert spec.description, spec.key
        assert list(spec.owners) == ["team:odds"]
        assert {"python", "postgres"} <= spec.kinds
        assert spec.tags["odds/layer"] in {"paid", "sql"}
        ops = spec.group_name == "ops" or spec.key.to_user_string() in whole
        assert (spec.partitions_def is None) == ops
        assert {"dagster/table_name", "dagster/column_schema"} <= set(spec.metadata)


JOBS = (
    *("collect", "capture", "judge", "close_day"),
    *("settle_scores", "list_events", "heal_gaps", "learn", "sweep_runs"),
    *("freeze_dataset", "backtest", "review_quarantine", "check_health", "send_alerts"),
    "backup_database",
)


def test_jobs_say_what_they_do_and_end() -> None:
    repository = _repository()
    named = {job.name for job in repository.get_all_jobs() if not job.name.startswith("__")}
    assert named == set(JOBS)
    for name in JOBS:
        job = repository.get_job(name)
        assert job.description
        assert int(job.run_tags["dagster/max_runtime"]) > 0


@pytest.mark.parametrize("mode", SamplingMode)
def test_one_mode_runs_by_default_and_everything_else_with_it(mode: SamplingMode) -> None:
    repository = _repository(SETTINGS.model_copy(update={"sampling_mode": mode}))
    found: list[dg.ScheduleDefinition | dg.SensorDefinition] = [
        *repository.schedule_defs,
        *repository.sensor_defs,
    ]
    assert all(each.description for each in found)
    running = {each.name for each in found if each.default_status.value == "RUNNING"}
    always = {each.name for each in found} - set(TICKERS.values())
    # Simulated odds need no backup.
    assert running == always - {"backup_database"} | {TICKERS[mode]}
    assert len(always) == 10


def test_what_captures_runs_alone_and_first() -> None:
    """So that nothing made of a capture can stop or delay the next one."""
    capture = _repository().get_job("capture")
    assert set(capture.asset_layer.selected_asset_keys) == {dg.AssetKey("odds_snapshots")}
    assert not capture.asset_layer.asset_graph.asset_check_keys
    assert capture.run_tags["dagster/priority"] == "10"
    config = yaml.safe_load((project_root() / "dagster.yaml").read_text())["concurrency"]
    assert "pools" not in config
    limits = {each["key"]: each["limit"] for each in config["runs"]["tag_concurrency_limits"]}
    assert limits == {"dagster/backfill": 1, "odds/aside": 1}
    assert config["runs"]["max_concurrent_runs"] > sum(limits.values())


def test_paid_assets_go_in_bounded_ranges_and_retry_only_fetches() -> None:
    assets = {a.key.to_user_string(): a for a in _repository().assets_defs_by_key.values()}
    for name in ("events", "odds_snapshots", "scores"):
        assert assets[name].backfill_policy == dg.BackfillPolicy.multi_run(10)
        assert assets[name].op.retry_policy is not None
    for name in ("odds", "data_quality_log"):
        assert assets[name].backfill_policy == dg.BackfillPolicy.single_run()
        assert assets[name].op.retry_policy is None


def test_every_rule_is_a_partitioned_check_of_odds() -> None:
    repository = _repository()
    graph = repository.asset_graph
    judged = graph.get_check_keys_for_assets({dg.AssetKey("odds")})
    assert {key.name for key in judged} == set(load_rules())
    for key in judged:
        assert graph.get_check_spec(key).description == load_rules()[key.name].documentation
        assert graph.get(key).partitions_def == daily_partitions(SETTINGS)


def test_a_new_rule_file_is_a_new_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "throw_away_check.py").write_text(THROW_AWAY)
    monkeypatch.setattr(rules, "__path__", [*rules.__path__, str(tmp_path)])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    names = {key.name for key in _repository().asset_graph.asset_check_keys}
    monkeypatch.delitem(sys.modules, "odds_pipeline.quality.rules.throw_away_check")
    assert "throw_away" in names


def test_without_validation_there_are_no_checks() -> None:
    silent = SETTINGS.model_copy(update={"enable_validation": False})
    graph = _repository(silent).asset_graph
    assert not graph.get_check_keys_for_assets({dg.AssetKey("odds")})


@pytest.mark.filterwarnings("ignore:Property `ScheduleDefinition.environment_vars`")
def test_no_secret_reaches_the_definitions() -> None:
    canary = "canary0123456789"
    settings = Settings(
        _env_file=None,
        odds_api_key=canary,
        database_url=f"postgresql://odds:{canary}@localhost/odds",
    )
    snapshot = RepositorySnap.from_def(_repository(settings))
    assert canary not in repr(snapshot)


def test_today_is_a_partition_and_tomorrow_is_not() -> None:
    days = daily_partitions(SETTINGS)
    now = datetime(2026, 1, 31, 0, 1, tzinfo=UTC)
    assert days.get_first_partition_key() == SETTINGS.history_start.isoformat()
    assert days.get_partition_keys(current_time=now)[-1] == "2026-01-31"


def test_a_day_is_today_past_or_refused() -> None:
    now = datetime(2026, 1, 31, 23, 59, tzinfo=UTC)
    assert era_of(day_of("2026-01-31"), now) is Era.TODAY
    assert era_of(day_of("2026-01-30"), now) is Era.PAST
    with pytest.raises(dg.Failure, match="2026-02-01 has not begun") as failed, one_line_failures():
        era_of(day_of("2026-02-01"), now)
    assert failed.value.allow_retries is False


def test_only_a_passing_failure_is_tried_again() -> None:
    with pytest.raises(dg.Failure) as failed, one_line_failures():
        raise ProviderUnreachable("no answer within 30 s")
    assert failed.value.allow_retries is True


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(1, "every minute"), (30, "every 30 minutes"), (60, "every hour"), (360, "every 6 hours")],
)
def test_an_interval_is_told_in_the_largest_unit(minutes: int, said: str) -> None:
    assert every(minutes) == said


class Unreachable(PlatformResource):
    def open(self) -> AbstractContextManager[Platform]:
        raise DatabaseUnavailable("gone")


def test_a_tick_without_a_database_says_so() -> None:
    repository = _repository()
    with dg.instance_for_test() as instance:
        context = dg.build_sensor_context(
            instance,
            repository_def=repository,
            resources={"platform_resource": Unreachable(SETTINGS)},
        )
        with pytest.raises(DatabaseUnavailable):
            repository.get_sensor_def("collect_planned").evaluate_tick(context)


def test_the_lineage_names_columns_that_exist() -> None:
    odds = {field.name for field in describe("odds")}
    snapshots = {field.name for field in describe("odds_snapshots")}
    lineage = odds_lineage().deps_by_column
    assert set(lineage) == odds - {"is_valid", "validation_notes"}
    assert {dep.column_name for deps in lineage.values() for dep in deps} <= snapshots


def test_a_hostile_name_stays_text() -> None:
    name = "a|b<script>alert(1)</script>[x](javascript:y) `z` ![i](//h)\n# big"
    table = markdown.table(["team"], [[name]])
    assert table.count("\n") == 2
    cell = table.splitlines()[2].removeprefix("| ").removesuffix(" |")
    assert not set(cell) & set("|<>[]()`!*_")
    assert "&#124;" in cell
