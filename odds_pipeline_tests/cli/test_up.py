"""`odds up` whole: embedded PostgreSQL, loopback provider, Dagster's own programs and its UI.

Slow: the programs are real, and each start of Dagster's takes seconds.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from odds_pipeline_tests.cli.conftest import REPOSITORY, Odds, is_one_line, program
from odds_pipeline_tests.cli.test_supervisor import free_port
from odds_pipeline_tests.webserver.running import CHROMIUM, page

LAUNCH = """
import sys
from odds_pipeline.cli import main, up
up.launch.__kwdefaults__["days"] = 1
sys.exit(main.run(sys.argv[1:]))
"""

NEWEST_RUN = (
    "{runsOrError(filter: {statuses: [SUCCESS]}, limit: 1) {... on Runs {results {runId}}}}"
)
PLACE = {"repositoryName": "__repository__", "repositoryLocationName": "odds_pipeline"}
ADD_PARTITION = """mutation($place: RepositorySelector!, $key: String!) {
    addDynamicPartition(repositorySelector: $place, partitionsDefName: "experiments",
        partitionKey: $key) { __typename } }"""
# What the page sends at "Launch 1 run".
LAUNCH_RUN = """mutation($run: ExecutionParams!) { launchPipelineExecution(executionParams: $run) {
    __typename ... on LaunchRunSuccess { run { runId } } } }"""
RUN_ENDED = """query($id: ID!) { runOrError(runId: $id) { ... on Run { status
    events: eventConnection(limit: 1000) { events { __typename
    ... on AssetCheckEvaluationEvent { evaluation { checkName success } } } } } } }"""
TIMELINE = """{ runsOrError { ... on Runs { results { pipelineName repositoryOrigin {
    repositoryName repositoryLocationName } } } } }"""


@pytest.fixture
def ports(bare: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    ui, simulator = free_port(), free_port()
    monkeypatch.setenv("ODDS_UI_PORT", str(ui))
    monkeypatch.setenv("ODDS_SIMULATOR_PORT", str(simulator))
    return ui, simulator


def start(*arguments: str) -> subprocess.Popen[str]:
    """`odds up` as a program, with one day of history instead of two weeks."""
    return subprocess.Popen(
        [sys.executable, "-c", LAUNCH, "up", *arguments],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def lines_until(running: subprocess.Popen[str], words: str) -> Iterator[str]:
    assert running.stdout is not None
    for line in running.stdout:
        yield line
        if words in line:
            return


@pytest.mark.long
@pytest.mark.ui
def test_up_does_its_job_until_it_is_told_to_stop(
    ports: tuple[int, int], subtests: pytest.Subtests
) -> None:
    with start() as running:
        out = "".join(lines_until(running, "Ctrl-C stops everything."))
        assert "✓ Live collection: 3 credits" in out, out
        assert "Checks: " in out
        assert "✓ Results: 1 imported (one file a day in " in out
        assert ", 0 open; ROI" in out
        assert f"Dagster UI: http://127.0.0.1:{ports[0]}" in out
        with subtests.test("as a person sees it in a browser"):
            looks_as_promised(f"http://127.0.0.1:{ports[0]}")
        children = psutil.Process(running.pid).children(recursive=True)
        assert len(children) >= 3
        second = program("up")
        assert is_one_line(second, 7)
        assert f"pid {running.pid}" in second.err
        assert f"UI http://127.0.0.1:{ports[0]}" in second.err
        status = program("status", "--json").json
        running.send_signal(signal.SIGTERM)
        out, err = running.communicate()
    assert (running.returncode, err) == (0, ""), out + err
    _, left = psutil.wait_procs(children, timeout=30)
    assert not left
    assert status["kind"] == "demo"
    assert min(status["events_total"], status["odds_records"], status["checks_run"]) > 0


def looks_as_promised(address: str) -> None:
    if CHROMIUM is None:
        pytest.skip("no chromium on PATH")
    asset = page(f"{address}/assets/odds?view=overview")
    assert "DEMO" in asset
    assert "decimal_price" in asset
    assert "One row per outcome per snapshot" in asset
    checks = page(f"{address}/assets/odds?view=checks")
    assert "overround_in_band" in checks
    assert "No description found" not in asset + checks
    newest = requests.post(
        f"{address}/graphql", json={"query": NEWEST_RUN}, headers={"Origin": address}, timeout=60
    )
    assert newest.ok, newest.text
    (run,) = newest.json()["data"]["runsOrError"]["results"]
    assert "RUN_SUCCESS" in page(f"{address}/runs/{run['runId']}")  # came by websocket


@pytest.mark.slow
def test_a_backtest_launched_in_the_ui_is_carried_out_by_the_daemon(
    ports: tuple[int, int],
) -> None:
    address = f"http://127.0.0.1:{ports[0]}"
    with start() as running:
        out = "".join(lines_until(running, "Ctrl-C stops everything."))
        assert "✓ Backtest: favourite on demo@1" in out, out
        ended = launched(address, "clicked", {"dataset": "demo", "strategy": "favourite"})
        plain = launched(address, "as-it-stands", {})
        runs = asked(address, TIMELINE)["runsOrError"]["results"]
        listed = {each["name"]: each for each in program("backtest", "list", "--json").json}
        sheet = Path("tearsheet.html")
        number = str(listed["clicked"]["id"])
        shown = program("backtest", "show", number, "--html", str(sheet))
        running.send_signal(signal.SIGTERM)
        out, err = running.communicate()
    assert (running.returncode, err) == (0, ""), out + err
    # By our own checks; which of them pass is not the daemon's doing.
    for each in (ended, plain):
        assert each["looks_at_no_future"], each
        assert set(each) == {
            *("looks_at_no_future", "roi_has_an_interval"),
            *("trials_are_counted", "dataset_is_as_frozen"),
        }
    assert {each["status"] for each in listed.values()} == {"completed"}
    same = ("strategy", "dataset", "dataset_hash", "total_bets", "total_profit")
    for key in ("clicked", "as-it-stands"):
        assert [listed[key][name] for name in same] == [listed["demo"][name] for name in same]
    assert shown.code == 0, shown.err
    assert "clicked" in sheet.read_text()
    # The timeline leaves out runs whose place it does not know: those of `odds up` itself too.
    assert {"collect", "settle_scores", "learn", "__ASSET_JOB"} <= {r["pipelineName"] for r in runs}
    assert all(run["repositoryOrigin"] == PLACE for run in runs), runs


def asked(address: str, query: str, **variables: object) -> Any:
    answer = requests.post(
        f"{address}/graphql",
        json={"query": query, "variables": variables},
        headers={"Origin": address},
        timeout=60,
    )
    assert answer.ok, answer.text
    return answer.json()["data"]


def launched(address: str, key: str, config: dict[str, str]) -> dict[str, bool]:
    """Add a partition, launch its run as the page does, and see it to its end: its checks."""
    asked(address, ADD_PARTITION, place=PLACE, key=key)
    run = {
        "selector": PLACE
        | {"pipelineName": "__ASSET_JOB", "assetSelection": [{"path": ["backtest_results"]}]},
        "mode": "default",
        "runConfigData": {"ops": {"backtest_results": {"config": config}}} if config else {},
        "executionMetadata": {"tags": [{"key": "dagster/partition", "value": key}]},
    }
    said = asked(address, LAUNCH_RUN, run=run)["launchPipelineExecution"]
    assert said["__typename"] == "LaunchRunSuccess", said
    while True:
        program("backtest", "list")
        now = asked(address, RUN_ENDED, id=said["run"]["runId"])["runOrError"]
        if now["status"] in {"SUCCESS", "FAILURE", "CANCELED"}:
            break
    assert now["status"] == "SUCCESS", now
    verdicts = [event.get("evaluation") for event in now["events"]["events"]]
    return {each["checkName"]: each["success"] for each in verdicts if each}


@pytest.mark.slow
def test_up_once_again_pays_for_nothing_twice(ports: tuple[int, int]) -> None:
    paid = []
    for said in ("✓ Live collection: 3 credits", "nothing to buy"):
        with start("--once") as running:
            out, err = running.communicate()
        assert (running.returncode, err) == (0, ""), out + err
        assert said in out
        paid.append(program("quota", "--json").json["used"])
    # A slot boundary may have passed meanwhile: one live tick and no history.
    assert paid[1] - paid[0] in {0, 3, 5}


def test_a_used_port_is_one_line(
    nowhere: Odds, ports: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        for name in ("ODDS_UI_PORT", "ODDS_SIMULATOR_PORT"):
            with monkeypatch.context() as patch:
                patch.setenv(name, str(other.getsockname()[1]))
                ended = nowhere("up", "--once")
                assert is_one_line(ended, 7)
                assert name in ended.err


def test_real_collection_is_not_started_unasked(
    odds: Odds, ports: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ODDS_API_KEY", "canary")
    ended = odds("up", "--once")
    assert ended.code == 8
    assert "3 credits every 30 minutes" in ended.out
    assert "set ODDS_YES=1" in ended.err
    assert "canary" not in ended.out + ended.err
