"""Reads a clean odds document without looking twice at what it repeats.

Belongs here: documents in which every part can be used and nothing is stated twice. Does not
belong here: any other document, which ``odds`` reads with care, part by part; both ways give the
same for every document that this one takes.

Two captures minutes apart state nearly all outcomes alike. So a market's outcomes are first taken
as bytes, and bytes that were read before give the same quotes at once: the very same tuple, which
whoever compares captures can see is unchanged. What is remembered is bounded, and is only ever
the outcome of reading those bytes, so that reading stays pure.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from math import isfinite
from operator import attrgetter
from typing import Any, TypeVar

from msgspec import DecodeError, Raw, Struct
from msgspec.json import Decoder

from odds_pipeline.catalog.observations import (
    Board,
    CaptureBasis,
    Document,
    EventOdds,
    OddsFormat,
    Quote,
    RawDocument,
)
from odds_pipeline.sources.assembly import Reading
from odds_pipeline.sources.fields import (
    clean_name,
    clean_optional_name,
    clean_point,
    looks_american,
    price_reader,
)
from odds_pipeline.sources.scope import odds_capture, odds_captures
from odds_pipeline.sources.the_odds_api.wire import MOST_ENTRIES, WireOutcome

LARGEST = 8 * 2**20  # bytes of outcomes remembered for each format
LONGEST = 2**14  # bytes; longer lists of outcomes are read each time
EACH = 200  # bytes that an entry costs beside its text, about

T = TypeVar("T")


class Unclean(ValueError):
    """A document that has to be read with care."""


class SentMarket(Struct, gc=False):
    """One market of one bookmaker, its outcomes not looked at yet."""

    outcomes: Raw
    key: Any = None
    last_update: Any = None


class SentBookmaker(Struct, gc=False):
    """One bookmaker of one event."""

    markets: list[SentMarket]
    key: Any = None
    title: Any = None
    last_update: Any = None


class SentEvent(Struct, kw_only=True, gc=False):
    """One event as the odds endpoints send it."""

    bookmakers: list[SentBookmaker]
    id: Any = None
    sport_key: Any = None
    sport_title: Any = None
    commence_time: Any = None
    home_team: Any = None
    away_team: Any = None


class SentEnvelope(Struct):
    """A historical answer of the odds endpoint."""

    data: list[SentEvent]
    timestamp: Any = None


class SentEventEnvelope(Struct):
    """A historical answer of the event odds endpoint."""

    data: SentEvent
    timestamp: Any = None


class ByBytes(dict[bytes, T]):
    """What reading some bytes gave, as long as there is room; then all is forgotten."""

    def __init__(self, read: Callable[[bytes], T]) -> None:
        super().__init__()
        self._read = read
        self._size = 0

    def __missing__(self, sent: bytes) -> T:
        value = self._read(sent)
        if len(sent) <= LONGEST:
            if self._size > LARGEST:
                self.clear()
                self._size = 0
            self._size += len(sent) + EACH
            self[sent] = value
        return value


_key = attrgetter("key")
_place = attrgetter("bookmaker", "market")

_OUTCOMES = Decoder(list[WireOutcome])
_EVENTS = Decoder(list[SentEvent])
_EVENT = Decoder(SentEvent)
_ENVELOPE = Decoder(SentEnvelope)
_EVENT_ENVELOPE = Decoder(SentEventEnvelope)


def clean_events(raw: RawDocument) -> Document | None:
    """An `/odds` answer, if it is clean."""
    return _if_clean(lambda: _document(raw, _EVENTS.decode(raw.body.decode())))


def clean_event(raw: RawDocument) -> Document | None:
    """An `/events/{id}/odds` answer, if it is clean."""
    return _if_clean(lambda: _document(raw, [_EVENT.decode(raw.body.decode())]))


def clean_envelope(raw: RawDocument) -> Document | None:
    """A historical `/odds` answer, if it is clean."""
    return _if_clean(lambda: _from_history(raw, _ENVELOPE.decode(raw.body.decode())))


def clean_event_envelope(raw: RawDocument) -> Document | None:
    """A historical `/events/{id}/odds` answer, if it is clean."""

    def read() -> Document:
        envelope = _EVENT_ENVELOPE.decode(raw.body.decode())
        return _from_history(raw, SentEnvelope([envelope.data], envelope.timestamp))

    return _if_clean(read)


def _if_clean(read: Callable[[], Document]) -> Document | None:
    try:
        return read()
    except (ValueError, TypeError, DecodeError, RecursionError):
        return None


def _from_history(raw: RawDocument, envelope: SentEnvelope) -> Document:
    reading = Reading(raw)
    return _document(raw, envelope.data, reading.past_times[envelope.timestamp])


def _document(
    raw: RawDocument, sent: Sequence[SentEvent], timestamp: datetime | None = None
) -> Document:
    if len(sent) > MOST_ENTRIES:
        raise Unclean("a list of too many entries")
    odds_format = raw.odds_format or _decided(sent)
    reading = Reading(raw)
    quotes = _QUOTES[odds_format or OddsFormat.DECIMAL]
    events = [_event(event, reading, quotes) for event in sent]
    if len({event.event.event_id for event in events}) < len(events):
        raise Unclean("an event is stated twice")
    if reading.rejections:
        raise Unclean("a part cannot be used")
    if timestamp is None:
        capture = odds_capture(raw, partial(_newest_update, events))
    else:
        capture = timestamp, CaptureBasis.TIMESTAMP
    if capture is None:
        raise Unclean("no capture time")
    return Document(
        odds=tuple(odds_captures(raw, capture, events)),
        bookmaker_titles=reading.titles,
        odds_format=odds_format,
    )


def _event(sent: SentEvent, reading: Reading, quotes: ByBytes[tuple[Quote, ...]]) -> EventOdds:
    event = reading.stated(
        sent.id,
        sent.sport_key,
        sent.commence_time,
        (sent.home_team, sent.away_team),
        sent.sport_title,
    )
    keys, times = reading.keys, reading.optional_times
    boards: list[Board] = []
    for bookmaker in sent.bookmakers:
        book = keys[bookmaker.key]
        reading.title(book, bookmaker.title)
        for market in bookmaker.markets:
            update = times[market.last_update] or times[bookmaker.last_update]
            boards.append(Board(book, keys[market.key], update, quotes[bytes(market.outcomes)]))
    if len(set(map(_key, sent.bookmakers))) < len(sent.bookmakers):
        raise Unclean("a bookmaker is stated twice")
    if len(set(map(_place, boards))) < len(boards):
        raise Unclean("a market is stated twice")
    return EventOdds(event, tuple(boards))


def _newest_update(events: Iterable[EventOdds]) -> datetime | None:
    stated = (
        board.last_update
        for event in events
        for board in event.boards
        if board.last_update is not None
    )
    return max(stated, default=None)


def _decided(sent: Iterable[SentEvent]) -> OddsFormat | None:
    """As ``odds.decide_format`` of all prices: each market's outcomes are asked once."""
    found = {
        _FORMATS[bytes(market.outcomes)]
        for event in sent
        for bookmaker in event.bookmakers
        for market in bookmaker.markets
    }
    for odds_format in (OddsFormat.DECIMAL, OddsFormat.AMERICAN):
        if odds_format in found:
            return odds_format
    return None


