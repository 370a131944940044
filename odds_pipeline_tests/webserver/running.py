"""The guarded UI as a process of its own or within this one, and a browser to look at it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.types import ASGIApp

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


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The address of an application, on a thread of this process."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # whoever connects before the server runs waits
        config = uvicorn.Config(app, log_level="error", proxy_headers=False, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def page(address: str, *, when_loaded: bool = False) -> str:
    """The page's DOM once its scripts have run, or as soon as the page says that it is loaded."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory() as profile:
        return subprocess.run(
            [
                *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
                *("--no-first-run", "--disable-background-networking", "--disable-sync"),
                *("--disable-component-update", f"--user-data-dir={profile}"),
                *(() if when_loaded else ("--virtual-time-budget=20000",)),
                "--window-size=1400,900",
                *("--dump-dom", address),
            ],
            capture_output=True,
            text=True,
            env=os.environ | {"HOME": profile},
            timeout=180,
            check=True,
        ).stdout
