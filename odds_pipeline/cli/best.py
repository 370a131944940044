"""`odds best`: the highest price of each outcome, and who offers it."""

from typing import Annotated

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson, At, EventId, KnownBy, Market, Zone
from odds_pipeline.cli.price_table import BOOKMAKER, OUTCOME, PRICE, TIMES, read_rows, show_prices


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: odds best --event-id 4b25… --market h2h")(best)


def best(
    event_id: EventId,
    market: Market,
    outcome: Annotated[str | None, typer.Option(help="Only this outcome: a team, Over, …")] = None,
    at: At = None,
    known_by: KnownBy = None,
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """Show the highest price of each outcome and point, with every book that offers it."""
    from odds_pipeline.storage.readers import best_odds

    moment, known = screen.moment(at, "--at"), screen.moment(known_by, "--known-by")
    rows = read_rows(
        event_id, lambda conn: best_odds(conn, event_id, market, outcome, moment, known), known
    )
    nothing = f"No prices in market {market} of event {event_id} were on offer then."
    show_prices(rows, (*OUTCOME, *PRICE, BOOKMAKER, *TIMES), as_json, tz, nothing)
