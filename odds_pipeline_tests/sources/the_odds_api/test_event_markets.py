"""Which markets bookmakers were seen in, and a sport's participants."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from odds_pipeline.catalog.observations import CaptureBasis, MarketSeen, ParticipantStated
from odds_pipeline.errors import MalformedResponse
from odds_pipeline.sources.parse import parse_document
from odds_pipeline_tests.sources.conftest import RECEIVED, MakeRaw, fixture_bytes

SEEN = "event_markets.json"


def seen_with(**changes: object) -> dict[str, Any]:
    document = json.loads(fixture_bytes(SEEN))
    assert isinstance(document, dict)
    return document | changes


def test_the_markets_seen_of_an_event(live: MakeRaw) -> None:
    document = parse_document(live("event_markets", fixture_bytes(SEEN)))
    (seen,) = document.markets_seen
    assert (seen.capture_time, seen.basis) == (RECEIVED, CaptureBasis.CLOCK)
    assert seen.event.home_team == "Harbor Herons"
    assert seen.complete
    assert seen.markets == (
        MarketSeen("northbook", "h2h", datetime(2026, 1, 9, 18, 0, 3, tzinfo=UTC)),
        MarketSeen("northbook", "player_points", datetime(2026, 1, 9, 17, 58, 41, tzinfo=UTC)),
    )
    assert document.bookmaker_titles == {"northbook": "North Book", "lagoon_ex": "Lagoon Exchange"}
    assert (document.odds, document.statements, document.rejections) == ((), (), ())


@pytest.mark.parametrize(
    ("bookmakers", "where"),
    [
        ("none", "$.bookmakers"),
        ([7], "$.bookmakers[0]"),
        ([{"key": ["x"], "markets": []}], "$.bookmakers[0]"),
        ([{"key": "northbook"}], "$.bookmakers[0].markets"),
        ([{"key": "northbook", "markets": [{"key": "H2H"}]}], "$.bookmakers[0].markets[0]"),
    ],
)
def test_an_entry_that_cannot_be_identified_leaves_the_list_incomplete(
    live: MakeRaw, bookmakers: object, where: str
) -> None:
    body = json.dumps(seen_with(bookmakers=bookmakers)).encode()
    document = parse_document(live("event_markets", body))
    assert [rejection.where for rejection in document.rejections] == [where]
    assert not document.markets_seen[0].complete


def test_a_market_stated_twice_was_seen_at_the_newest_time(live: MakeRaw) -> None:
    stated = ["2026-01-09T18:00:03Z", None, "soon", 1767981610, "2026-01-09T18:00:01Z"]
    markets = [{"key": "h2h", "last_update": updated} for updated in stated]
    book = {"key": "northbook", "markets": markets}
    body = json.dumps(seen_with(bookmakers=[book])).encode()
    document = parse_document(live("event_markets", body))
    newest = datetime(2026, 1, 9, 18, 0, 10, tzinfo=UTC)
    assert document.markets_seen[0].markets == (MarketSeen("northbook", "h2h", newest),)
    (rejection,) = document.rejections
    assert rejection.where == "$.bookmakers[0].markets[2].last_update"


def test_an_event_without_identity_is_rejected_whole(live: MakeRaw) -> None:
    document = parse_document(live("event_markets", json.dumps(seen_with(id=None)).encode()))
    assert document.markets_seen == ()
    assert [rejection.where for rejection in document.rejections] == ["$"]


def test_participants(live: MakeRaw) -> None:
    document = parse_document(live("participants", fixture_bytes("participants.json")))
    assert document.participants == (
        ParticipantStated("par_01kmr00000000000000000000a", "Harbor Herons", "basketball_nba"),
        ParticipantStated("par_01kmr00000000000000000000b", "Quarry Kings", "basketball_nba"),
    )
    assert document.rejections == ()


def test_unreadable_participants_are_rejected_alone(live: MakeRaw) -> None:
    good = {"id": "par_1", "full_name": "Ada Park"}
    items = [good, 7, {"id": "par_2"}, {"full_name": "X"}, good, good | {"full_name": "Ida Park"}]
    document = parse_document(live("participants", json.dumps(items).encode()))
    assert document.participants == (ParticipantStated("par_1", "Ada Park", "basketball_nba"),)
    assert [rejection.where for rejection in document.rejections] == ["[1]", "[2]", "[3]", "[5]"]


@pytest.mark.parametrize("endpoint", ["participants", "event_markets"])
@pytest.mark.parametrize("body", [b'{"error_code": "INVALID_KEY"}', b"{}", b'"x"', b"[" * 9**5])
def test_other_bodies_are_one_clear_line(live: MakeRaw, endpoint: str, body: bytes) -> None:
    with pytest.raises(MalformedResponse) as refused:
        parse_document(live(endpoint, body))
    assert "\n" not in str(refused.value)
