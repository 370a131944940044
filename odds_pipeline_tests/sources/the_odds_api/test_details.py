"""What stands beside the prices, read from raw bodies."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.catalog.observations import OddsFormat
from odds_pipeline.errors import MalformedResponse
from odds_pipeline.sources.parse import parse_document
from odds_pipeline.sources.the_odds_api.details import (
    EventDetails,
    PageDetails,
    QuoteDetails,
    details_of,
    read_details,
)
from odds_pipeline_tests.sources.conftest import MakeRaw, fixture_bytes

HOME, AWAY = "Harbor Herons", "Quarry Kings"
NOWHERE = PageDetails()


def detailed() -> EventDetails:
    (details,) = read_details(fixture_bytes("event_odds_details.json"))
    return details


def test_rotation_numbers_of_the_sides() -> None:
    assert (detailed().home_rotation, detailed().away_rotation) == (512, 511)
    listed = read_details(fixture_bytes("events_rotation.json"))
    assert [(e.home_rotation, e.away_rotation) for e in listed] == [(512, 511), (None, None)]


def test_each_price_with_anything_beside_it() -> None:
    none = (NOWHERE, NOWHERE, NOWHERE)
    event, market = PageDetails("https://north.example/e/77", "77"), PageDetails(None, "m-5")
    slip = PageDetails("https://north.example/slip/9", "9")
    player = ("fable_dfs", "player_points", "Ivo Marsh")
    assert [
        ((q.bookmaker, q.market, q.description), q.outcome, q.point, q.bet_limit, q.multiplier)
        for q in detailed().quotes
    ] == [
        (("northbook", "h2h", None), HOME, None, 500.0, None),
        (("northbook", "h2h", None), AWAY, None, None, None),
        (("lagoon_ex", "h2h", None), HOME, None, 10234.5, None),
        (("lagoon_ex", "h2h", None), AWAY, None, 80.25, None),
        (player, "Over", 24.5, None, 1.25),
        (player, "Under", 24.5, None, 0.9),
    ]
    assert [(q.own, q.of_market, q.of_event) for q in detailed().quotes] == [
        (slip, market, event),
        (NOWHERE, market, event),
        *[none] * 4,
    ]


def test_the_nearest_page_is_the_link() -> None:
    assert [quote.link for quote in detailed().quotes[:3]] == [
        "https://north.example/slip/9",
        "https://north.example/e/77",
        None,
    ]
    ((listed),) = read_details(fixture_bytes("odds_details.json"))
    assert {quote.link for quote in listed.quotes} == {"https://north.example/m/5"}


def test_details_join_to_stored_quotes_by_identity(live: MakeRaw) -> None:
    body = fixture_bytes("event_odds_details.json")
    document = parse_document(live("event_odds", body, OddsFormat.DECIMAL))
    stored = {
        (board.bookmaker, board.market, quote.outcome, quote.point, quote.description)
        for board in document.odds[0].events[0].boards
        for quote in board.quotes
    }
    assert {
        (quote.bookmaker, quote.market, quote.outcome, quote.point, quote.description)
        for quote in detailed().quotes
    } <= stored


@pytest.mark.parametrize("name", ["odds_american.json", "historical_odds.json", "events.json"])
def test_a_body_without_details_has_events_and_nothing_else(name: str) -> None:
    read = read_details(fixture_bytes(name))
    assert read
    assert {(e.home_rotation, e.away_rotation, e.quotes) for e in read} == {(None, None, ())}


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "",
        7,
        None,
        ["https://x"],
        "https://x\n.example",
        "https://" + "x" * 9999,
    ],
)
def test_what_is_no_web_address_is_no_link(link: object) -> None:
    assert quote_with(link=link, bet_limit=1).own == PageDetails()


@pytest.mark.parametrize(("sid", "read"), [(12, "12"), ("a b", "a b"), (True, None), ({}, None)])
def test_ids_are_text(sid: object, read: str | None) -> None:
    assert quote_with(sid=sid, bet_limit=1).own.sid == read


@pytest.mark.parametrize("amount", [-1, "5", None, True, 10**400, 1e300])
def test_what_is_no_amount_is_no_limit(amount: object) -> None:
    assert quote_with(bet_limit=amount, sid="1").bet_limit is None


def quote_with(**stated: object) -> QuoteDetails:
    outcome = {"name": HOME, "price": 2.0} | stated
    market = {"key": "h2h", "outcomes": [outcome]}
    event = {"id": "ab12", "bookmakers": [{"key": "northbook", "markets": [market]}]}
    details = details_of(event)
    assert details is not None
    return details.quotes[0]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "data", "bookmakers", "markets", "outcomes", "key", "name", "link", "point"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_read(body: Any) -> None:
    for details in read_details(json.dumps(body).encode()):
        assert details.event_id


@pytest.mark.parametrize("body", [b"", b"\xff", b"[" * 10**5, b"<html>"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedResponse):
        read_details(body)
