"""The programs `odds up` keeps running: the loopback provider, Dagster's webserver and daemon.

Belongs here: their command lines and how they show that they are ready. Does not belong here:
their life (``supervisor``).
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from odds_pipeline.cli.environment import project_root
from odds_pipeline.cli.readiness import http_answers, log_says
from odds_pipeline.cli.supervisor import Child
from odds_pipeline.settings import PROVIDER_URL, Settings
from odds_pipeline.storage.embedded.ports import LOOPBACK

PROBE = "/v4/sports/?apiKey=demo"


def needs_provider(settings: Settings) -> bool:
    """Whether the loopback provider is ours to run: DEMO, and no other address was given."""
    return settings.demo and settings.odds_api_base_url == PROVIDER_URL


def provider(settings: Settings) -> Child:
    """The loopback provider; its credit count lasts as long as the home folder."""
    port = settings.odds_simulator_port
    return Child(
        name="loopback provider",
        argv=(
            *(sys.executable, "-m", "odds_pipeline.cli", "simulator", "serve"),
            *("--port", str(port), "--state", str(settings.home / "simulator.json")),
        ),
        env=dict(os.environ),
        log=settings.home / "logs" / "simulator.log",
        ready=http_answers(port, PROBE),
    )


def dagster_programs(settings: Settings) -> list[Child]:
    """Dagster's webserver, on loopback only and behind the guard, and its daemon."""
    port = settings.odds_ui_port
    webserver = Child(
        name="Dagster UI",
        argv=(
            *(sys.executable, "-m", "odds_pipeline.webserver", "--host", LOOPBACK),
            *("--port", str(port)),
            *("--workspace", _workspace()),
        ),
        env=dict(os.environ),
        log=settings.home / "logs" / "dagster-webserver.log",
        ready=http_answers(port, "/server_info"),
    )
    return [webserver, daemon(settings)]


def daemon(settings: Settings) -> Child:
    """Dagster's daemon: schedules, sensors, the run queue, backfills."""
    log = settings.home / "logs" / "dagster-daemon.log"
    return Child(
        name="Dagster daemon",
        argv=(_script("dagster-daemon"), "run", "--workspace", _workspace()),
        env=dict(os.environ),
        log=log,
        ready=log_says(log, "is configured with the following daemons"),
    )


def served_programs(settings: Settings, host: str, port: int, code_port: int) -> list[Child]:
    """Code server, webserver and daemon, each a process that may be restarted alone.

    Args:
        settings: all settings.
        host: address the webserver listens on.
        port: its port.
        code_port: loopback port of the code server.
    """
    logs = settings.home / "logs"
    workspace = _grpc_workspace(settings, code_port)
    code_log, daemon_log = logs / "code-server.log", logs / "dagster-daemon.log"
    where = ("--workspace", workspace)
    return [
        _served(
            "code server",
            (
                *(_script("dagster"), "api", "grpc", "--host", LOOPBACK, "--port", str(code_port)),
                *("--module-name", "odds_pipeline.definitions"),
            ),
            code_log,
            log_says(code_log, "Started Dagster code server"),
        ),
        _served(
            "Dagster UI",
            (
                *(sys.executable, "-m", "odds_pipeline.webserver", "--host", host),
                *("--port", str(port), *where),
            ),
            logs / "dagster-webserver.log",
            http_answers(port, "/server_info"),
        ),
        _served(
            "Dagster daemon",
            (_script("dagster-daemon"), "run", *where),
            daemon_log,
            log_says(daemon_log, "is configured with the following daemons"),
        ),
    ]


def _served(name: str, argv: tuple[str, ...], log: Path, ready: Callable[[], bool]) -> Child:
    return Child(name, argv, dict(os.environ), log, ready, shown=True)


def _grpc_workspace(settings: Settings, port: int) -> str:
    """The workspace file that names the code server, made anew at each start."""
    path = settings.home / "dagster" / "workspace.grpc.yaml"
    path.write_text(
        "load_from:\n"
        "  - grpc_server:\n"
        f"      host: {LOOPBACK}\n"
        f"      port: {port}\n"
        "      location_name: odds_pipeline\n"
    )
    return str(path)


def _workspace() -> str:
    return str(project_root() / "workspace.yaml")


def _script(name: str) -> str:
    return str(Path(sys.executable).parent / name)
