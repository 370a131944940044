"""Outright sports: one event a season, no teams, lay prices unasked."""

from datetime import UTC, datetime, timedelta

import pytest

from odds_pipeline.catalog.bookmakers import BookClass, book_class
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline_tests.simulator.calls import call, headers

GOLF = "/v4/sports/golf_us_open_winner"
OUTRIGHTS = {
    "americanfootball_nfl_super_bowl_winner",
    "basketball_nba_championship_winner",
    "golf_masters_tournament_winner",
    "golf_us_open_winner",
}


def test_they_are_listed_as_such(provider: RunningSimulator) -> None:
    sports = call(provider, "/v4/sports").json()
    assert {sport["key"] for sport in sports if sport["has_outrights"]} == OUTRIGHTS
    keys = [sport["key"] for sport in sports]
    assert keys == sorted(keys)


@pytest.mark.parametrize("sport_key", sorted(OUTRIGHTS))
def test_one_event_a_season_without_teams(provider: RunningSimulator, sport_key: str) -> None:
    path = f"/v4/sports/{sport_key}"
    [event] = call(provider, f"{path}/events").json()
    assert (event["home_team"], event["away_team"]) == (None, None)
    assert event["commence_time"] > "2025-11-22"
    [priced] = call(provider, f"{path}/odds", regions="us,eu").json()
    books = priced.pop("bookmakers")
    assert priced == event
    lays = {book["key"] for book in books if len(book["markets"]) == 2}
    assert lays == {"betfair_ex_eu"}
    for book in books:
        assert book["markets"][0]["key"] == "outrights"
        assert [m["key"] for m in book["markets"][1:]] in ([], ["outrights_lay"])
        for market in book["markets"]:
            assert market["last_update"] == book["last_update"]
    rows = call(provider, f"{path}/participants").json()
    field = {outcome["name"] for outcome in books[0]["markets"][0]["outcomes"]}
    assert field == {row["full_name"] for row in rows}


def test_a_field_adds_up_to_its_overround(provider: RunningSimulator) -> None:
    [event] = call(provider, f"{GOLF}/odds", regions="us,eu").json()
    total = {
        book["key"]: sum(1 / outcome["price"] for outcome in book["markets"][0]["outcomes"])
        for book in event["bookmakers"]
    }
    for key, whole in total.items():
        low, high = (0.97, 1.06) if book_class(key) is BookClass.EXCHANGE else (1.05, 1.5)
        assert low < whole < high
    back, lay = (
        {outcome["name"]: outcome["price"] for outcome in market["outcomes"]}
        for book in event["bookmakers"]
        if book["key"] == "betfair_ex_eu"
        for market in book["markets"]
    )
    assert all(lay[name] > price for name, price in back.items())


def test_prices_move_with_time_and_a_new_season_has_a_new_event(
    provider: RunningSimulator, clock: SteppedClock
) -> None:
    def now() -> tuple[str, dict[str, float]]:
        [event] = call(provider, f"{GOLF}/odds", bookmakers="pinnacle").json()
        outcomes = event["bookmakers"][0]["markets"][0]["outcomes"]
        return event["id"], {outcome["name"]: outcome["price"] for outcome in outcomes}

    first, prices = now()
    assert now() == (first, prices)
    clock.advance(timedelta(days=21))
    second, later = now()
    assert second == first
    assert later != prices
    clock.set(datetime(2026, 11, 22, 1, 15, tzinfo=UTC))
    assert now()[0] != first


def test_between_two_seasons_there_is_no_event(
    provider: RunningSimulator, clock: SteppedClock
) -> None:
    clock.set(datetime(2026, 7, 1, tzinfo=UTC))
    response = call(provider, f"{GOLF}/odds", regions="us")
    assert (response.json(), headers(response)[2]) == ([], 0)


def test_they_have_event_odds_history_and_bet_limits_but_no_scores(
    provider: RunningSimulator,
) -> None:
    [event] = call(provider, f"{GOLF}/events").json()
    path = f"{GOLF}/events/{event['id']}"
    odds = call(provider, f"{path}/odds", regions="us,eu", includeBetLimits="true")
    assert headers(odds)[2] == 2
    outcome = odds.json()["bookmakers"][0]["markets"][0]["outcomes"][0]
    assert outcome["bet_limit"] > 0
    markets = call(provider, f"{path}/markets", bookmakers="betfair_ex_eu").json()
    assert [market["key"] for market in markets["bookmakers"][0]["markets"]] == [
        "outrights",
        "outrights_lay",
    ]
    past = call(
        provider,
        path.replace("/v4/", "/v4/historical/") + "/odds",
        regions="us",
        date="2025-11-20T12:00:00Z",
    )
    assert (past.json()["data"]["id"], headers(past)[2]) == (event["id"], 10)
    assert call(provider, f"{GOLF}/scores").json() == []


def test_they_are_not_among_the_upcoming_games(provider: RunningSimulator) -> None:
    events = call(provider, "/v4/sports/upcoming/odds", regions="us").json()
    assert not {event["sport_key"] for event in events} & OUTRIGHTS
