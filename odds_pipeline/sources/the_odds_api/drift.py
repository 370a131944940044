"""Tells when The Odds API says something that no parser knows: fields that are new, or twice.

Belongs here: the field names of each kind of document, and a look at a sample of one. Does not
belong here: reading documents (``odds``, ``listings``), keeping what was found (``services``).

A new field is no fault: it stays in the raw bytes, and a parser to come can read it there. It is
worth one line, once. Only a document's first, middle and last entries are looked at.
"""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.catalog.observations import RawDocument

LINKS = frozenset({"link", "sid"})
OUTCOME = frozenset({"name", "price", "point", "description", "bet_limit", "multiplier"}) | LINKS
MARKET = frozenset({"key", "last_update", "outcomes"}) | LINKS
BOOKMAKER = frozenset({"key", "title", "last_update", "markets"}) | LINKS
EVENT = frozenset(
    {
        "id",
        "sport_key",
        "sport_title",
        "commence_time",
        "home_team",
        "away_team",
        "has_outrights",  # of outrights
        "home_rotation",
        "away_rotation",
    }
)
SCORED = EVENT | {"completed", "scores", "last_update"}
SPORT = frozenset({"key", "group", "title", "description", "active", "has_outrights"})
ENVELOPE = frozenset({"timestamp", "previous_timestamp", "next_timestamp", "data"})

Known = Mapping[str, frozenset[str]]  # a place in an entry -> its fields

_ODDS: Known = MappingProxyType(
    {
        "": EVENT | {"bookmakers"},
        "bookmakers": BOOKMAKER,
        "bookmakers.markets": MARKET,
        "bookmakers.markets.outcomes": OUTCOME,
    }
)
_LIST: Known = MappingProxyType({"": EVENT})
KNOWN: Mapping[str, Known] = MappingProxyType(
    {
        Endpoint.ODDS: _ODDS,
        Endpoint.EVENT_ODDS: _ODDS,
        Endpoint.HISTORICAL_ODDS: _ODDS,
        Endpoint.HISTORICAL_EVENT_ODDS: _ODDS,
        Endpoint.EVENTS: _LIST,
        Endpoint.HISTORICAL_EVENTS: _LIST,
        Endpoint.SCORES: MappingProxyType({"": SCORED, "scores": frozenset({"name", "score"})}),
        Endpoint.SPORTS: MappingProxyType({"": SPORT}),
    }
)
MOST, NAME_LENGTH = 20, 60
_ENTRIES = Decoder(list[Raw])
_OBJECT = Decoder(dict[str, Raw])
_BOM = b"\xef\xbb\xbf"


class _Twice(list[tuple[str, object]]):
    """An object of JSON as its pairs, so that a field stated twice can be seen."""


def drift_of(raw: RawDocument) -> tuple[str, ...]:
    """What a sample of a document says that no parser knows, as one short line each, sorted.

    Empty for kinds without known fields (CSV) and for bodies that cannot be read.
    """
    known = KNOWN.get(raw.endpoint)
    if known is None:
        return ()
    found: set[str] = set()
    try:
        for entry in _sample(raw.body.removeprefix(_BOM), found):
            pairs = json.loads(bytes(entry), object_pairs_hook=_Twice)
            _walk(pairs, "", known, found)
    except (DecodeError, ValueError, RecursionError):
        return ()  # what cannot be read at all is the parser's to say
    return tuple(sorted(found)[:MOST])


def _sample(body: bytes, found: set[str]) -> Iterator[Raw]:
    """The first, a middle and the last entry, whatever the document wraps them in."""
    start = body.lstrip()[:1]
    if start == b"{":
        fields = _OBJECT.decode(body)
        if "data" not in fields:
            yield Raw(body)
            return
        found.update(f"new field {_short(name)}" for name in fields.keys() - ENVELOPE)
        body = bytes(fields["data"])
        if body.lstrip()[:1] == b"{":
            yield Raw(body)
            return
    entries = _ENTRIES.decode(body)
    places = {0, len(entries) // 2, len(entries) - 1} if entries else set()
    yield from (entries[place] for place in sorted(places))


def _walk(value: object, place: str, known: Known, found: set[str]) -> None:
    if isinstance(value, _Twice):
        _object(value, place, known, found)
    elif isinstance(value, list):
        for part in value:
            _walk(part, place, known, found)


def _object(pairs: _Twice, place: str, known: Known, found: set[str]) -> None:
    fields = known.get(place)
    if fields is None:
        return
    seen: set[str] = set()
    for name, part in pairs:
        path = f"{place}.{name}" if place else name
        if name not in fields:
            found.add(f"new field {_short(path)}")
        elif name in seen:
            found.add(f"field stated twice {path}")
        else:
            _walk(part, path, known, found)
        seen.add(name)


def _short(name: str) -> str:
    return ascii(name)[1:-1][:NAME_LENGTH]
