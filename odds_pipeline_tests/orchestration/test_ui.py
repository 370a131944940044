"""The Dagster UI as a person sees it, in headless Chromium."""

from pathlib import Path

import pytest

from odds_pipeline.orchestration.runs import run_collection
from odds_pipeline_tests.orchestration.conftest import TODAY, Stage
from odds_pipeline_tests.webserver.running import needs_chromium, page, webserver

pytestmark = [pytest.mark.ui, needs_chromium]


@pytest.mark.long
def test_a_person_sees_assets_checks_runs_and_demo(stage: Stage, tmp_path: Path) -> None:
    assert run_collection(stage.settings, TODAY, stage.instance).success
    (run,) = stage.instance.get_run_records(limit=1)
    with webserver(stage.environment, tmp_path / "ui.log") as address:
        asset = page(f"{address}/assets/odds?view=overview")
        checks = page(f"{address}/assets/odds?view=checks")
        events = page(f"{address}/runs/{run.dagster_run.run_id}")
    assert "DEMO" in asset
    assert "decimal_price" in asset
    assert "One row per outcome per snapshot" in asset
    assert "overround_in_band" in checks
    assert "reconciliation" in checks
    assert "No description found" not in asset + checks
    assert "RUN_SUCCESS" in events  # came by websocket
