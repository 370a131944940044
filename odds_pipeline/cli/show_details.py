"""`odds show-odds --details`: links, ids, limits and rotation numbers as the provider sent them.

Belongs here: reading and printing them. Does not belong here: prices (``show_odds``).
"""

from datetime import datetime
from typing import TYPE_CHECKING

from odds_pipeline.cli import screen
from odds_pipeline.cli.price_table import BOOKMAKER, MARKET, OUTCOME
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import platform

if TYPE_CHECKING:
    from odds_pipeline.services.raw_event import RawEvent
    from odds_pipeline.sources.the_odds_api.details import EventDetails, QuoteDetails

ASKED_FOR = (
    Column("bet_limit", "limit", right=True),
    Column("multiplier", "multiplier", right=True),
    Column("sid", "id"),
    Column("link", "link"),
)


def read_event(event_id: str, at: datetime | None, known_by: datetime | None) -> "RawEvent":
    """The event in its newest snapshot's document.

    Raises:
        NotFound: the event or a snapshot of it by then is not stored.
    """
    from odds_pipeline.services.raw_event import raw_event
    from odds_pipeline.storage.engine import transaction
    from odds_pipeline.storage.readers import require_event

    with platform() as opened, transaction(opened.engine) as conn:
        require_event(conn, event_id, known_by)
        return raw_event(conn, event_id, at, known_by)


def show_details(
    event_id: str, at: datetime | None, known_by: datetime | None, tz: str, as_json: bool
) -> None:
    """Print what stands beside an event's prices, or that nothing does."""
    from odds_pipeline.sources.the_odds_api.details import details_of

    zone = screen.zone_named(tz)
    found = read_event(event_id, at, known_by)
    details = details_of(found.event)
    rows = [_row(quote) for quote in details.quotes] if details else []
    if as_json:
        screen.show_json(
            {
                "raw_id": found.raw_id,
                "capture_time": found.capture_time,
                "home_rotation": details.home_rotation if details else None,
                "away_rotation": details.away_rotation if details else None,
                "quotes": rows,
            }
        )
        return
    if details and details.home_rotation is not None:
        screen.say(f"Rotation numbers: home {details.home_rotation}, away {_away(details)}")
    if rows:
        used = [c for c in ASKED_FOR if any(row[c.key] is not None for row in rows)]
        screen.show_table(rows, (BOOKMAKER, MARKET, *OUTCOME, *used), zone)
    else:
        screen.say(
            f"Raw document {found.raw_id} holds no links, ids or limits of event {event_id}: "
            "the provider sends them only when they are asked for."
        )


def _away(details: "EventDetails") -> str:
    return screen.MISSING if details.away_rotation is None else str(details.away_rotation)


def _row(quote: "QuoteDetails") -> dict[str, object]:
    return {
        "bookmaker_key": quote.bookmaker,
        "market_key": quote.market,
        "outcome_name": quote.outcome,
        "description": quote.description,
        "point": quote.point,
        "bet_limit": quote.bet_limit,
        "multiplier": quote.multiplier,
        "link": quote.link,
        "sid": quote.own.sid,
        "market_sid": quote.of_market.sid,
        "event_sid": quote.of_event.sid,
    }
