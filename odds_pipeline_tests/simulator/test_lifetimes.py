"""Books that have left the feed and sports that had not come yet."""

import pytest
import requests

from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline_tests.simulator.calls import call, headers

PAST = "/v4/historical/sports"


def books(response: requests.Response) -> set[str]:
    found = response.json()
    events = found["data"] if isinstance(found, dict) else found
    return {book["key"] for event in events for book in event["bookmakers"]}


@pytest.mark.parametrize("query", [{"bookmakers": "circasports"}, {"regions": "us"}])
def test_circasports_is_in_the_history_and_not_in_the_present(
    provider: RunningSimulator, query: dict[str, str]
) -> None:
    def then(date: str) -> set[str]:
        return books(call(provider, f"{PAST}/basketball_nba/odds", date=date, **query))

    assert "circasports" in then("2022-11-18T20:00:00Z")
    assert "circasports" not in then("2023-01-18T20:00:00Z")
    now = call(provider, "/v4/sports/basketball_nba/odds", **query)
    assert now.status_code == 200
    assert "circasports" not in books(now)


def test_a_book_answers_from_its_first_day(provider: RunningSimulator) -> None:
    def then(date: str) -> set[str]:
        return books(call(provider, f"{PAST}/basketball_nba/odds", date=date, regions="us2"))

    assert then("2023-11-10T20:00:00Z") == set()
    assert then("2023-11-20T20:00:00Z") == {"espnbet"}


@pytest.mark.parametrize(
    ("sport_key", "before", "after"),
    [("basketball_nba", "2020-06-26T12:00:00Z", "2020-06-28T12:00:00Z")],
)
def test_a_sport_exists_from_the_day_it_was_added(
    provider: RunningSimulator, sport_key: str, before: str, after: str
) -> None:
    for endpoint in ("odds", "events"):
        path = f"{PAST}/{sport_key}/{endpoint}"
        early = call(provider, path, date=before, regions="us")
        assert (early.json()["data"], headers(early)[2]) == ([], 0)
        assert call(provider, path, date=after, regions="us").json()["data"]


def test_additional_markets_have_history_from_their_first_snapshot(
    provider: RunningSimulator,
) -> None:
    date, query = "2023-05-03T05:35:00Z", {"regions": "us", "markets": "alternate_totals"}
    path = f"{PAST}/basketball_nba/events"
    event = call(provider, path, date=date).json()["data"][-1]
    assert call(provider, f"{path}/{event['id']}/odds", date=date, **query).status_code == 200
    refused = call(provider, f"{path}/{event['id']}/odds", date="2023-05-03T05:30:00Z", **query)
    # Its snapshot was taken before half past.
    assert refused.json()["error_code"] == "HISTORICAL_MARKETS_UNAVAILABLE_AT_DATE"


def test_old_american_prices_are_computed_from_rounded_decimal_ones(
    provider: RunningSimulator,
) -> None:
    def prices(date: str, odds_format: str) -> list[float]:
        found = call(
            provider,
            f"{PAST}/basketball_nba/odds",
            date=date,
            regions="us",
            markets="h2h,spreads",
            oddsFormat=odds_format,
        ).json()["data"]
        return [
            outcome["price"]
            for event in found
            for book in event["bookmakers"]
            for market in book["markets"]
            for outcome in market["outcomes"]
        ]

    # A retail book shows steps of five; what is computed from two decimals does not.
    old, new = "2022-03-01T20:00:00Z", "2024-03-01T20:00:00Z"
    for date, exact in ((old, False), (new, True)):
        shown = [price for price in prices(date, "american") if abs(price) < 200]
        assert (sum(price % 5 == 0 for price in shown) > 0.8 * len(shown)) == exact
    for american, decimal in zip(prices(old, "american"), prices(old, "decimal"), strict=True):
        back = round((decimal - 1) * 100) if decimal >= 2 else -round(100 / (decimal - 1))
        assert american == back
