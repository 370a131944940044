"""How requests are spelled, what cannot be asked, and what a request is forecast to cost."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.errors import UsageError
from odds_pipeline.planning.rate_cards import THE_ODDS_API
from odds_pipeline.sources.the_odds_api.queries import (
    Detail,
    EventMarketsRequest,
    EventOddsRequest,
    EventsRequest,
    HistoricalEventOddsRequest,
    HistoricalEventsRequest,
    HistoricalOddsRequest,
    OddsRequest,
    ParticipantsRequest,
    PricedRequest,
    ProviderRequest,
    ScoresRequest,
    SportsRequest,
    strict_time,
    without_markets,
)

AT = datetime(2026, 1, 9, 18, tzinfo=UTC)
GAME = "0123456789abcdef" * 2
MARKETS = ("h2h", "totals", "h2h")  # two different ones
FEATURED = (
    OddsRequest("nba", MARKETS, ("a", "b")),
    HistoricalOddsRequest("nba", AT, MARKETS, ("a", "b")),
)
OF_ONE_EVENT = (
    EventOddsRequest("nba", GAME, MARKETS, ("a", "b")),
    HistoricalEventOddsRequest("nba", GAME, AT, MARKETS, ("a", "b")),
)
LISTINGS = (
    SportsRequest(),
    EventsRequest("nba"),
    ScoresRequest("nba"),
    EventMarketsRequest("nba", GAME, regions=("us",)),
    ParticipantsRequest("nba"),
    HistoricalEventsRequest("nba", AT),
)
ALL = (*FEATURED, *OF_ONE_EVENT, *LISTINGS)


def cost(request: ProviderRequest) -> int:
    return THE_ODDS_API.forecast(request.endpoint, **request.cost_inputs())


def test_times_have_one_spelling() -> None:
    moment = datetime(2026, 1, 9, 18, 0, 0, 999_999, timezone(timedelta(hours=-5)))
    assert strict_time(moment) == "2026-01-09T23:00:00Z"
    with pytest.raises(UsageError, match="no zone"):
        strict_time(datetime(2026, 1, 9))  # noqa: DTZ001


def test_the_same_question_is_spelled_the_same() -> None:
    one = OddsRequest("nba", ("totals", "h2h"), bookmakers=("b", "a", "a"))
    two = OddsRequest("nba", ("h2h", "totals"), bookmakers=("a", "b"), regions=("us",))
    assert one.described() == two.described()
    assert one.described() == {
        "sport": "nba",
        "bookmakers": "a,b",
        "markets": "h2h,totals",
        "oddsFormat": "american",
        "dateFormat": "iso",
    }


def test_what_is_described_names_the_event() -> None:
    described = HistoricalEventOddsRequest("nba", GAME, AT, ("h2h",), ("a",)).described()
    assert described["event_id"] == GAME
    assert described["date"] == "2026-01-09T18:00:00Z"


def test_each_endpoint_has_a_request() -> None:
    files = {Endpoint.FLAT_ODDS, Endpoint.FLAT_PLAYER_LINES, Endpoint.FLAT_SCORES}
    files |= {Endpoint.ARCHIVE}
    assert {request.endpoint for request in ALL} == set(Endpoint) - files


LATER = AT + timedelta(seconds=1)
IMPOSSIBLE = {
    "no market": (lambda: OddsRequest("nba", (), regions=("us",)), "without a market"),
    "no market of an event": (lambda: EventOddsRequest("nba", GAME, (), ("a",)), "a market"),
    "nobody asked": (
        lambda: HistoricalOddsRequest("nba", AT, ("h2h",)),
        "without bookmakers or regions",
    ),
    "nobody asked for markets": (lambda: EventMarketsRequest("nba", GAME), "without bookmakers"),
    "four days": (lambda: ScoresRequest("nba", days_from=4), "1 to 3 days"),
    "no days": (lambda: ScoresRequest("nba", days_from=0), "1 to 3 days"),
    "no sport": (lambda: EventsRequest(""), "empty"),
    "two markets as one": (lambda: OddsRequest("nba", ("h2h,totals",), ("a",)), "market key"),
    "an empty bookmaker": (lambda: OddsRequest("nba", ("h2h",), ("",)), "bookmaker key"),
    "a parameter for a region": (lambda: OddsRequest("nba", ("h2h",), (), ("us&x",)), "region key"),
    "a short event id": (lambda: EventOddsRequest("nba", GAME[1:], ("h2h",), ("a",)), "32 digits"),
    "an event id that leaves its place": (
        lambda: HistoricalEventOddsRequest("nba", "../x", AT, ("h2h",), ("a",)),
        "32 digits",
    ),
    "an event id in a list": (lambda: ScoresRequest("nba", event_ids=("x",)), "32 digits"),
    "a span that ends first": (
        lambda: EventsRequest("nba", starts_from=LATER, starts_to=AT),
        "swap them",
    ),
    "a time without a zone": (
        lambda: HistoricalEventsRequest("nba", datetime(2026, 1, 9)),  # noqa: DTZ001
        "no zone",
    ),
    "multipliers of a sport": (
        lambda: OddsRequest("nba", ("h2h",), ("a",), details=frozenset(Detail)),
        "includeMultipliers is not offered",
    ),
    "links of a list": (
        lambda: EventsRequest("nba", details=frozenset({Detail.LINKS})),
        "includeLinks is not offered",
    ),
}


@pytest.mark.parametrize(("make", "reason"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be_asked_is_refused_when_it_is_stated(make: object, reason: str) -> None:
    assert callable(make)
    with pytest.raises(UsageError, match=reason) as refused:
        make()
    assert "\n" not in str(refused.value)


def test_a_sport_key_cannot_leave_its_place_in_the_path() -> None:
    assert EventsRequest("../x?y").path == "/v4/sports/..%2Fx%3Fy/events"
    assert SportsRequest().described() == {"all": "true"}
    assert SportsRequest(out_of_season=False).described() == {"all": "false"}


def test_details_are_asked_for_by_flag() -> None:
    listed = EventsRequest("nba", details=frozenset({Detail.ROTATION_NUMBERS}))
    assert listed.query() == {"dateFormat": "iso", "includeRotationNumbers": "true"}
    priced = EventOddsRequest("nba", GAME, ("h2h",), ("a",), details=frozenset(Detail))
    assert {name for name, value in priced.query().items() if value == "true"} == set(Detail)


@pytest.mark.parametrize("request_", [*FEATURED, *OF_ONE_EVENT], ids=lambda r: r.endpoint)
def test_a_request_can_be_asked_again_without_some_markets(request_: PricedRequest) -> None:
    fewer = without_markets(request_, ["h2h", "other"])
    assert fewer is not None
    assert type(fewer) is type(request_)
    assert fewer.query() == request_.query() | {"markets": "totals"}
    assert fewer.path == request_.path
    assert without_markets(request_, MARKETS) is None


def test_each_request_is_forecast_at_its_dearest() -> None:
    assert [cost(request) for request in FEATURED] == [2, 20]
    assert [cost(request) for request in OF_ONE_EVENT] == [2, 20]
    assert [cost(request) for request in LISTINGS] == [0, 0, 1, 1, 1, 1]
    assert cost(ScoresRequest("nba", days_from=1)) == 2


@given(
    st.sets(st.sampled_from("abcdefghij"), min_size=1),
    st.lists(st.integers(0, 40).map(str)),
    st.lists(st.sampled_from(["us", "eu", "uk"])),
)
def test_repeated_keys_cost_nothing(
    markets: set[str], books: list[str], regions: list[str]
) -> None:
    if not books and not regions:
        return
    asked = EventOddsRequest("nba", GAME, tuple(markets) * 2, tuple(books), tuple(regions))
    groups = -(-len(set(books)) // 10) or len(set(regions))
    assert cost(asked) == len(markets) * groups
    assert len(asked.query()["markets"].split(",")) == len(markets)
