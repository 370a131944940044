"""The client, the parsers and the forecasts against the loopback provider over real HTTP."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from odds_pipeline import errors
from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.catalog.observations import (
    CaptureBasis,
    Document,
    EventOdds,
    OddsFormat,
    RawDocument,
)
from odds_pipeline.errors import ProviderError, ProviderRefused
from odds_pipeline.planning.rate_cards import THE_ODDS_API
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.refusals import REFUSALS, Refusal
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.sources.parse import parse_document
from odds_pipeline.sources.the_odds_api.client import OddsApiClient
from odds_pipeline.sources.the_odds_api.details import read_details
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
    ProviderRequest,
    ScoresRequest,
    SportsRequest,
    without_markets,
)
from odds_pipeline.sources.the_odds_api.responses import (
    ProviderResponse,
    raise_for_status,
    refused_markets,
)
from odds_pipeline.sources.the_odds_api.transport import Timing

EVENING = datetime(2025, 11, 22, 1, 15, tzinfo=UTC)
EARLIER = EVENING - timedelta(hours=6)
NBA, QUOTA, KEY = "basketball_nba", 20_000, "contract"
BOOKS = ("pinnacle", "draftkings", "fanduel")
FEATURED = ("h2h", "spreads", "totals")
NO_GAME = "0" * 32


@pytest.fixture
def provider() -> Iterator[RunningSimulator]:
    with RunningSimulator(clock=SteppedClock(EVENING), quota=QUOTA) as running:
        yield running


@contextmanager
def client_of(provider: RunningSimulator, key: str = KEY) -> Iterator[OddsApiClient]:
    timing = Timing(clock=lambda: EVENING, sleep=lambda _: None)
    with OddsApiClient(provider.url, key, timing=timing) as client:
        yield client


@pytest.fixture
def client(provider: RunningSimulator) -> Iterator[OddsApiClient]:
    with client_of(provider) as client:
        yield client


def said(response: ProviderResponse, odds_format: OddsFormat | None = None) -> Document:
    """What a good answer says, as the platform reads it from storage."""
    raise_for_status(response)
    document = parse_document(
        RawDocument(
            "the_odds_api",
            response.endpoint,
            response.request,
            response.body,
            response.received_at,
            response.basis,
            response.received_at,
            odds_format=odds_format,
        )
    )
    assert document.rejections == ()
    return document


def odds_said(response: ProviderResponse, odds_format: OddsFormat) -> tuple[EventOdds, ...]:
    (capture,) = said(response, odds_format).odds
    return capture.events


def priced(events: tuple[EventOdds, ...]) -> set[tuple[str, str, str, float | None, str | None]]:
    return {
        (board.bookmaker, board.market, quote.outcome, quote.point, quote.description)
        for event in events
        for board in event.boards
        for quote in board.quotes
    }


def game_of(client: OddsApiClient) -> str:
    """The next event to start: every book prices it, and did hours ago."""
    (capture,) = said(client.events(EventsRequest(NBA, starts_from=EVENING))).statements
    return capture.statements[0].event.event_id


Make = Callable[[str], ProviderRequest]
ASKED: dict[Endpoint, tuple[Make, int]] = {  # and what the call costs here
    Endpoint.SPORTS: (lambda _: SportsRequest(), 0),
    Endpoint.EVENTS: (lambda _: EventsRequest(NBA), 0),
    Endpoint.ODDS: (lambda _: OddsRequest(NBA, FEATURED, BOOKS), 3),
    Endpoint.SCORES: (lambda _: ScoresRequest(NBA, 3), 2),
    Endpoint.EVENT_ODDS: (lambda game: EventOddsRequest(NBA, game, FEATURED, BOOKS), 3),
    Endpoint.EVENT_MARKETS: (lambda game: EventMarketsRequest(NBA, game, BOOKS), 1),
    Endpoint.PARTICIPANTS: (lambda _: ParticipantsRequest(NBA), 1),
    Endpoint.HISTORICAL_ODDS: (lambda _: HistoricalOddsRequest(NBA, EARLIER, FEATURED, BOOKS), 30),
    Endpoint.HISTORICAL_EVENTS: (lambda _: HistoricalEventsRequest(NBA, EARLIER), 1),
    Endpoint.HISTORICAL_EVENT_ODDS: (
        lambda game: HistoricalEventOddsRequest(NBA, game, EARLIER, FEATURED, BOOKS),
        30,
    ),
}


@pytest.mark.parametrize("endpoint", ASKED)
def test_each_endpoint_answers_at_the_price_that_was_forecast(
    provider: RunningSimulator, client: OddsApiClient, endpoint: Endpoint
) -> None:
    make, cost = ASKED[endpoint]
    request = make(game_of(client))
    response = client.fetch(request)
    said(response)
    assert (response.status, response.endpoint, response.attempts) == (200, endpoint, 1)
    assert THE_ODDS_API.forecast(request.endpoint, **request.cost_inputs()) == cost
    assert response.credits_last == cost
    assert response.credits_used == provider.credits_charged(KEY) == cost
    assert response.credits_remaining == QUOTA - cost
    assert (response.received_at, response.basis) == (EVENING, CaptureBasis.CLOCK)
    assert response.headers["content-type"].startswith("application/json")


def test_only_markets_returned_are_charged(client: OddsApiClient) -> None:
    game = game_of(client)
    request = EventOddsRequest(NBA, game, ("h2h", "btts"), BOOKS)  # no goals in basketball
    response = client.event_odds(request)
    assert {market for _, market, *_ in priced(odds_said(response, OddsFormat.AMERICAN))} == {"h2h"}
    assert response.credits_last == 1
    assert THE_ODDS_API.forecast(request.endpoint, **request.cost_inputs()) == 2


def test_an_empty_answer_is_free(client: OddsApiClient) -> None:
    far = EVENING + timedelta(days=300)
    response = client.odds(OddsRequest(NBA, FEATURED, BOOKS, starts_from=far))
    assert odds_said(response, OddsFormat.AMERICAN) == ()
    assert response.credits_last == 0


def test_sports_in_season_and_out(client: OddsApiClient) -> None:
    every = {sport.key for sport in said(client.sports(SportsRequest())).sports}
    now = {sport.key for sport in said(client.sports(SportsRequest(out_of_season=False))).sports}
    assert NBA in now < every


def test_events_and_odds_speak_of_the_same_games(client: OddsApiClient) -> None:
    (listed,) = said(client.events(EventsRequest(NBA))).statements
    (capture,) = said(client.odds(OddsRequest(NBA, FEATURED, BOOKS)), OddsFormat.AMERICAN).odds
    assert [s.event for s in listed.statements] == [event.event for event in capture.events]
    assert capture.scope.lists_all_events
    books = {board.bookmaker for event in capture.events for board in event.boards}
    assert books == set(BOOKS) == set(capture.scope.bookmakers or ())


def test_event_odds_hold_players_and_what_stands_beside_their_prices(
    client: OddsApiClient,
) -> None:
    request = EventOddsRequest(
        *(NBA, game_of(client), ("h2h", "player_points")),
        regions=("us", "us_dfs", "us_ex"),
        odds_format=OddsFormat.DECIMAL,
        details=frozenset(Detail),
    )
    response = client.event_odds(request)
    quotes = priced(odds_said(response, OddsFormat.DECIMAL))
    players = {about for _, market, _, _, about in quotes if market == "player_points"}
    assert players
    assert None not in players
    (details,) = read_details(response.body)
    assert {
        (quote.bookmaker, quote.market, quote.outcome, quote.point, quote.description)
        for quote in details.quotes
    } <= quotes
    assert any(quote.link for quote in details.quotes)
    assert any(quote.own.sid for quote in details.quotes)
    assert any(quote.bet_limit for quote in details.quotes)
    assert any(quote.multiplier for quote in details.quotes)
    assert details.home_rotation
    (bare,) = read_details(client.event_odds(replace(request, details=frozenset())).body)
    assert (bare.quotes, bare.home_rotation) == ((), None)


def test_rotation_numbers_are_sent_with_events_when_asked_for(client: OddsApiClient) -> None:
    asked = EventsRequest(NBA, details=frozenset({Detail.ROTATION_NUMBERS}))
    with_numbers, without = client.events(asked), client.events(EventsRequest(NBA))
    assert all(event.home_rotation for event in read_details(with_numbers.body))
    assert said(with_numbers) == said(without)


def test_the_markets_seen_are_those_an_event_can_be_asked_for(client: OddsApiClient) -> None:
    game = game_of(client)
    (seen,) = said(client.event_markets(EventMarketsRequest(NBA, game, BOOKS))).markets_seen
    keys = tuple({market.market for market in seen.markets})
    assert seen.event.event_id == game
    assert set(FEATURED) < set(keys)
    response = client.event_odds(EventOddsRequest(NBA, game, keys, BOOKS))
    found = odds_said(response, OddsFormat.AMERICAN)
    assert {market for _, market, *_ in priced(found)} == set(keys)


def test_participants_are_the_teams_that_play(client: OddsApiClient) -> None:
    names = {each.name for each in said(client.participants(ParticipantsRequest(NBA))).participants}
    (listed,) = said(client.events(EventsRequest(NBA))).statements
    assert {s.event.home_team for s in listed.statements} <= names


def test_scores_of_finished_games_are_whole_points(client: OddsApiClient) -> None:
    (capture,) = said(client.scores(ScoresRequest(NBA, 3))).statements
    finished = [s for s in capture.statements if s.completed]
    assert finished
    assert all(s.home_score is not None and s.away_score is not None for s in finished)
    assert any(s.home_score is None for s in capture.statements)


def test_history_is_captured_when_the_provider_recorded_it(client: OddsApiClient) -> None:
    game = game_of(client)
    featured = client.historical_odds(HistoricalOddsRequest(NBA, EARLIER, FEATURED, BOOKS))
    of_one = client.historical_event_odds(
        HistoricalEventOddsRequest(NBA, game, EARLIER, FEATURED, BOOKS)
    )
    events = client.historical_events(HistoricalEventsRequest(NBA, EARLIER))
    (capture,) = said(featured, OddsFormat.AMERICAN).odds
    (single,) = said(of_one, OddsFormat.AMERICAN).odds
    (listed,) = said(events).statements
    assert capture.capture_time == single.capture_time == listed.capture_time
    assert EARLIER - timedelta(minutes=5) < capture.capture_time <= EARLIER
    assert capture.basis is single.basis is CaptureBasis.TIMESTAMP
    assert [event.event for event in capture.events] == [s.event for s in listed.statements]
    assert single.event_ids == (game,)
    assert not single.scope.lists_all_events


Refused = tuple[str, type[ProviderRefused], Callable[[str], ProviderRequest]]
OUTRIGHT = "basketball_nba_championship_winner"
BEFORE_PROPS = datetime(2023, 1, 9, 1, 0, tzinfo=UTC)
REFUSED: list[Refused] = [
    ("UNKNOWN_SPORT", errors.UnknownSport, lambda _: EventsRequest("quidditch")),
    (
        "EVENT_NOT_FOUND",
        errors.EventNotFound,
        lambda _: EventOddsRequest(NBA, NO_GAME, FEATURED, BOOKS),
    ),
    (
        "INVALID_MARKET",
        errors.MarketsRefused,
        lambda _: OddsRequest(NBA, ("h2h", "player_points"), BOOKS),
    ),
    (
        "INVALID_MARKET",
        errors.MarketsRefused,
        lambda game: EventOddsRequest(NBA, game, ("h2h", "best_hat"), BOOKS),
    ),
    (
        "INVALID_MARKET_COMBO",
        errors.MarketsRefused,
        lambda _: OddsRequest(OUTRIGHT, ("outrights", "h2h"), BOOKS),
    ),
    ("INVALID_REGION", ProviderRefused, lambda _: OddsRequest(NBA, FEATURED, (), ("atlantis",))),
    ("INVALID_BOOKMAKERS", ProviderRefused, lambda _: OddsRequest(NBA, FEATURED, ("nosuchbook",))),
    ("INVALID_SPORT", ProviderRefused, lambda _: ScoresRequest("upcoming")),
]


@pytest.mark.parametrize(("code", "kind", "make"), REFUSED, ids=[each[0] for each in REFUSED])
def test_each_refusal_is_told_apart_and_costs_nothing(
    client: OddsApiClient, code: str, kind: type[ProviderRefused], make: Make
) -> None:
    response = client.fetch(make(game_of(client)))
    with pytest.raises(ProviderRefused) as refused:
        raise_for_status(response)
    assert (type(refused.value), refused.value.error_code) == (kind, code)
    assert response.attempts == 1
    assert (response.credits_last, response.credits_remaining) == (0, QUOTA)


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_no_code_of_the_provider_is_taken_for_another(code: str) -> None:
    refusal = Refusal(code, "h2h")
    body = json.dumps(refusal.body()).encode()
    response = ProviderResponse(
        *(Endpoint.ODDS, {}, refusal.status, {}, body, EVENING, CaptureBasis.CLOCK, EVENING),
        *(None, 1.0, 1, None, None, None),
    )
    with pytest.raises(ProviderError) as refused:
        raise_for_status(response)
    assert code in str(refused.value)
    assert isinstance(refused.value, errors.InvalidKey) == code.endswith("_KEY")
    named = isinstance(refused.value, errors.MarketsRefused)
    assert refused_markets(response, ("h2h", "totals")) == (("h2h",) if named else ())


@pytest.mark.parametrize(
    ("code", "kind", "key"),
    [
        ("MISSING_KEY", errors.InvalidKey, ""),
        ("INVALID_KEY", errors.InvalidKey, "guess"),
        ("DEACTIVATED_KEY", errors.InvalidKey, "old"),
    ],
)
def test_a_key_that_does_not_open(code: str, kind: type[ProviderRefused], key: str) -> None:
    keys = frozenset({KEY, "old"})
    simulator = RunningSimulator(
        clock=SteppedClock(EVENING), keys=keys, deactivated=frozenset({"old"})
    )
    with simulator as provider, client_of(provider, key) as client:
        refused_with(client.sports(SportsRequest()), code, kind)


def test_a_free_plan_has_no_history() -> None:
    with (
        RunningSimulator(clock=SteppedClock(EVENING), quota=500) as provider,
        client_of(provider) as client,
    ):
        response = client.historical_events(HistoricalEventsRequest(NBA, EARLIER))
        refused_with(response, "HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN", errors.NotOnPlan)


def test_used_up_credits_are_no_bad_key_and_free_endpoints_still_answer() -> None:
    with (
        RunningSimulator(clock=SteppedClock(EVENING), quota=2) as provider,
        client_of(provider) as client,
    ):
        assert client.odds(OddsRequest(NBA, FEATURED, BOOKS)).credits_remaining == -1
        response = client.odds(OddsRequest(NBA, FEATURED, BOOKS))
        refused_with(response, "OUT_OF_USAGE_CREDITS", errors.OutOfCredits)
        assert response.attempts == 1
        assert client.sports(SportsRequest()).status == 200


def test_the_frequency_limit_is_tried_again_and_then_told() -> None:
    with (
        RunningSimulator(clock=SteppedClock(EVENING), calls_a_second=0) as provider,
        client_of(provider) as client,
    ):
        response = client.sports(SportsRequest())
        refused_with(response, "EXCEEDED_FREQ_LIMIT", errors.TooManyCalls)
        assert response.attempts == 3


def test_markets_before_their_time_are_named(client: OddsApiClient) -> None:
    (listed,) = said(
        client.historical_events(HistoricalEventsRequest(NBA, BEFORE_PROPS))
    ).statements
    game = listed.statements[0].event.event_id
    asked = ("h2h", "player_points")
    request = HistoricalEventOddsRequest(NBA, game, BEFORE_PROPS, asked, BOOKS)
    response = client.historical_event_odds(request)
    refused_with(response, "HISTORICAL_MARKETS_UNAVAILABLE_AT_DATE", errors.MarketsRefused)
    assert refused_markets(response, asked) == ("player_points",)


def refused_with(response: ProviderResponse, code: str, kind: type[ProviderRefused]) -> None:
    with pytest.raises(ProviderRefused) as refused:
        raise_for_status(response)
    assert (type(refused.value), refused.value.error_code) == (kind, code)


def test_a_bad_market_can_be_taken_out_and_the_others_asked_again(client: OddsApiClient) -> None:
    request: OddsRequest | None = OddsRequest(
        NBA, ("h2h", "player_points", "totals", "best_hat"), BOOKS
    )
    taken_out = []
    while request is not None:
        response = client.odds(request)
        refused = refused_markets(response, request.markets)
        if not refused:
            break
        taken_out.append(refused)
        request = without_markets(request, refused)
    assert taken_out == [("best_hat",), ("player_points",)]
    found = odds_said(response, OddsFormat.AMERICAN)
    assert {market for _, market, *_ in priced(found)} == {"h2h", "totals"}
