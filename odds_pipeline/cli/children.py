"""The programs `odds up` keeps running: the loopback provider, Dagster's webserver and daemon.

Belongs here: their command lines and how they show that they are ready. Does not belong here:
their life (``supervisor``).
"""

import os
import sys
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


def _workspace() -> str:
    return str(project_root() / "workspace.yaml")


def _script(name: str) -> str:
    return str(Path(sys.executable).parent / name)
