"""`odds status`: the status panel."""

from typing import Annotated

import typer

from odds_pipeline.cli import panel, screen
from odds_pipeline.cli.options import AsJson, Zone
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import platform

_TABLES = (
    Column("table", "table"),
    Column("rows", "rows (estimate)", right=True),
    Column("size", "size", right=True),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: odds status --verbose")(status)


def status(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="More figures, and the size of each table.")
    ] = False,
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """Show the panel: last fetch, health, events, odds, credits, size, quality."""
    from odds_pipeline.services.status import status as read
    from odds_pipeline.storage.engine import transaction
    from odds_pipeline.storage.statistics import table_sizes

    zone = screen.zone_named(tz)
    with platform() as opened:
        shown = panel.figures(read(opened), opened.now(), opened.settings.fixed_interval_minutes)
        with transaction(opened.engine) as conn:
            sizes = table_sizes(conn) if verbose else []
    if as_json:
        tables = {"tables": [size._asdict() for size in sizes]} if verbose else {}
        screen.show_json(shown | tables)
        return
    panel.draw(shown, zone, verbose)
    if sizes:
        rows = [size._asdict() | {"size": screen.size(size.bytes)} for size in sizes]
        screen.show_table(rows, _TABLES, zone)