def decide_format(prices: Iterable[object]) -> OddsFormat | None:
    """The format of a body's prices: American only if all of them can be; ``None`` without any."""
    numbers = [
        price
        for price in prices
        if type(price) is int or (type(price) is float and isfinite(price))
    ]
    if not numbers:
        return None
    return OddsFormat.AMERICAN if all(map(looks_american, numbers)) else OddsFormat.DECIMAL


def _read_format(outcomes: bytes) -> OddsFormat | None:
    return decide_format(outcome.price for outcome in _OUTCOMES.decode(outcomes))


def _quotes_in(odds_format: OddsFormat) -> Callable[[bytes], tuple[Quote, ...]]:
    """The function that reads outcomes priced in this format."""
    read_price = price_reader(odds_format)

    def read(outcomes: bytes) -> tuple[Quote, ...]:
        quotes = tuple(
            [
                Quote(
                    clean_name(outcome.name),
                    read_price(outcome.price),
                    clean_point(outcome.point),
                    clean_optional_name(outcome.description),
                )
                for outcome in _OUTCOMES.decode(outcomes)
            ]
        )
        if len({(quote.outcome, quote.point, quote.description) for quote in quotes}) < len(quotes):
            raise Unclean("an outcome is stated twice")
        return quotes

    return read


_FORMATS: ByBytes[OddsFormat | None] = ByBytes(_read_format)
_QUOTES = {odds_format: ByBytes(_quotes_in(odds_format)) for odds_format in OddsFormat}
