"""`odds show-odds`: every price on offer for an event at a moment."""

from typing import TYPE_CHECKING, Annotated

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson, At, EventId, KnownBy, Zone
from odds_pipeline.cli.price_table import (
    BOOKMAKER,
    MARKET,
    OUTCOME,
    PRICE,
    TIMES,
    read_rows,
    show_prices,
)
from odds_pipeline.cli.show_details import read_event, show_details
from odds_pipeline.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "show-odds",
        epilog="Example: odds show-odds --event-id 4b25… --at 2026-01-31T18:00:00Z",
    )(show_odds)


def show_odds(
    event_id: EventId,
    at: At = None,
    known_by: KnownBy = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Print what the provider sent, as JSON.")
    ] = False,
    details: Annotated[
        bool,
        typer.Option("--details", help="Links, ids, limits and rotation numbers, where asked for."),
    ] = False,
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """Show every price on offer for an event at a moment, as far as it was known by another."""
    moment, known = screen.moment(at, "--at"), screen.moment(known_by, "--known-by")
    if raw and details:
        raise UsageError("--raw and --details are two questions; ask one of them")
    if details:
        show_details(event_id, moment, known, tz, as_json)
        return
    if raw:
        screen.show_json(_raw(event_id, moment, known))
        return
    from odds_pipeline.storage.readers import odds_at

    rows = read_rows(event_id, lambda conn: odds_at(conn, event_id, moment, known), known)
    nothing = f"No prices of event {event_id} were on offer then, or none was known."
    show_prices(rows, (BOOKMAKER, MARKET, *OUTCOME, *PRICE, *TIMES), as_json, tz, nothing)


def _raw(event_id: str, at: "datetime | None", known_by: "datetime | None") -> dict[str, object]:
    found = read_event(event_id, at, known_by)
    return {
        "raw_id": found.raw_id,
        "capture_time": found.capture_time,
        "known_time": found.known_time,
        "source": found.source,
        "sha256": found.sha256,
        "event": found.event,
    }
