"""`odds-webserver`: Dagster's webserver behind the guard, to be started where it was.

Belongs here: the command line and the start. Does not belong here: the guard, Dagster's
application (``ui``).

It finds Dagster's instance as Dagster's programs do, in the environment (`odds up` sets it, and
`eval "$(odds env)"` in a terminal), and its own settings (ODDS_UI_*) as `odds` does.
"""

import logging
import sys
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Annotated

import typer

from odds_pipeline.errors import OddsPipelineError, UsageError
from odds_pipeline.settings import Settings, load_settings
from odds_pipeline.webserver.login import Login, PasswordLogin, ProxyLogin
from odds_pipeline.webserver.policy import LOOPBACK_HOSTS

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from odds_pipeline.webserver.health import Probe

STATEMENT_MS, POOL_SECONDS, POOL_OVERFLOW = 15_000, 3600, 20

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(epilog="Example: odds-webserver --port 3001")
def serve(
    host: Annotated[str, typer.Option("--host", "-h", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", "-p", help="Port to listen on.")] = 3000,
    workspace: Annotated[
        str, typer.Option("--workspace", "-w", help="Dagster's workspace file.")
    ] = "workspace.yaml",
    published_on_loopback: Annotated[
        bool,
        typer.Option(
            "--published-on-loopback",
            help="In a container whose port is published on its machine's loopback only: listen "
            "everywhere without a login.",
        ),
    ] = False,
) -> None:
    """Serve Dagster's UI to the hosts it is known by, and changes to its own pages alone."""
    settings = load_settings()
    if not published_on_loopback:
        require_guarded(settings, host)
    _serve(settings, login_of(settings), host, port, workspace)


def require_guarded(settings: Settings, host: str) -> None:
    """Refuse to show the UI to other machines without a login.

    Raises:
        UsageError: it would be.
    """
    if _is_loopback(host) or login_of(settings) or settings.odds_ui_read_only:
        return
    raise UsageError(
        f"--host {host}: other machines would see the UI without a login; set ODDS_UI_LOGIN "
        "(`odds config hash-password`), ODDS_UI_PROXY_USER_HEADER or ODDS_UI_READ_ONLY"
    )


def login_of(settings: Settings) -> Login | None:
    """The login that the settings ask for; ``None`` without one."""
    if settings.odds_ui_login is not None:
        user, _, hashed = settings.odds_ui_login.get_secret_value().partition(":")
        return PasswordLogin(user, hashed)
    if settings.odds_ui_proxy_user_header is not None:
        return ProxyLogin(
            settings.odds_ui_proxy_user_header, [*map(ip_network, settings.odds_ui_proxies)]
        )
    return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _serve(settings: Settings, login: Login | None, host: str, port: int, workspace: str) -> None:
    import uvicorn
    from dagster import DagsterInstance, __version__
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import WorkspaceFileTarget
    from dagster._utils.interrupts import setup_interrupt_handlers
    from dagster._utils.log import configure_loggers

    from odds_pipeline.webserver.guard import Guard
    from odds_pipeline.webserver.health import Health
    from odds_pipeline.webserver.ui import dagster_ui

    configure_loggers(formatter="colored", log_level="INFO")
    setup_interrupt_handlers()
    with DagsterInstance.get() as instance:
        instance.optimize_for_webserver(STATEMENT_MS, POOL_SECONDS, POOL_OVERFLOW)
        with WorkspaceProcessContext(
            instance,
            version=__version__,
            read_only=settings.odds_ui_read_only,
            workspace_load_target=WorkspaceFileTarget(paths=[workspace]),
        ) as context:
            hosts = LOOPBACK_HOSTS | {name.lower() for name in settings.odds_ui_hosts}
            logging.getLogger("dagster-webserver").info("Serving on http://%s:%d", host, port)
            # Of the peer that a proxy claims, nothing is believed.
            uvicorn.run(
                Health(Guard(dagster_ui(context), hosts, login), _probes(settings, instance)),
                host=host,
                port=port,
                log_level="warning",
                proxy_headers=False,
                server_header=False,
            )


def _probes(settings: Settings, instance: "DagsterInstance") -> "dict[str, Probe]":
    """What `/health` looks at."""
    from odds_pipeline.storage.engine import open_engine, transaction
    from odds_pipeline.webserver.health import alive

    def beats() -> list[float]:
        return [beat.timestamp for beat in instance.get_daemon_heartbeats().values()]

    probes = {"daemon": alive(beats)}
    if settings.own_database is None:
        return probes
    pooled = settings.database_direct_url is not None
    engine = open_engine(settings.own_database, 1, 0, pooled=pooled)

    def answers() -> bool:
        with transaction(engine) as conn:
            return conn.execute("SELECT 1").fetchone() is not None

    return {"database": answers} | probes


def main() -> None:
    """Run, and end with one line and the exit code of `odds` when something is wrong."""
    try:
        app()
    except OddsPipelineError as failure:
        sys.stderr.write(f"✗ {failure}\n")
        sys.exit(failure.exit_code)


if __name__ == "__main__":
    main()
