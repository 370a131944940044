"""`odds simulator`: the loopback provider in the foreground, and the faults it can be given.

Belongs here: options. Does not belong here: what is served and what goes wrong (``simulator``).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import configured
from odds_pipeline.errors import UsageError

if TYPE_CHECKING:
    from odds_pipeline.simulator.clock import Clock

_COLUMNS = (
    Column("name", "fault"),
    Column("family", "family"),
    Column("charged", "charged"),
    Column("does", "what it does"),
)


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Serve simulated or recorded odds.", no_args_is_help=True)
    group.command("serve", epilog="Example: odds simulator serve --port 8765 --seed 7")(serve)
    group.command("faults", epilog="Example: odds simulator faults --json")(faults)
    app.add_typer(group, name="simulator")


def faults(as_json: AsJson = False) -> None:
    """List what `--fault` can make go wrong, and whether the provider charges such a call."""
    from odds_pipeline.simulator.faults.registry import load_faults

    rows = [
        {"name": one.name, "family": one.family, "charged": one.charged, "does": one.does}
        for one in load_faults().values()
    ]
    if as_json:
        screen.show_json(rows)
        return
    screen.show_table(rows, _COLUMNS, screen.zone_named("UTC"))
    screen.say("Switch them on with `odds simulator serve --fault NAME[=SHARE]`.")


def serve(
    port: Annotated[
        int | None,
        typer.Option(
            help="Loopback port, 0 for a free one [ODDS_SIMULATOR_PORT].", min=0, max=65535
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the simulated market.")] = 1,
    quota: Annotated[
        int | None, typer.Option(help="Credits a month for every key [ODDS_API_QUOTA].", min=0)
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="File that carries the credit count over a restart.")
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(help="Folder of recorded responses to serve instead.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Time it starts at, ISO 8601; now by default.")
    ] = None,
    speed: Annotated[float, typer.Option(help="Seconds of its clock in a real second.")] = 1.0,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="NAME or NAME=SHARE of calls; may be repeated.", metavar="NAME[=SHARE]"),
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option(help="A valid key, may be repeated; any by default.")
    ] = None,
    setting: Annotated[
        str, typer.Option(help="How the books price: natural, efficient, edge (one planted).")
    ] = "natural",
) -> None:
    """Speak The Odds API's protocol on 127.0.0.1 until Ctrl-C."""
    from odds_pipeline.simulator.faults.switch import Faults
    from odds_pipeline.simulator.server import serve as run

    settings = configured()
    chosen = settings.odds_simulator_port if port is None else port
    clock, switched_on = _clock(start, speed), Faults(seed, _shares(fault or []))
    keys = "the given keys" if key else "any key"
    screen.say(f"Serving on http://127.0.0.1:{chosen} ({keys}); Ctrl-C stops it.")
    run(
        port=chosen,
        seed=seed,
        quota=settings.api_keys[0].quota if quota is None else quota,
        state=state,
        replay=replay,
        clock=clock,
        keys=frozenset(key) if key else None,
        faults=switched_on,
        setting=setting,
    )


def _clock(start: str | None, speed: float) -> "Clock":
    from odds_pipeline.simulator.clock import DrivenClock, RealClock

    at = screen.moment(start, "--from")
    if at is None and speed == 1:
        return RealClock()
    return DrivenClock(at or RealClock().now(), speed)


def _shares(stated: list[str]) -> dict[str, float]:
    """The share of each fault, 1 where none is stated."""
    shares = {}
    for one in stated:
        name, given, share = one.partition("=")
        try:
            shares[name] = float(share) if given else 1.0
        except ValueError:
            shares[name] = -1.0
        if not 0 <= shares[name] <= 1:
            raise UsageError(f"--fault {one}: the share is a number from 0 to 1")
    return shares
