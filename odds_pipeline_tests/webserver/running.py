"""The guarded UI as a process of its own, and a browser to look at it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from odds_pipeline.cli.environment import project_root
from odds_pipeline.cli.readiness import http_answers
from odds_pipeline.cli.supervisor import Child, Supervisor

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def webserver(variables: Mapping[str, str], log: Path) -> Iterator[str]:
    """The address of a running UI."""
    port = free_port()
    command = (
        *(sys.executable, "-m", "odds_pipeline.webserver", "-p", str(port)),
        *("-w", str(project_root() / "workspace.yaml")),
    )
    environment = dict(os.environ) | dict(variables)
    child = Child("Dagster UI", command, environment, log, http_answers(port, "/server_info"))
    with Supervisor([child], progress=lambda _name, _state: None):
        yield f"http://127.0.0.1:{port}"


def page(address: str) -> str:
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
