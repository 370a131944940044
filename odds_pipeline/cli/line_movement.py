"""`odds line-movement`: every change of a book's prices in a market."""

from typing import Annotated

import typer

from odds_pipeline.cli.options import AsJson, EventId, Zone
from odds_pipeline.cli.price_table import OUTCOME, PRICE, TIMES, read_rows, show_prices
from odds_pipeline.cli.screen import Column


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
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """Show each change of a book's market; a missing price means it was withdrawn."""
    from odds_pipeline.betting.odds import american_from_decimal
    from odds_pipeline.storage import readers

    rows = read_rows(
        event_id, lambda conn: readers.line_movement(conn, event_id, bookmaker, market)
    )
    for row in rows:
        price = row["price"]
        row["american_price"] = american_from_decimal(price) if isinstance(price, float) else None
    nothing = f"{bookmaker} never priced market {market} of event {event_id} here."
    columns = (TIMES[0], *OUTCOME, *PRICE, Column("in_play", "in play"))
    show_prices(rows, columns, as_json, tz, nothing)
