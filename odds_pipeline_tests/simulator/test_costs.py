"""What each endpoint costs."""

from datetime import UTC, datetime

import pytest

from odds_pipeline.catalog.bookmakers import BOOKMAKERS
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline_tests.simulator.calls import KEY, call, event_with, headers

NBA = "/v4/sports/basketball_nba"
PAST = "/v4/historical/sports/basketball_nba"
IDLE = datetime(2025, 2, 15, 12, 0, tzinfo=UTC)
THREE = {"markets": "h2h,spreads,totals"}
DATE = {"date": "2025-11-22T01:12:00Z"}
BOOKS = sorted(BOOKMAKERS)
EIGHT = {"bookmakers": "pinnacle,draftkings,fanduel,betmgm,betrivers,bovada,circasports,lowvig"}
PRESENT = "fanduel,draftkings,pinnacle,betfair_ex_eu"
ELEVEN = {"bookmakers": ",".join(BOOKS[:11])}


@pytest.mark.parametrize(
    ("path", "query", "cost"),
    [
        ("/v4/sports", {}, 0),
        (f"{NBA}/events", {}, 0),
        (f"{NBA}/odds", {"regions": "us"}, 1),
        (f"{NBA}/odds", {"regions": "us,eu", **THREE}, 6),
        (f"{NBA}/odds", {**EIGHT, **THREE}, 3),
        (f"{NBA}/odds", {"bookmakers": ",".join(BOOKS[:10]), **THREE}, 3),
        (f"{NBA}/odds", {**ELEVEN, **THREE}, 6),
        (f"{NBA}/odds", {**ELEVEN, "regions": "us"}, 2),  # books override regions
        ("/v4/sports/upcoming/odds", {"regions": "us"}, 1),
        ("/v4/sports/golf_us_open_winner/odds", {"regions": "us,eu"}, 2),  # lay prices are free
        (f"{NBA}/scores", {}, 1),
        (f"{NBA}/scores", {"daysFrom": "1"}, 2),
        (f"{NBA}/participants", {}, 1),
        (f"{PAST}/odds", {**DATE, **EIGHT, **THREE}, 30),
        (f"{PAST}/odds", {**DATE, **ELEVEN}, 20),
        (f"{PAST}/events", DATE, 1),
    ],
)
def test_a_call_with_data(
    provider: RunningSimulator, path: str, query: dict[str, str], cost: int
) -> None:
    response = call(provider, path, **query)
    assert response.status_code == 200
    assert headers(response) == (20_000 - cost, cost, cost)
    assert provider.credits_charged(KEY) == cost


@pytest.mark.parametrize(
    ("books", "markets", "regions", "never"),
    [
        ("fanduel", "h2h", 1, ""),
        ("fanduel", "h2h,spreads,totals,team_totals,player_points", 1, ""),
        ("draftkings,fanduel", "h2h,player_points", 1, ""),  # by market, not by book
        (ELEVEN["bookmakers"], "h2h,totals", 2, ""),
        ("pinnacle", "h2h,player_points", 1, "player_points"),  # it takes no bets on players
        ("fanduel", "h2h,player_first_basket,btts", 1, "player_first_basket,btts"),
        ("circasports", "h2h", 1, "h2h"),  # it has left the feed
        ("betfair_ex_eu", "h2h", 1, ""),  # and h2h_lay beside it, unasked
    ],
)
def test_event_odds_by_markets_returned(
    provider: RunningSimulator, books: str, markets: str, regions: int, never: str
) -> None:
    event_id = event_with(provider, "basketball_nba", PRESENT)
    query = {"bookmakers": books, "markets": markets}
    asked, missing = set(markets.split(",")), set(never.split(","))
    now = call(provider, f"{NBA}/events/{event_id}/odds", **query)
    then = call(provider, f"{PAST}/events/{event_id}/odds", **query, **DATE)
    for response, event, factor in ((now, now.json(), 1), (then, then.json()["data"], 10)):
        returned = {m["key"] for book in event["bookmakers"] for m in book["markets"]} & asked
        assert bool(returned) == bool(asked - missing)
        assert not returned & missing
        assert headers(response)[2] == len(returned) * regions * factor


def test_the_markets_of_an_event_cost_one_whatever_the_books(provider: RunningSimulator) -> None:
    event_id = event_with(provider, "basketball_nba", PRESENT)
    for query in ({"regions": "us,eu,us2"}, ELEVEN, {"bookmakers": "circasports"}):
        assert headers(call(provider, f"{NBA}/events/{event_id}/markets", **query))[2] == 1


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (f"{NBA}/odds", {"regions": "us", **THREE}),
        (f"{NBA}/scores", {}),
        (f"{NBA}/events", {}),
        ("/v4/sports/golf_us_open_winner/scores", {}),
    ],
)
def test_empty_data_is_free(
    provider: RunningSimulator, clock: SteppedClock, path: str, query: dict[str, str]
) -> None:
    clock.set(IDLE)
    response = call(provider, path, **query)
    assert (response.json(), headers(response)) == ([], (20_000, 0, 0))


@pytest.mark.parametrize("path", ["/odds", "/events"])
def test_empty_history_is_free(provider: RunningSimulator, path: str) -> None:
    response = call(provider, PAST + path, date="2025-02-15T12:00:00Z", regions="us")
    assert (response.json()["data"], headers(response)) == ([], (20_000, 0, 0))


def test_participants_that_are_not_there_are_free(provider: RunningSimulator) -> None:
    response = call(provider, f"{NBA}/participants", participantIds="par_" + "0" * 26)
    assert (response.json(), headers(response)[2]) == ([], 0)
