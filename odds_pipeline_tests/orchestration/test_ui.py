"""The Dagster UI as a person sees it, in headless Chromium."""

from pathlib import Path

import pytest

from odds_pipeline.orchestration.runs import run_collection
from odds_pipeline_tests.orchestration.conftest import TODAY, Stage
from odds_pipeline_tests.webserver.evil_site import evil_site
from odds_pipeline_tests.webserver.running import needs_chromium, page, webserver

pytestmark = [pytest.mark.ui, needs_chromium]


@pytest.mark.long
def test_a_person_sees_assets_checks_and_demo_and_a_foreign_page_does_nothing(
    stage: Stage, tmp_path: Path
) -> None:
    assert run_collection(stage.settings, TODAY, stage.instance).success
    with webserver(stage.environment, tmp_path / "ui.log") as address:
        asset = page(f"{address}/assets/odds?view=overview")
        checks = page(f"{address}/assets/odds?view=checks")
        with evil_site(address) as evil:
            attacked = page(evil)
    assert "DEMO" in asset
    assert "decimal_price" in asset
    assert "One row per outcome per snapshot" in asset
    assert "overround_in_band" in checks
    assert "reconciliation" in checks
    assert "No description found" not in asset + checks
    assert "end: reached" in attacked
    assert "json post: refused" in attacked
    assert "websocket: refused" in attacked
    assert "websocket: open" not in attacked
    assert not stage.instance.event_log_storage.get_concurrency_keys()
