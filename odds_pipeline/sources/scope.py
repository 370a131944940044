"""When a document was true and what it covered.

Belongs here: capture time and scope, from what is known of a raw document. Does not belong here:
reading its body.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.catalog.observations import (
    CaptureBasis,
    EventOdds,
    OddsCapture,
    RawDocument,
    Scope,
)
from odds_pipeline.sources.assembly import markets_of
from odds_pipeline.sources.fields import clean_time

FILE = "file"
UPCOMING = "upcoming"
DEFAULT_MARKET = "h2h"
UNASKED = {"h2h": "h2h_lay", "outrights": "outrights_lay"}  # exchanges answer these beside them
_LISTING = frozenset({Endpoint.ODDS, Endpoint.HISTORICAL_ODDS})

Capture = tuple[datetime, CaptureBasis]


def listing_capture(raw: RawDocument) -> Capture:
    """Capture time of a list of events, scores or sports; it always has one."""
    if raw.source != FILE:
        return raw.received_at, raw.received_basis
    if raw.captured_at is not None:
        return raw.captured_at, CaptureBasis.STATED
    return raw.known_time, CaptureBasis.FILE


def odds_capture(raw: RawDocument, newest_update: Callable[[], datetime | None]) -> Capture | None:
    """Capture time of odds; ``None`` for a file that neither states nor implies one."""
    if raw.source != FILE:
        return raw.received_at, raw.received_basis
    if raw.captured_at is not None:
        return raw.captured_at, CaptureBasis.STATED
    newest = newest_update()
    return None if newest is None else (newest, CaptureBasis.INFERRED)


def asked_sport(raw: RawDocument) -> str | None:
    """The sport a call asked for; ``None`` for `upcoming` and for files."""
    sport = raw.request.get("sport")
    return None if raw.source == FILE or sport == UPCOMING else sport


def scope_of(raw: RawDocument, sport_key: str, events: Iterable[EventOdds]) -> Scope:
    """What a document covers of one sport.

    A file covers only what it shows: nobody knows what was asked. A call covers the bookmakers or
    regions and markets it asked for, with the lay markets that exchanges answer unasked.
    """
    if raw.source == FILE:
        return Scope(sport_key, markets=markets_of(events))
    request = raw.request
    bookmakers = _keys(request, "bookmakers")
    asked = sport_key == asked_sport(raw)
    return Scope(
        sport_key,
        bookmakers=bookmakers,
        regions=None if bookmakers else _keys(request, "regions"),
        markets=_answered(_keys(request, "markets") or (DEFAULT_MARKET,)),
        lists_all_events=asked and raw.endpoint in _LISTING and "eventIds" not in request,
        starts_from=_bound(request, "commenceTimeFrom") if asked else None,
        starts_to=_bound(request, "commenceTimeTo") if asked else None,
    )


def odds_captures(
    raw: RawDocument, capture: Capture, events: Iterable[EventOdds], listing_complete: bool = True
) -> Iterator[OddsCapture]:
    """One capture a sport, and one of the sport asked for even if none of its events came."""
    sports: dict[str, list[EventOdds]] = {}
    for event in events:
        sports.setdefault(event.event.sport_key, []).append(event)
    asked = asked_sport(raw)
    if asked is not None:
        sports.setdefault(asked, [])
    for sport_key, told in sports.items():
        yield OddsCapture(
            *capture,
            scope_of(raw, sport_key, told),
            tuple(told),
            asked_event_ids(raw) if sport_key == asked else (),
            listing_complete,
        )


def asked_event_ids(raw: RawDocument) -> tuple[str, ...]:
    """The events a call asked for by id, sorted; none for a file."""
    if raw.source == FILE:
        return ()
    return _keys(raw.request, "event_id") or _keys(raw.request, "eventIds") or ()


def _answered(markets: tuple[str, ...]) -> tuple[str, ...]:
    unasked = {UNASKED[market] for market in markets if market in UNASKED}
    return tuple(sorted({*markets, *unasked}))


def _keys(request: dict[str, str], name: str) -> tuple[str, ...] | None:
    stated = request.get(name)
    return tuple(sorted({key for key in stated.split(",") if key})) if stated else None


def _bound(request: dict[str, str], name: str) -> datetime | None:
    stated = request.get(name)
    return clean_time(stated) if stated else None
