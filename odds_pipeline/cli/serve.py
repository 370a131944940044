"""`odds serve`: the whole platform as one program, for a host that runs one container.

Belongs here: the order of the steps. Does not belong here: the programs (``children``), their life
(``supervisor``). Unlike `odds up` it collects by the clock alone, and is watched from outside.
"""

import socket
from contextlib import ExitStack
from typing import Annotated

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.session import configured
from odds_pipeline.cli.up import agreed, watch
from odds_pipeline.settings import Settings
from odds_pipeline.storage.embedded.ports import LOOPBACK

EVERYWHERE = "0.0.0.0"  # noqa: S104  (the guard lets nobody in without a login)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: PORT=8080 odds serve")(serve)


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = EVERYWHERE,
    port: Annotated[
        int | None, typer.Option("--port", help="Port to listen on [PORT, else ODDS_UI_PORT].")
    ] = None,
) -> None:
    """Migrate, then keep code server, Dagster UI and daemon running until SIGTERM.

    For hosts that give a container DATABASE_URL and PORT. Dagster's database is made beside ours
    on the same server. `/health` answers 200 when all of it works; what the programs say goes to
    standard output too. Other machines see the UI only with a login: ODDS_UI_LOGIN.
    """
    from odds_pipeline.cli.occupancy import only_up
    from odds_pipeline.webserver.__main__ import require_guarded

    settings = configured()
    require_guarded(settings, host)
    chosen = port or settings.port or settings.odds_ui_port
    with only_up(settings.home, f"http://{host}:{chosen}"):
        _run(settings, host, chosen)
    screen.say(f"{screen.YES} Stopped")


def _run(settings: Settings, host: str, port: int) -> None:
    from odds_pipeline.cli import children
    from odds_pipeline.cli.db_schema import migrated
    from odds_pipeline.cli.instance import exported
    from odds_pipeline.cli.supervisor import Supervisor
    from odds_pipeline.composition import open_platform

    with ExitStack() as running:
        settings = running.enter_context(exported(settings))
        migrated(settings)
        with open_platform(settings) as platform:
            agreed(platform)
        programs = [children.provider(settings)] if children.needs_provider(settings) else []
        programs += children.served_programs(settings, host, port, _free_port())
        supervisor = running.enter_context(Supervisor(programs, _told))
        screen.say(f"{screen.YES} Serving on {host}:{port}; /health says whether all works")
        watch([supervisor])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _told(name: str, what: str) -> None:
    screen.say(f"{name}: {what}")
