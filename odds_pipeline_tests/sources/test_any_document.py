"""No document stops the parsers: each gives a document or one clear refusal."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odds_pipeline.catalog.observations import CaptureBasis, RawDocument
from odds_pipeline.errors import MalformedResponse
from odds_pipeline.sources.parse import PARSERS, parse_document
from odds_pipeline.sources.the_odds_api import wire
from odds_pipeline_tests.sources.conftest import KNOWN, RECEIVED, fixture_bytes

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    # Made anew each time: a shared list could be put into itself.
    st.builds(list[Any]),
    st.builds(dict[str, Any]),
    st.builds(lambda: [[None]]),
)
FIXTURES = {
    "odds": "odds_american.json",
    "event_odds": "event_odds_props.json",
    "historical_odds": "historical_odds.json",
    "historical_events": "historical_events.json",
    "historical_event_odds": "historical_event_odds.json",
    "events": "events.json",
    "scores": "scores.json",
    "sports": "sports.json",
    "participants": "participants.json",
    "event_markets": "event_markets.json",
}


def raw(endpoint: str, body: bytes, source: str) -> RawDocument:
    request = {"sport": "basketball_nba", "regions": "us"}
    return RawDocument(source, endpoint, request, body, RECEIVED, CaptureBasis.CLOCK, KNOWN)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every part of a JSON value, itself left out."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, inner in items:
        found.append((*path, key))
        if isinstance(inner, dict | list):
            found += places(inner, (*path, key))
    return found


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_document_with_broken_parts_never_stops_the_parser(data: st.DataObject) -> None:
    endpoint = data.draw(st.sampled_from(sorted(FIXTURES)))
    document = json.loads(fixture_bytes(FIXTURES[endpoint]))
    for _ in range(data.draw(st.integers(1, 3))):
        *path, last = data.draw(st.sampled_from(places(document)))
        parent = document
        for key in path:
            parent = parent[key]
        parent[last] = data.draw(JUNK)
    for source in ("the_odds_api", "file"):
        try:
            parsed = parse_document(raw(endpoint, json.dumps(document).encode(), source))
        except MalformedResponse as refused:
            assert "\n" not in str(refused)
            continue
        assert all(len(rejection.evidence) <= 2_000 for rejection in parsed.rejections)
        assert parse_document(raw(endpoint, json.dumps(document).encode(), source)) == parsed


@given(st.binary(max_size=200), st.sampled_from(sorted(PARSERS)))
def test_any_bytes_are_a_document_or_refused(body: bytes, endpoint: str) -> None:
    try:
        parse_document(raw(endpoint, body, "file"))
    except MalformedResponse as refused:
        assert "\n" not in str(refused)


def test_the_loose_way_reads_the_same_as_the_typed_way() -> None:
    for endpoint in ("odds", "event_odds", "historical_odds", "historical_event_odds"):
        body = fixture_bytes(FIXTURES[endpoint])
        typed = {
            "odds": (wire.decode_events, wire._loose_events),
            "event_odds": (wire.decode_event, wire._loose_single),
            "historical_odds": (wire.decode_envelope, wire._loose_envelope),
            "historical_event_odds": (wire.decode_event_envelope, wire._loose_event_envelope),
        }[endpoint]
        decode, loosen = typed
        assert decode(body) == loosen(json.loads(body))


def test_a_kind_without_a_parser_is_refused() -> None:
    with pytest.raises(MalformedResponse, match="palm_reading"):
        parse_document(raw("palm_reading", b"[]", "file"))
