"""`odds scheduler`: collection on schedule, started, stopped and looked at.

Belongs here: the commands. Does not belong here: the switches (``orchestration.switches``), the
daemon in the background (``background``).
"""

import os
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typer

from odds_pipeline.cli import background, screen
from odds_pipeline.cli.options import AsJson, Zone
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import configured, require_database

if TYPE_CHECKING:
    from odds_pipeline.orchestration.switches import Scheduler

NOT_COLLECTING = 1
_COLUMNS = (
    Column("name", "name"),
    Column("kind", "kind"),
    Column("running", "on"),
    Column("last_tick", "last tick"),
    Column("last_status", "it"),
    Column("next_tick", "next"),
    Column("last_reason", "reason"),
)


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Collect on schedule.", no_args_is_help=True)
    group.command("start", epilog="Example: odds scheduler start")(start)
    group.command("stop", epilog="Example: odds scheduler stop")(stop)
    group.command("status", epilog="Example: odds scheduler status --json")(status)
    group.command("serve", hidden=True)(serve)
    app.add_typer(group, name="scheduler")


def start() -> None:
    """Switch on the sampling mode with the score, status and gap jobs, and a daemon if none runs.

    The daemon runs in the background until `odds scheduler stop`; `odds up` has one of its own.
    """
    from odds_pipeline.cli.instance import dagster_instance, exported
    from odds_pipeline.composition import open_platform
    from odds_pipeline.orchestration.switches import scheduler
    from odds_pipeline.orchestration.switches import start as switch_on
    from odds_pipeline.services.deployment import require_confirmed

    given = dict(os.environ)
    settings = configured()
    require_database(settings)
    with exported(settings) as named, dagster_instance(named) as instance:
        with open_platform(named) as platform:
            require_confirmed(platform, 1)
        names = switch_on(instance, named)
        if background.runs(named, instance):
            screen.say(f"{screen.YES} A daemon runs already")
        else:
            pid = background.launch(named, instance, given)
            screen.say(f"{screen.YES} Daemon started in the background (pid {pid})")
        mode = scheduler(instance, named).mode
    screen.say(f"{screen.YES} Mode {mode}; on: {', '.join(names)}")


def stop() -> None:
    """Switch every schedule and sensor off; what has begun is finished.

    A daemon that `odds scheduler start` started ends itself once no run is left.
    """
    from odds_pipeline.cli.instance import dagster_instance, exported
    from odds_pipeline.orchestration.switches import stop as switch_off

    settings = configured()
    require_database(settings)
    with exported(settings) as named, dagster_instance(named) as instance:
        names = switch_off(instance, named)
    screen.say(f"{screen.YES} Off: {', '.join(names)}; runs that have begun are finished")


def status(tz: Zone = "UTC", as_json: AsJson = False) -> None:
    """Show the daemon's heartbeat and each schedule and sensor; exit 1 when nothing is collected.

    Of each: whether it is on, its last tick with its reason, and its next one.
    """
    from odds_pipeline.cli.instance import dagster_instance, exported
    from odds_pipeline.orchestration.switches import scheduler

    zone = screen.zone_named(tz)
    settings = configured()
    require_database(settings)
    with exported(settings) as named, dagster_instance(named) as instance:
        found = scheduler(instance, named)
    if as_json:
        screen.show_json(_values(found))
    else:
        _show(found, zone)
    if not found.collecting:
        raise typer.Exit(NOT_COLLECTING)


def serve() -> None:
    """Keep a daemon running until everything is switched off (the background of `start`)."""
    background.serve(configured())


def _values(found: "Scheduler") -> dict[str, Any]:
    switches = [
        {column.key: getattr(switch, column.key) for column in _COLUMNS}
        for switch in found.switches
    ]
    return {
        "collecting": found.collecting,
        "heartbeat": found.heartbeat,
        "alive": found.alive,
        "mode": str(found.mode),
        "switches": switches,
    }


def _show(found: "Scheduler", zone: ZoneInfo) -> None:
    beat = "never" if found.heartbeat is None else screen.shown(found.heartbeat, zone)
    sign = screen.YES if found.alive else screen.NO
    screen.say(f"{sign} Daemon: last heartbeat {beat}")
    sign = screen.YES if found.collecting else screen.NO
    doing = "collecting" if found.collecting else "NOT collecting: `odds scheduler start`"
    screen.say(f"{sign} Mode {found.mode}: {doing}")
    screen.show_table(_values(found)["switches"], _COLUMNS, zone)
