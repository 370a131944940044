"""`odds simulator`: the loopback provider in the foreground."""

from pathlib import Path
from typing import Annotated

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.session import configured


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Serve simulated or recorded odds.", no_args_is_help=True)
    group.command("serve", epilog="Example: odds simulator serve --port 8765 --seed 7")(serve)
    # A callback keeps `serve` a subcommand while it is the only one.
    group.callback()(_group)
    app.add_typer(group, name="simulator")


def _group() -> None:
    """Serve simulated or recorded odds."""


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
    setting: Annotated[
        str, typer.Option(help="How the books price: natural, efficient, edge (one planted).")
    ] = "natural",
) -> None:
    """Speak The Odds API's protocol on 127.0.0.1 until Ctrl-C."""
    from odds_pipeline.simulator.server import serve as run

    settings = configured()
    chosen = settings.odds_simulator_port if port is None else port
    screen.say(f"Serving on http://127.0.0.1:{chosen} (any key); Ctrl-C stops it.")
    run(
        port=chosen,
        seed=seed,
        quota=settings.odds_api_quota if quota is None else quota,
        state=state,
        replay=replay,
        setting=setting,
    )
