"""`odds compare`: the books side by side, with implied and fair probability."""

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson, At, EventId, KnownBy, Market, Zone
from odds_pipeline.cli.price_table import BOOKMAKER, OUTCOME, PRICE, TIMES, read_rows, show_prices
from odds_pipeline.cli.screen import Column

_MARGIN = (
    Column("implied_probability", "implied", right=True),
    Column("fair_probability", "fair", right=True),
    Column("overround", "overround", right=True),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: odds compare --event-id 4b25… --market spreads")(compare)


def compare(
    event_id: EventId,
    market: Market,
    at: At = None,
    known_by: KnownBy = None,
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """Compare the books' prices in a market: implied and fair probability, overround."""
    from odds_pipeline.storage.readers import compare_bookmakers

    moment, known = screen.moment(at, "--at"), screen.moment(known_by, "--known-by")
    rows = read_rows(
        event_id, lambda conn: compare_bookmakers(conn, event_id, market, moment, known), known
    )
    nothing = f"No prices in market {market} of event {event_id} were on offer then."
    columns = (BOOKMAKER, *OUTCOME, *PRICE, *_MARGIN, TIMES[0])
    show_prices(rows, columns, as_json, tz, nothing)
