"""What a call is forecast to cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.planning.rate_cards import THE_ODDS_API, RateCard, Tariff

PER_REGION = [Endpoint.ODDS, Endpoint.EVENT_ODDS]
HISTORICAL = [Endpoint.HISTORICAL_ODDS, Endpoint.HISTORICAL_EVENT_ODDS]


@pytest.mark.parametrize("endpoint", PER_REGION)
def test_eight_bookmakers_and_three_markets_cost_three(endpoint: Endpoint) -> None:
    assert THE_ODDS_API.forecast(endpoint, markets=3, bookmakers=8, regions=4) == 3


@pytest.mark.parametrize("endpoint", HISTORICAL)
def test_history_costs_ten_times(endpoint: Endpoint) -> None:
    assert THE_ODDS_API.forecast(endpoint, markets=3, bookmakers=8) == 30
    assert THE_ODDS_API.forecast(endpoint, markets=2, regions=3) == 60


@given(st.integers(1, 200), st.integers(1, 60))
def test_each_started_ten_bookmakers_count_as_a_region(bookmakers: int, markets: int) -> None:
    regions = (bookmakers + 9) // 10
    by_books = THE_ODDS_API.forecast(Endpoint.ODDS, markets=markets, bookmakers=bookmakers)
    assert by_books == THE_ODDS_API.forecast(Endpoint.ODDS, markets=markets, regions=regions)


def test_free_and_flat_endpoints() -> None:
    assert THE_ODDS_API.forecast(Endpoint.SPORTS) == 0
    assert THE_ODDS_API.forecast(Endpoint.EVENTS) == 0
    assert THE_ODDS_API.forecast(Endpoint.SCORES) == 1
    assert THE_ODDS_API.forecast(Endpoint.SCORES, days_from=True) == 2
    assert THE_ODDS_API.forecast(Endpoint.HISTORICAL_EVENTS) == 1
    assert THE_ODDS_API.forecast(Endpoint.EVENT_MARKETS, regions=2) == 1
    assert THE_ODDS_API.forecast(Endpoint.PARTICIPANTS) == 1


def test_what_cannot_be_priced_is_refused() -> None:
    with pytest.raises(ValueError, match="give bookmakers or regions"):
        THE_ODDS_API.forecast(Endpoint.ODDS, markets=3)
    with pytest.raises(ValueError, match="no tariff for flat_odds"):
        THE_ODDS_API.forecast(Endpoint.FLAT_ODDS)


def test_a_card_is_data() -> None:
    dear = RateCard("dear", {Endpoint.ODDS: Tariff(7, per_market_and_region=True)}, 5)
    assert dear.forecast(Endpoint.ODDS, markets=2, bookmakers=6) == 28
