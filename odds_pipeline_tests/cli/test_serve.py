"""`odds serve`: one container's worth of programs on a PostgreSQL of one's own, as hosts give it.

The server is the distribution's where there is one, over TCP with a password. Slow: the programs
are real.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline_tests.cli.conftest import REPOSITORY, Odds, is_one_line, program
from odds_pipeline_tests.cli.test_supervisor import free_port

ENDS_S = 240


def test_nothing_is_shown_to_strangers(nowhere: Odds) -> None:
    ended = nowhere("serve")
    assert is_one_line(ended, 2)
    assert "ODDS_UI_LOGIN" in ended.err


@contextmanager
def distribution_server() -> Iterator[str]:
    """A PostgreSQL of the distribution's; the address of its database `postgres`."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found or os.geteuid():
        pytest.skip("no PostgreSQL of the distribution, or not root")
    binaries, password, port = found[-1].parent, secrets.token_hex(12), free_port()

    def run(*argv: object) -> None:
        words = list(map(str, argv))
        subprocess.run(words, user="postgres", check=True, stdout=subprocess.DEVNULL, cwd="/")

    with tempfile.TemporaryDirectory(prefix="odds-") as name:
        folder = Path(name)
        data, secret = folder / "data", folder / "password"
        secret.write_text(password)
        for path in (folder, secret):
            shutil.chown(path, "postgres")
        run(
            *(binaries / "initdb", f"--pgdata={data}", "--username=owner", "--no-sync"),
            *(f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8"),
        )
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c fsync=off"
        options += " -c unix_socket_directories=''"
        control = (binaries / "pg_ctl", f"--pgdata={data}", "--wait")
        run(*control, f"--log={folder / 'log'}", f"--options={options}", "start")
        try:
            yield f"postgres://owner:{password}@127.0.0.1:{port}/postgres"
        finally:
            run(*control, "--mode=immediate", "stop")


def _get(url: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    request = urllib.request.Request(url)  # noqa: S310
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
        request.add_header("Origin", url.rpartition("/")[0])
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, None
    except OSError:
        return 0, None


def _until_healthy(address: str, running: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + ENDS_S
    while _get(f"{address}/health")[0] != 200:
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.5)


LAUNCH = """
mutation ($job: String!) {
  launchRun(executionParams: {selector: {jobName: $job, repositoryName: "__repository__",
      repositoryLocationName: "odds_pipeline"}, runConfigData: {}}) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
STATUS = "query ($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"


def _run_to_its_end(address: str, job: str) -> str:
    deadline = time.monotonic() + ENDS_S
    launched: dict[str, Any] = {}
    while "run" not in launched:  # a code server that starts again refuses
        assert time.monotonic() < deadline, launched
        _, answer = _get(f"{address}/graphql", {"query": LAUNCH, "variables": {"job": job}})
        launched = {} if answer is None else answer["data"]["launchRun"]
        time.sleep(0.2)
    run = launched["run"]["runId"]
    while time.monotonic() < deadline:
        _, told = _get(f"{address}/graphql", {"query": STATUS, "variables": {"run": run}})
        status = "" if told is None else str(told["data"]["runOrError"]["status"])
        if status in {"SUCCESS", "FAILURE", "CANCELED"}:
            return status
        time.sleep(0.5)
    raise AssertionError(f"{job} did not end")


def _used(address: str, running: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """Run a job, kill the code server, run it again; returns all processes there were."""
    _until_healthy(address, running)
    children = psutil.Process(running.pid).children(recursive=True)
    assert _run_to_its_end(address, "backup_database") == "SUCCESS"
    code = next(one for one in children if "grpc" in one.cmdline())
    code.kill()
    code.wait(30)
    assert _run_to_its_end(address, "backup_database") == "SUCCESS"
    return children + psutil.Process(running.pid).children(recursive=True)


@pytest.mark.slow
def test_one_command_on_a_given_database_and_port(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with distribution_server() as url, RunningSimulator() as provider:
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("PORT", str(port))
        monkeypatch.setenv("ODDS_API_BASE_URL", provider.url)
        said = bare / "said.log"
        with (
            said.open("w") as output,
            subprocess.Popen(
                [sys.executable, "-m", "odds_pipeline.cli", "serve", "--host", "127.0.0.1"],
                env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
                stdout=output,
                stderr=subprocess.STDOUT,
            ) as running,
        ):
            try:
                children = _used(address, running)
            finally:
                running.send_signal(signal.SIGTERM)
                running.wait(ENDS_S)
        out = said.read_text()
        assert running.returncode == 0, out
        assert "Dagster daemon: " in out
        assert url.split(":")[2].partition("@")[0] not in out
        assert program("db", "status").code == 0
        assert program("status", "--json").json["kind"] == "demo"
        assert [one["verified_how"] for one in program("db", "backups", "--json").json] == [
            "restored",
            "restored",
        ]
    _, left = psutil.wait_procs(children, timeout=30)
    assert not left
