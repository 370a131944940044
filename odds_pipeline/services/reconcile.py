"""Compares what is stored with what the raw documents say when they are read again.

Belongs here: the reconciliation frame. Does not belong here: the rule that judges it.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from odds_pipeline.catalog.observations import EventOdds, OddsCapture
from odds_pipeline.errors import MalformedResponse
from odds_pipeline.services.normalise import plain_of
from odds_pipeline.sources.parse import parse_document
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


# Documents of a day that are read again: all of them cost as much as ingesting the day did, and
# `odds db rebuild --verify` does it.
DOCUMENTS = 24

# Quotes: a season's file or a few days of live captures, some 100 MB.
REMEMBERED = 250_000


class Readings:
    """Captures by UTC day of the raw documents read last.

    A file may speak of many days; when one day after the other is compared, it is read once.
    """

    def __init__(self) -> None:
        self._read: OrderedDict[int, dict[date, list[OddsCapture]]] = OrderedDict()
        self._quotes: dict[int, int] = {}

    def of_day(self, conn: Connection, raw_id: int, day: date) -> list[OddsCapture]:
        """What a document says of a day; nothing where it stands in quarantine as a whole."""
        if raw_id not in self._read:
            by_day = self._read[raw_id] = self._by_day(conn, raw_id)
            self._quotes[raw_id] = sum(_size(c) for captures in by_day.values() for c in captures)
            self._forget()
        self._read.move_to_end(raw_id)
        return self._read[raw_id].get(day, [])

    def _by_day(self, conn: Connection, raw_id: int) -> dict[date, list[OddsCapture]]:
        by_day: dict[date, list[OddsCapture]] = defaultdict(list)
        try:
            document = parse_document(plain_of(raw.read(conn, raw_id)))
        except MalformedResponse:
            return by_day
        unwritten = quality_log.dead_letters_of(conn, raw_id)  # a rule of their own reports them
        for capture in document.odds:
            events = tuple(e for e in capture.events if e.event.event_id not in unwritten)
            by_day[capture.capture_time.date()].append(replace(capture, events=events))
        return by_day

    def _forget(self) -> None:
        """Let go of the documents used longest ago; the one just used always stays."""
        while sum(self._quotes.values()) > REMEMBERED and len(self._read) > 1:
            forgotten, _ = self._read.popitem(last=False)
            del self._quotes[forgotten]


def reconciliation_frame(
    conn: Connection, day: date, readings: Readings | None = None
) -> "pd.DataFrame":
    """One row an event a capture: quotes stated in raw against quotes stored.

    Of a day of many documents a sample is read again, spread over the day, the newest included.

    Args:
        conn: a connection inside a transaction.
        day: UTC day of the capture time.
        readings: what was read for other days; given when several days are compared.
    """
    stated: dict[tuple[str, datetime], dict[Key, float]] = defaultdict(dict)
    told_by: dict[tuple[str, datetime], int] = {}
    for raw_id, capture in _captures(conn, day, readings or Readings()):
        for event in capture.events:
            place = (event.event.event_id, capture.capture_time)
            stated[place] |= _quotes(event)
            told_by[place] = raw_id
    stored = _stored(conn, day, sorted({moment for _, moment in stated}))
    rows = []
    for (event_id, moment), quotes in stated.items():
        found = stored.get((event_id, moment), {})
        missing = sum(key not in found for key in quotes)
        # Stored at another price, or stored without having been stated.
        different = sum(quotes.get(key) != price for key, price in found.items())
        raw_id = told_by[event_id, moment]
        rows.append((raw_id, moment, event_id, len(quotes), len(found), missing, different))
    return build_frame(rows, TYPES)


def _size(capture: OddsCapture) -> int:
    return sum(len(board.quotes) for event in capture.events for board in event.boards)


def _captures(conn: Connection, day: date, readings: Readings) -> Iterator[tuple[int, OddsCapture]]:
    for raw_id in _sample(quality_log.raw_of(conn, day)):
        for capture in readings.of_day(conn, raw_id, day):
            yield raw_id, capture


def _sample(raw_ids: Sequence[int]) -> Sequence[int]:
    """So many documents at most, spread evenly over the day, the newest among them."""
    if len(raw_ids) <= DOCUMENTS:
        return raw_ids
    step = (len(raw_ids) - 1) / (DOCUMENTS - 1)
    return [raw_ids[round(place * step)] for place in range(DOCUMENTS)]


def _quotes(event: EventOdds) -> dict[Key, float]:
    return {
        (board.bookmaker, board.market, quote.outcome, quote.description, quote.point): quote.price
        for board in event.boards
        for quote in board.quotes
    }


def _stored(
    conn: Connection, day: date, moments: Sequence[datetime]
) -> dict[tuple[str, datetime], dict[Key, float]]:
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
    ) in quality_log.stored_quotes(conn, day, moments):
        stored[event_id, moment][book, market, outcome, description, point] = price
    return stored
