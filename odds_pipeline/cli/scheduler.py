"""`odds scheduler`: collection by the clock, switched on, off, and looked at.

Belongs here: the commands. Does not belong here: schedules and sensors (``orchestration``), the
background program (``background``). Exit code of `status` while nothing is collected: 9.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson, Zone
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import configured, require_database

if TYPE_CHECKING:
    from odds_pipeline.orchestration.instigators import Instigators
    from odds_pipeline.settings import Settings

NOT_COLLECTING = 9
SILENT_AFTER = timedelta(minutes=5)
_COLUMNS = (
    Column("sign", ""),
    Column("name", "name"),
    Column("kind", "kind"),
    Column("last_tick", "last tick"),
    Column("outcome", "ended"),
    Column("next_tick", "next"),
    Column("reason", "said"),
)


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Collect by the clock: start, stop, look.", no_args_is_help=True)
    group.command("start", epilog="Example: odds scheduler start")(start)
    group.command("stop", epilog="Example: odds scheduler stop")(stop)
    group.command("status", epilog="Example: odds scheduler status --json")(status)
    group.command("run", epilog="Example: odds scheduler run")(run)
    app.add_typer(group, name="scheduler")


def start() -> None:
    """Switch collection on: the mode in force, scores, events, gaps; start a daemon if none runs.

    The daemon runs in the background until `odds scheduler stop`; `odds up` has one of its own.
    """
    from odds_pipeline.cli import background
    from odds_pipeline.orchestration.modes import MODE_INSTIGATORS

    settings = configured()
    require_database(settings)
    with instigators(settings) as found:
        mode = found.mode() or settings.sampling_mode
        others = [name for name in found.names() if name not in MODE_INSTIGATORS.values()]
        changed = [*found.set_mode(mode), *found.start(others)]
        alive = _is_alive(found.heartbeat())
    screen.say(f"{screen.YES} Mode {mode}; switched: {', '.join(changed) or 'nothing'}")
    if alive:
        screen.say(f"{screen.YES} A daemon runs already")
        return
    pid = background.start(settings)
    screen.say(f"{screen.YES} The daemon runs in the background (pid {pid})")


def stop() -> None:
    """Switch collection off; work in progress is finished, slots ahead are no longer planned."""
    from odds_pipeline.cli import background
    from odds_pipeline.composition import open_platform
    from odds_pipeline.services.sampling import plan_nothing

    settings = configured()
    require_database(settings)
    with instigators(settings) as found:
        changed = found.stop(found.names())
    with open_platform(settings) as platform:
        dropped = plan_nothing(platform)
    screen.say(f"{screen.YES} Switched off: {', '.join(changed) or 'nothing'}")
    screen.say(f"{screen.YES} {dropped} slots ahead are no longer planned")
    ended = background.stop(settings)
    if ended is not None:
        screen.say(f"{screen.YES} The daemon in the background (pid {ended}) has ended")


def status(tz: Zone = "UTC", as_json: AsJson = False) -> None:
    """Show the daemon's heartbeat, each schedule and sensor, what it last said, and what is next.

    Exit code 9 while no daemon lives or no sampling mode is switched on.
    """
    zone = screen.zone_named(tz)
    settings = configured()
    require_database(settings)
    with instigators(settings) as found:
        states = found.states()
        mode, beat = found.mode(), found.heartbeat()
    collecting = mode is not None and _is_alive(beat)
    if as_json:
        screen.show_json(
            {
                "collecting": collecting,
                "mode": mode,
                "heartbeat": beat,
                "instigators": [asdict(state) for state in states],
            }
        )
    else:
        rows: list[dict[str, Any]] = [
            asdict(state) | {"sign": screen.YES if state.running else screen.NO} for state in states
        ]
        screen.show_table(rows, _COLUMNS, zone)
        said = "never" if beat is None else screen.shown(beat, zone)
        sign = screen.YES if collecting else screen.NO
        screen.say(f"{sign} Mode {mode or 'none'}; the daemon's last sign: {said} {tz}")
    raise typer.Exit(0 if collecting else NOT_COLLECTING)


def run() -> None:
    """Run the daemon here until Ctrl-C or SIGTERM: what `start` runs in the background."""
    from odds_pipeline.cli import background

    background.serve(configured())


def _is_alive(beat: datetime | None) -> bool:
    return beat is not None and datetime.now(UTC) - beat < SILENT_AFTER


@contextmanager
def instigators(settings: "Settings") -> "Iterator[Instigators]":
    """The schedules and sensors of the instance that the settings name."""
    from odds_pipeline.cli.environment import project_root
    from odds_pipeline.cli.instance import dagster_instance, exported
    from odds_pipeline.orchestration.instigators import Instigators

    with exported(settings) as named, dagster_instance(named) as instance:
        yield Instigators(named, instance, project_root() / "workspace.yaml")
