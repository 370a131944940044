"""`odds line-movement`: every change of a book's prices in a market."""

from pathlib import Path
from typing import Annotated

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson, EventId, Zone
from odds_pipeline.cli.price_table import OUTCOME, PRICE, TIMES, read_rows, show_prices
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import platform


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "line-movement",
        epilog="Example: odds line-movement --event-id 4b25… --bookmaker pinnacle --market totals",
    )(line_movement)


def line_movement(
    event_id: EventId,
    bookmaker: Annotated[str, typer.Option(help="Bookmaker key, such as pinnacle.")],
    market: Annotated[str, typer.Option(help="Market key: h2h, spreads, totals, …")] = "h2h",
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw it into this file, every book beside it (.png, .svg or .pdf)."),
    ] = None,
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """Show each change of a book's market; a missing price means it was withdrawn.

    With --plot also draw the market as all books moved it, with a mark at each capture.
    """
    from odds_pipeline.betting.odds import american_from_decimal
    from odds_pipeline.storage import readers

    if plot is not None:
        _draw(plot, event_id, market)
    rows = read_rows(
        event_id, lambda conn: readers.line_movement(conn, event_id, bookmaker, market)
    )
    for row in rows:
        price = row["price"]
        row["american_price"] = american_from_decimal(price) if isinstance(price, float) else None
    nothing = f"{bookmaker} never priced market {market} of event {event_id} here."
    columns = (TIMES[0], *OUTCOME, *PRICE, Column("in_play", "in play"))
    show_prices(rows, columns, as_json, tz, nothing)
    if plot is not None and not as_json:
        screen.say(f"Drawn: {plot}")


def _draw(path: Path, event: str, market: str) -> None:
    from odds_pipeline.services.market.movement_picture import movement_picture

    with platform() as opened:
        drawn = movement_picture(opened, event, market, form=path.suffix.removeprefix("."))
    path.write_bytes(drawn)
