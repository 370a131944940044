"""The Dagster UI as a person sees it, in headless Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from odds_pipeline.cli.environment import project_root
from odds_pipeline.cli.readiness import http_answers
from odds_pipeline.cli.supervisor import Child, Supervisor
from odds_pipeline.orchestration.runs import run_collection
from odds_pipeline_tests.orchestration.conftest import TODAY, Stage

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.ui,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH"),
]


@contextmanager
def _webserver(stage: Stage, log: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = (
        *(sys.executable, "-m", "dagster_webserver", "-h", "127.0.0.1", "-p", str(port)),
        *("-w", str(project_root() / "workspace.yaml")),
    )
    environment = dict(os.environ) | stage.environment
    child = Child("Dagster UI", command, environment, log, http_answers(port, "/server_info"))
    with Supervisor([child], progress=lambda _name, _state: None):
        yield f"http://127.0.0.1:{port}"


def _page(address: str) -> str:
    """The page's DOM once its scripts have run."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory() as profile:
        return subprocess.run(
            [
                *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
                *("--no-first-run", "--disable-background-networking", "--disable-sync"),
                *("--disable-component-update", f"--user-data-dir={profile}"),
                *("--virtual-time-budget=20000", "--window-size=1400,900"),
                *("--dump-dom", address),
            ],
            capture_output=True,
            text=True,
            timeout=180,
            check=True,
        ).stdout


def test_a_person_sees_the_assets_their_checks_and_that_it_is_a_demo(
    stage: Stage, tmp_path: Path
) -> None:
    assert run_collection(stage.settings, TODAY, stage.instance).success
    with _webserver(stage, tmp_path / "ui.log") as address:
        asset = _page(f"{address}/assets/odds?view=overview")
        checks = _page(f"{address}/assets/odds?view=checks")
    assert "DEMO" in asset
    assert "decimal_price" in asset
    assert "One row per outcome per snapshot" in asset
    assert "overround_in_band" in checks
    assert "reconciliation" in checks
    assert "No description found" not in asset + checks
