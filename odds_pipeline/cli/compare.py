"""`odds compare`: the books side by side, with implied and fair probability."""

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson, At, EventId, KnownBy, Market, Zone
from odds_pipeline.cli.price_table import BOOKMAKER, OUTCOME, PRICE, TIMES, show_prices
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import platform

_MARGIN = (
    Column("implied_probability", "implied", right=True),
    Column("fair_probability", "fair", right=True),
    Column("overround", "overround", right=True),
    Column("consensus_probability", "others", right=True),
    Column("consensus_source", "by"),
    Column("edge", "edge %", right=True),
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
    """Compare the books' prices in a market: implied and fair probability, overround, edge.

    `fair` is the book's own price without its margin, `others` the fair price that the book had no
    part in, and the edge what a bet at its price is expected to bring by it.
    """
    from odds_pipeline.services.market.compare import compare_with_fair

    moment, known = screen.moment(at, "--at"), screen.moment(known_by, "--known-by")
    with platform() as opened:
        found = compare_with_fair(opened, event_id, market, moment, known)
    rows = screen.records(found)
    if not as_json:
        rows = [row | {"edge": _percent(row["edge_percentage"])} for row in rows]
    nothing = f"No prices in market {market} of event {event_id} were on offer then."
    columns = (BOOKMAKER, *OUTCOME, *PRICE, *_MARGIN, TIMES[0])
    show_prices(rows, columns, as_json, tz, nothing)


def _percent(edge: object) -> str | None:
    return f"{edge:+.2f}" if isinstance(edge, float) else None
