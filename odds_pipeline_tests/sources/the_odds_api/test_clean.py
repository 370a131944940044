"""The short way and the careful way say the same of every document that the short way takes."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odds_pipeline.catalog.observations import CaptureBasis, Document, OddsFormat, RawDocument
from odds_pipeline.errors import MalformedResponse
from odds_pipeline.sources.parse import parse_document
from odds_pipeline.sources.the_odds_api import clean, odds
from odds_pipeline_tests.sources.conftest import KNOWN, RECEIVED, fixture_bytes

FIXTURES = {
    "odds": "odds_american.json",
    "event_odds": "event_odds_props.json",
    "historical_odds": "historical_odds.json",
    "historical_event_odds": "historical_event_odds.json",
}
SHORT = {
    "odds": "clean_events",
    "event_odds": "clean_event",
    "historical_odds": "clean_envelope",
    "historical_event_odds": "clean_event_envelope",
}
# What a part may become: things of its own kind, of another kind, and nothing usable.
NUMBERS = (-110, 100, 99, 1.91, 1, 0, 3.5, -3.5, 10**30, 1e300, True)
TEXTS = ("", " ", "Over", "nul\x00", "\ud800", "2026-01-01T00:00:00Z", "spreads", "fanduel")
PARTS: st.SearchStrategy[Any] = st.sampled_from((*NUMBERS, *TEXTS, None, [], {}, [[]]))


def raw(
    endpoint: str, body: bytes, odds_format: OddsFormat | None = None, source: str = "the_odds_api"
) -> RawDocument:
    request = {"sport": "basketball_nba", "regions": "us"}
    return RawDocument(
        source,
        endpoint,
        request,
        body,
        RECEIVED,
        CaptureBasis.CLOCK,
        KNOWN,
        odds_format=odds_format,
    )


def with_care(document: RawDocument) -> Document | str:
    """What the careful way alone says, or its refusal."""
    name = SHORT[document.endpoint]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(odds, name, lambda _: None)
        return said(document)


def said(document: RawDocument) -> Document | str:
    """What the parser says, or its refusal."""
    try:
        return parse_document(document)
    except MalformedResponse as refused:
        return str(refused)


def holders(value: Any) -> list[tuple[Any, Any]]:
    """Every (object or list, key) of a JSON value."""
    keys = value if isinstance(value, dict) else range(len(value))
    inside = [place for key in keys for place in _below(value[key])]
    return [(value, key) for key in keys] + inside


def _below(value: Any) -> list[tuple[Any, Any]]:
    return holders(value) if isinstance(value, dict | list) else []


def mutated(data: st.DataObject, document: Any) -> None:
    """Change one part: to something else, to a copy of another part, or to nothing."""
    holder, key = data.draw(st.sampled_from(holders(document)))
    kind = data.draw(st.integers(0, 3))
    if kind == 0 and isinstance(holder, list):
        holder.append(json.loads(json.dumps(holder[key])))
    elif kind == 1 and isinstance(holder, dict):
        del holder[key]
    else:
        holder[key] = deepcopy(data.draw(PARTS))


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_both_ways_say_the_same(data: st.DataObject) -> None:
    endpoint = data.draw(st.sampled_from(sorted(FIXTURES)))
    document = json.loads(fixture_bytes(FIXTURES[endpoint]))
    for _ in range(data.draw(st.integers(0, 3))):
        mutated(data, document)
    body = json.dumps(document).encode()
    odds_format = data.draw(st.sampled_from((None, *OddsFormat)))
    for source in ("the_odds_api", "file"):
        sent = raw(endpoint, body, odds_format, source)
        careful = with_care(sent)
        assert said(sent) == careful
        assert said(sent) == careful, "the second time, with everything remembered"


@pytest.mark.parametrize("endpoint", FIXTURES)
def test_a_clean_document_takes_the_short_way_and_shares_what_it_repeats(endpoint: str) -> None:
    body = fixture_bytes(FIXTURES[endpoint])
    read = getattr(clean, SHORT[endpoint])
    first, again = (read(raw(endpoint, body)) for _ in range(2))
    assert first == again == with_care(raw(endpoint, body))
    for one, other in zip(first.odds, again.odds, strict=True):
        for event, same in zip(one.events, other.events, strict=True):
            for board, known in zip(event.boards, same.boards, strict=True):
                assert board.quotes is known.quotes


@pytest.mark.parametrize(
    "broken",
    [
        b'[{"name":"A","price":-110},{"name":"A","price":-120}]',
        b'[{"name":"A","price":50}]',
        b'[{"name":"A","price":1e999}]',
        b'[{"name":"\\ud800","price":-110}]',
        b'[{"price":-110}]',
        b'{"name":"A"}',
        b"[1]",
        b"null",
    ],
)
def test_outcomes_with_a_flaw_are_never_taken_short(broken: bytes) -> None:
    whole = fixture_bytes(FIXTURES["odds"])
    document = json.loads(whole)
    market = document[0]["bookmakers"][0]["markets"][0]
    place = json.dumps(market["outcomes"]).encode()
    body = json.dumps(document).encode().replace(place, broken, 1)
    sent = raw("odds", body, OddsFormat.AMERICAN)
    assert clean.clean_events(sent) is None
    told = said(sent)
    assert isinstance(told, Document)
    assert told.rejections


@pytest.mark.parametrize("path", [(), (0, "bookmakers"), (0, "bookmakers", 0, "markets")])
def test_what_is_stated_twice_is_never_taken_short(path: tuple[Any, ...]) -> None:
    document = json.loads(fixture_bytes(FIXTURES["odds"]))
    place = document
    for key in path:
        place = place[key]
    twin = json.loads(json.dumps(place[0]))
    place.append(twin)
    first = next(holder for holder, key in holders(twin) if key == "price")
    first["price"] += 5
    sent = raw("odds", json.dumps(document).encode(), OddsFormat.AMERICAN)
    assert clean.clean_events(sent) is None
    assert isinstance(told := said(sent), Document)
    assert told.rejections


@pytest.mark.parametrize("broken", [b"[{]", b'[{"name":"\\x"}]', b"\xff"])
def test_what_is_not_json_is_refused_by_both(broken: bytes) -> None:
    body = fixture_bytes(FIXTURES["odds"]).replace(b'"outcomes":', b'"outcomes":' + broken, 1)
    assert isinstance(said(raw("odds", body)), str)
    assert said(raw("odds", body)) == with_care(raw("odds", body))


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clean, "LARGEST", 1_000)
    read: list[bytes] = []

    def length(sent: bytes) -> int:
        read.append(sent)
        return len(sent)

    known = clean.ByBytes(length)
    for number in range(50):
        assert known[str(number).encode()] == len(str(number))
    assert len(known) <= 1_000 // clean.EACH + 1
    assert known[b"x" * (clean.LONGEST + 1)] == clean.LONGEST + 1
    assert b"x" * (clean.LONGEST + 1) not in known
    assert len(read) == 51
