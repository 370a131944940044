"""Reads the odds documents of The Odds API: odds, event odds, and both from history.

Belongs here: wire structs -> captures, every part of them that can be used. Does not belong here:
documents without a flaw (``clean``, asked first), decoding (``wire``), lists without odds
(``listings``), calls (``client``).
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from odds_pipeline.catalog.observations import (
    CaptureBasis,
    Document,
    OddsFormat,
    RawDocument,
)
from odds_pipeline.sources.assembly import CLASH, BoardDraft, CaptureDraft, EventDraft, Reading
from odds_pipeline.sources.fields import (
    FieldError,
    ReadPrice,
    clean_point,
    price_reader,
)
from odds_pipeline.sources.scope import Capture, odds_capture, odds_captures
from odds_pipeline.sources.the_odds_api.clean import (
    clean_envelope,
    clean_event,
    clean_event_envelope,
    clean_events,
    decide_format,
)
from odds_pipeline.sources.the_odds_api.wire import (
    WireBookmaker,
    WireEvent,
    WireMarket,
    decode_envelope,
    decode_event,
    decode_event_envelope,
    decode_events,
)

NO_CAPTURE_TIME = (
    "no capture time: the body holds no last_update; state one when importing (--captured-at)"
)


def parse_odds(raw: RawDocument) -> Document:
    """Read an `/odds` answer.

    Raises:
        MalformedResponse: the body cannot be read at all.
    """
    return clean_events(raw) or _OddsReading(raw).document(decode_events(raw.body), "[{}]")


def parse_event_odds(raw: RawDocument) -> Document:
    """Read an `/events/{id}/odds` answer.

    Raises:
        MalformedResponse: the body cannot be read at all.
    """
    return clean_event(raw) or _OddsReading(raw).document([decode_event(raw.body)], "$")


def parse_historical_odds(raw: RawDocument) -> Document:
    """Read a historical `/odds` answer.

    Raises:
        MalformedResponse: the body cannot be read at all.
    """
    clean = clean_envelope(raw)
    if clean is not None:
        return clean
    envelope = decode_envelope(raw.body)
    return _OddsReading(raw, envelope.timestamp).document(envelope.data, "data[{}]")


def parse_historical_event_odds(raw: RawDocument) -> Document:
    """Read a historical `/events/{id}/odds` answer.

    Raises:
        MalformedResponse: the body cannot be read at all.
    """
    clean = clean_event_envelope(raw)
    if clean is not None:
        return clean
    envelope = decode_event_envelope(raw.body)
    return _OddsReading(raw, envelope.timestamp).document([envelope.data], "data")


class _OddsReading(Reading):
    """The reading of one odds document.

    Args:
        raw: the document.
        timestamp: the historical envelope's; left out for documents without an envelope.
    """

    def __init__(self, raw: RawDocument, *timestamp: object) -> None:
        super().__init__(raw)
        self._raw = raw
        self._timestamp = timestamp

    def document(self, events: Sequence[WireEvent], path: str) -> Document:
        """Everything usable and everything rejected in these events."""
        odds_format = self._raw.odds_format or decide_format(_prices(events))
        read_price = price_reader(odds_format or OddsFormat.DECIMAL)
        draft = CaptureDraft()
        for index, event in enumerate(events):
            self._event(path.format(index), event, draft, read_price)
        capture = self._capture(draft)
        if capture is None:
            return Document(rejections=tuple(self.rejections), odds_format=odds_format)
        told = [event.frozen() for event in draft.events.values()]
        return Document(
            odds=tuple(odds_captures(self._raw, capture, told, draft.listing_complete)),
            bookmaker_titles=self.titles,
            rejections=tuple([replace(r, capture_time=capture[0]) for r in self.rejections]),
            odds_format=odds_format,
        )

    def _capture(self, draft: CaptureDraft) -> Capture | None:
        if self._timestamp:
            try:
                return self.past_times[self._timestamp[0]], CaptureBasis.TIMESTAMP
            except (FieldError, TypeError) as unreadable:
                self.reject("timestamp", unreadable, self._timestamp[0])
                return None
        capture = odds_capture(self._raw, draft.newest_update)
        if capture is None:
            self.reject("document", NO_CAPTURE_TIME, self._raw.request)
        return capture

    def _event(
        self, where: str, wire: WireEvent, capture: CaptureDraft, read_price: ReadPrice
    ) -> None:
        try:
            stated = self.stated(
                wire.id,
                wire.sport_key,
                wire.commence_time,
                (wire.home_team, wire.away_team),
                wire.sport_title,
            )
        except (FieldError, TypeError) as unreadable:
            capture.listing_complete = False
            self.reject(where, unreadable, wire)
            return
        draft = capture.event(stated)
        if draft.event != stated:
            self.reject(
                where, "event is stated twice and differently", stated, None, draft.event.event_id
            )
        for index, bookmaker in enumerate(wire.bookmakers):
            self._bookmaker(f"{where}.bookmakers[{index}]", bookmaker, draft, read_price)

    def _bookmaker(
        self, where: str, wire: WireBookmaker, draft: EventDraft, read_price: ReadPrice
    ) -> None:
        try:
            key = self.keys[wire.key]
        except (FieldError, TypeError) as unreadable:
            draft.complete = False
            self.reject(where, unreadable, wire, None, draft.event.event_id)
            return
        self.title(key, wire.title)
        for index, market in enumerate(wire.markets):
            place = f"{where}.markets[{index}]"
            try:
                board = draft.board(key, self.keys[market.key])
            except (FieldError, TypeError) as unreadable:
                draft.complete = False
                self.reject(place, unreadable, market, None, draft.event.event_id)
                continue
            stated = self.last_update(place, market.last_update, board)
            board.updated(stated or self.last_update(where, wire.last_update, board))
            self._outcomes(place, market, board, read_price)

    def _outcomes(
        self, where: str, market: WireMarket, board: BoardDraft, read_price: ReadPrice
    ) -> None:
        names, descriptions, add = self.names, self.optional_names, board.add
        for index, outcome in enumerate(market.outcomes):
            try:
                identity = (
                    names[outcome.name],
                    clean_point(outcome.point),
                    descriptions[outcome.description],
                )
            except (FieldError, TypeError) as unreadable:
                board.complete = False
                self.reject(f"{where}.outcomes[{index}]", unreadable, outcome, board)
                continue
            try:
                price = read_price(outcome.price)
            except FieldError as unusable:
                board.add_unusable(identity)
                self.reject(f"{where}.outcomes[{index}]", unusable, outcome, board)
                continue
            if not add(identity, price):
                self.reject(f"{where}.outcomes[{index}]", CLASH, outcome, board)


def _prices(events: Iterable[WireEvent]) -> Iterator[object]:
    for event in events:
        for bookmaker in event.bookmakers:
            for market in bookmaker.markets:
                for outcome in market.outcomes:
                    yield outcome.price
