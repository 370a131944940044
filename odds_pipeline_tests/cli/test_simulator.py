"""`odds simulator`: the list of faults, and a provider of one's own making."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from odds_pipeline.simulator.faults.registry import load_faults
from odds_pipeline_tests.cli.conftest import REPOSITORY, Odds, is_one_line
from odds_pipeline_tests.cli.test_supervisor import free_port


def test_faults_are_listed(nowhere: Odds) -> None:
    listed = nowhere("simulator", "faults", "--json").json
    assert [one["name"] for one in listed] == list(load_faults())
    assert all(one["does"] and isinstance(one["charged"], bool) for one in listed)
    table = nowhere("simulator", "faults")
    assert table.code == 0
    assert all(name in table.out for name in load_faults())


@pytest.mark.parametrize(
    "arguments",
    [
        ("--fault", "nonsense"),
        ("--fault", "hang=2"),
        ("--fault", "hang=often"),
        ("--fault", "hang", "--fault", "redirect"),
        ("--from", "yesterday"),
        ("--from", "2026-01-01T00:00:00"),
        ("--speed", "0"),
        ("--speed", "nan"),
    ],
)
def test_wrong_options_are_one_line(nowhere: Odds, arguments: tuple[str, ...]) -> None:
    assert is_one_line(nowhere("simulator", "serve", "--port", "0", *arguments), 2)


def test_time_keys_and_faults_are_as_told(bare: Path) -> None:
    port = free_port()
    program = [sys.executable, "-m", "odds_pipeline.cli", "simulator", "serve"]
    options = [
        *("--port", str(port), "--from", "2026-01-09T18:00:00Z", "--speed", "0.001"),
        *("--key", "good", "--key", "better", "--fault", "quota_garbled=1"),
    ]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    with (
        subprocess.Popen(
            program + options, env=environment, stdout=subprocess.PIPE, text=True
        ) as serving,
        requests.Session() as session,
    ):
        until_up = HTTPAdapter(max_retries=Retry(connect=12, backoff_factor=0.05))
        session.mount("http://", until_up)
        address = f"http://127.0.0.1:{port}/v4/sports"
        good = session.get(address, params={"apiKey": "better"}, timeout=30)
        bad = session.get(address, params={"apiKey": "bad"}, timeout=30)
        serving.send_signal(signal.SIGINT)
        said, _ = serving.communicate(timeout=30)
    assert good.headers["Date"].startswith("Fri, 09 Jan 2026 18:00:0")
    assert good.headers["x-requests-used"] == ""
    assert (bad.status_code, bad.json()["error_code"]) == (401, "INVALID_KEY")
    assert "the given keys" in said
    assert "better" not in said
