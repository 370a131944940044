"""The shapes The Odds API sends, before anything is believed.

Belongs here: decoding of JSON into wire structs. Does not belong here: what the values mean
(``odds``, ``listings``).

A well-shaped document decodes in one typed pass. One with a broken part (a string where an object
belongs, a list that is missing) takes the loose way: every part that has its shape is kept, and
each broken part becomes a struct whose name, key or id is a list, which no cleaning accepts.
Unknown fields (links, sids, limits, multipliers, rotation numbers) stay in the raw bytes.
"""

import json
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from msgspec import DecodeError, Struct
from msgspec.json import Decoder

from odds_pipeline.errors import MalformedResponse

T = TypeVar("T")

MOST_ENTRIES = 200_000  # ten times the events that the largest allowed body holds
MOST_DIGITS = 300  # of a whole number; a longer one is infinite, or as good as


class WireOutcome(Struct, gc=False):
    """One outcome as sent."""

    name: Any = None
    price: Any = None
    point: Any = None
    description: Any = None


class WireMarket(Struct):
    """One market of one bookmaker as sent."""

    outcomes: list[WireOutcome]
    key: Any = None
    last_update: Any = None


class WireBookmaker(Struct):
    """One bookmaker of one event as sent."""

    markets: list[WireMarket]
    key: Any = None
    title: Any = None
    last_update: Any = None


class WireEvent(Struct, kw_only=True):
    """One event as the odds endpoints send it."""

    bookmakers: list[WireBookmaker]
    id: Any = None
    sport_key: Any = None
    sport_title: Any = None
    commence_time: Any = None
    home_team: Any = None
    away_team: Any = None


class WireEnvelope(Struct):
    """A historical answer of the odds endpoint."""

    data: list[WireEvent]
    timestamp: Any = None


class WireEventEnvelope(Struct):
    """A historical answer of the event odds endpoint."""

    data: WireEvent
    timestamp: Any = None


_EVENTS = Decoder(list[WireEvent])
_EVENT = Decoder(WireEvent)
_ENVELOPE = Decoder(WireEnvelope)
_EVENT_ENVELOPE = Decoder(WireEventEnvelope)


def decode_events(body: bytes) -> list[WireEvent]:
    """The events of an odds document.

    Raises:
        MalformedResponse: the body is not JSON or not a list.
    """
    return _decode(body, _EVENTS, _loose_events)


def decode_event(body: bytes) -> WireEvent:
    """The one event of an event odds document.

    Raises:
        MalformedResponse: the body is not JSON or not an object with bookmakers.
    """
    return _decode(body, _EVENT, _loose_single)


def decode_envelope(body: bytes) -> WireEnvelope:
    """A historical odds document.

    Raises:
        MalformedResponse: the body is not JSON or no envelope around a list.
    """
    return _decode(body, _ENVELOPE, _loose_envelope)


def decode_event_envelope(body: bytes) -> WireEventEnvelope:
    """A historical event odds document.

    Raises:
        MalformedResponse: the body is not JSON or no envelope around an event.
    """
    return _decode(body, _EVENT_ENVELOPE, _loose_event_envelope)


def loads(body: bytes) -> object:
    """JSON of any shape; numbers that are none, or too long to be one, come as NaN or infinity.

    No cleaning accepts those, so that only the part that holds one is lost.

    Raises:
        MalformedResponse: the body is not UTF-8 JSON or nests too deeply.
    """
    return _loads(_text(body))


def require_list(value: object, what: str) -> list[object]:
    """The value if it is a list of a size that can be meant.

    Raises:
        MalformedResponse: it is something else, such as an error body.
    """
    if not isinstance(value, list):
        return _misshapen(value, what, "a list")
    if len(value) > MOST_ENTRIES:
        raise MalformedResponse(f"{what}: the list has more than {MOST_ENTRIES:,} entries")
    return value


def require_object(value: object, what: str, needs: str) -> dict[str, object]:
    """The value if it is an object that has the field it needs.

    Raises:
        MalformedResponse: it is something else, such as an error body.
    """
    if isinstance(value, dict) and needs in value:
        return value
    return _misshapen(value, what, f"an object with `{needs}`")


def _misshapen(value: object, what: str, promised: str) -> NoReturn:
    if isinstance(value, dict) and "error_code" in value:
        raise MalformedResponse(f"{what}: the body is an error, {str(value['error_code'])[:60]!r}")
    raise MalformedResponse(f"{what}: the body is a JSON {type(value).__name__}, not {promised}")


def _decode(body: bytes, decoder: Decoder[T], loosen: Callable[[object], T]) -> T:
    text = _text(body)
    try:
        return decoder.decode(text)
    except (DecodeError, RecursionError, ValueError):
        pass  # the loose way tells a broken part from a broken document
    return loosen(_loads(text))


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as invalid:
        at = invalid.start
    raise MalformedResponse(f"body is not UTF-8 text (byte {at})")


def _loads(text: str) -> object:
    try:
        return json.loads(text, parse_int=_whole)
    except RecursionError:
        reason = "nests too deeply"
    except ValueError as invalid:
        reason = str(invalid)[:120]
    raise MalformedResponse(f"body is not JSON: {reason}; it begins with {text[:40]!r}")


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= MOST_DIGITS else float(digits)


def _items(value: object, loosen: Callable[[object], T]) -> list[T]:
    return [loosen(item) for item in (value if isinstance(value, list) else [[value]])]


def _loose_outcome(value: object) -> WireOutcome:
    if not isinstance(value, dict):
        return WireOutcome(name=[value])
    get = value.get
    return WireOutcome(get("name"), get("price"), get("point"), get("description"))


def _loose_market(value: object) -> WireMarket:
    if not isinstance(value, dict):
        return WireMarket([], key=[value])
    outcomes = _items(value.get("outcomes"), _loose_outcome)
    return WireMarket(outcomes, value.get("key"), value.get("last_update"))


def _loose_bookmaker(value: object) -> WireBookmaker:
    if not isinstance(value, dict):
        return WireBookmaker([], key=[value])
    get = value.get
    markets = _items(get("markets"), _loose_market)
    return WireBookmaker(markets, get("key"), get("title"), get("last_update"))


def _loose_event(value: object) -> WireEvent:
    if not isinstance(value, dict):
        return WireEvent(bookmakers=[], id=[value])
    get = value.get
    return WireEvent(
        bookmakers=_items(get("bookmakers"), _loose_bookmaker),
        id=get("id"),
        sport_key=get("sport_key"),
        sport_title=get("sport_title"),
        commence_time=get("commence_time"),
        home_team=get("home_team"),
        away_team=get("away_team"),
    )


def _loose_events(value: object) -> list[WireEvent]:
    return [_loose_event(item) for item in require_list(value, "odds")]


def _loose_single(value: object) -> WireEvent:
    return _loose_event(require_object(value, "event odds", "bookmakers"))


def _loose_envelope(value: object) -> WireEnvelope:
    envelope = require_object(value, "historical odds", "data")
    data = require_list(envelope["data"], "historical odds data")
    return WireEnvelope([_loose_event(item) for item in data], envelope.get("timestamp"))


def _loose_event_envelope(value: object) -> WireEventEnvelope:
    envelope = require_object(value, "historical event odds", "data")
    data = require_object(envelope["data"], "historical event odds data", "bookmakers")
    return WireEventEnvelope(_loose_event(data), envelope.get("timestamp"))
