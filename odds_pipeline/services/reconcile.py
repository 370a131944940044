"""Compares what is stored with what the raw documents say when they are read again.

Belongs here: the reconciliation frame. Does not belong here: the rule that judges it.
"""

from collections import defaultdict
from datetime import date, datetime
from typing import TYPE_CHECKING

from odds_pipeline.catalog.observations import EventOdds
from odds_pipeline.errors import MalformedResponse
from odds_pipeline.services.normalise import parse_raw
from odds_pipeline.storage import quality_log, raw
from odds_pipeline.storage.engine import Connection
from odds_pipeline.storage.frames import build_frame

if TYPE_CHECKING:
    import pandas as pd

# (bookmaker, market, outcome, description, point)
Key = tuple[str, str, str, str | None, float | None]

TYPES = {
    "raw_id": "int8",
    "capture_time": "timestamptz",
    "event_id": "text",
    "stated_quotes": "int8",
    "stored_quotes": "int8",
    "missing": "int8",
    "different": "int8",
}


def reconciliation_frame(conn: Connection, day: date) -> "pd.DataFrame":
    """One row an event a capture of the day: quotes stated in raw against quotes stored."""
    stated: dict[tuple[str, datetime], dict[Key, float]] = defaultdict(dict)
    told_by: dict[tuple[str, datetime], int] = {}
    for raw_id in quality_log.raw_of(conn, day):
        try:
            document, _ = parse_raw(raw.read(conn, raw_id))
        except MalformedResponse:
            continue  # it stands in quarantine as a whole
        for capture in document.odds:
            if capture.capture_time.date() != day:
                continue
            for event in capture.events:
                place = (event.event.event_id, capture.capture_time)
                stated[place] |= _quotes(event)
                told_by[place] = raw_id
    stored = _stored(conn, day)
    rows = []
    for (event_id, moment), quotes in stated.items():
        found = stored.get((event_id, moment), {})
        missing = sum(key not in found for key in quotes)
        # Stored at another price, or stored without having been stated.
        different = sum(quotes.get(key) != price for key, price in found.items())
        raw_id = told_by[event_id, moment]
        rows.append((raw_id, moment, event_id, len(quotes), len(found), missing, different))
    return build_frame(rows, TYPES)


def _quotes(event: EventOdds) -> dict[Key, float]:
    return {
        (board.bookmaker, board.market, quote.outcome, quote.description, quote.point): quote.price
        for board in event.boards
        for quote in board.quotes
    }


def _stored(conn: Connection, day: date) -> dict[tuple[str, datetime], dict[Key, float]]:
    stored: dict[tuple[str, datetime], dict[Key, float]] = defaultdict(dict)
    for (
        event_id,
        moment,
        book,
        market,
        outcome,
        description,
        point,
        price,
    ) in quality_log.stored_quotes(conn, day):
        stored[event_id, moment][book, market, outcome, description, point] = price
    return stored
