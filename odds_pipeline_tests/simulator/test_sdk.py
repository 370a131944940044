"""An independent client reads the provider unchanged, as its users call it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from the_odds_api_sdk import (
    OddsAPIAuthError,
    OddsAPIClient,
    OddsAPINotFoundError,
    OddsAPIRateLimitError,
    OddsAPIValidationError,
)

from odds_pipeline.settings import DEFAULT_BOOKMAKERS
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline_tests.simulator.calls import event_with

NBA = "basketball_nba"
ASKED = datetime(2025, 11, 20, 23, 33, tzinfo=UTC)


@contextmanager
def reading(provider: RunningSimulator, key: str = "k") -> Iterator[OddsAPIClient]:
    with OddsAPIClient(api_key=key, base_url=f"{provider.url}/v4/") as client:
        client.session.trust_env = False
        yield client


@pytest.fixture
def client(provider: RunningSimulator) -> Iterator[OddsAPIClient]:
    with reading(provider) as client:
        yield client


def test_it_reads_sports_events_odds_and_scores(client: OddsAPIClient) -> None:
    assert NBA in {sport.key for sport in client.get_sports()}
    assert len(client.get_sports(all_sports=True)) > len(client.get_sports())
    events = client.get_events(NBA)
    odds = client.get_odds(NBA, bookmakers=DEFAULT_BOOKMAKERS, markets=["h2h", "spreads", "totals"])
    scores = client.get_scores(NBA, days_from=3)
    assert [event.id for event in events] == [event.id for event in odds]
    assert events[0].commence_time.tzinfo is not None
    assert sum(len(event.bookmakers) for event in odds) > 50
    assert any(score.completed and score.scores for score in scores)


def test_it_reads_dates_both_ways_and_filters_by_them(client: OddsAPIClient) -> None:
    noon = datetime(2025, 11, 22, 12, tzinfo=UTC)
    later = client.get_events(NBA, commence_time_from=noon)
    assert later
    assert all(event.commence_time >= noon for event in later)
    unix = client.get_events(NBA, date_format="unix", commence_time_from=noon)
    assert [event.commence_time.timestamp() for event in unix] == [
        event.commence_time.timestamp() for event in later
    ]


def test_it_reads_links_ids_and_limits(client: OddsAPIClient) -> None:
    odds = client.get_odds(
        NBA,
        bookmakers=["fanduel"],
        include_links=True,
        include_sids=True,
        include_bet_limits=True,
    )
    book = next(book for event in odds for book in event.bookmakers)
    outcome = book.markets[0].outcomes[0]
    assert book.link.startswith("https://")
    assert book.sid and outcome.sid and outcome.bet_limit > 0


def test_it_reads_outrights_and_participants(client: OddsAPIClient) -> None:
    [event] = client.get_odds("golf_us_open_winner", regions=["us"])
    assert event.home_team is None
    assert {market.key for book in event.bookmakers for market in book.markets} == {"outrights"}
    teams = client.get_participants(NBA)
    assert "Boston Celtics" in {team.full_name for team in teams}


def test_it_reads_event_odds(provider: RunningSimulator, client: OddsAPIClient) -> None:
    event_id = event_with(provider, NBA, "fanduel", "player_points,team_totals")
    event = client.get_event_odds(
        NBA, event_id, regions=["us"], markets=["h2h", "player_points", "team_totals"]
    )
    assert event.id == event_id
    assert all(book.last_update is None for book in event.bookmakers)
    markets = [market for book in event.bookmakers for market in book.markets]
    assert {market.key for market in markets} == {"h2h", "player_points", "team_totals"}
    assert all(market.last_update is not None for market in markets)
    outcomes = [outcome for market in markets for outcome in market.outcomes]
    assert any(outcome.description and outcome.point for outcome in outcomes)


def test_it_reads_history(client: OddsAPIClient) -> None:
    odds = client.get_historical_odds(NBA, ASKED, regions=["us"])
    events = client.get_historical_events(NBA, ASKED)
    assert odds.previous_timestamp < odds.timestamp <= ASKED < odds.next_timestamp
    assert [event.id for event in odds.data] == [event.id for event in events.data]
    one = client.get_historical_event_odds(
        NBA, events.data[-1].id, ASKED, regions=["us"], markets=["h2h", "alternate_spreads"]
    )
    assert one.data.id == events.data[-1].id
    keys = {market.key for book in one.data.bookmakers for market in book.markets}
    assert keys == {"h2h", "alternate_spreads"}


def test_it_meets_the_provider_s_refusals(client: OddsAPIClient) -> None:
    with pytest.raises(OddsAPINotFoundError, match="Unknown sport"):
        client.get_events("quidditch")
    with pytest.raises(OddsAPINotFoundError, match="Event not found"):
        client.get_event_odds(NBA, "0" * 32, regions=["us"])
    # The client joins a bare string letter by letter: `u,s`, which the provider refuses.
    with pytest.raises(OddsAPIValidationError, match="Invalid regions"):
        client.get_odds(NBA, regions="us")
    with pytest.raises(OddsAPIValidationError, match="not supported by this endpoint: h2h_h1"):
        client.get_odds(NBA, regions=["us"], markets=["h2h_h1"])
    with pytest.raises(OddsAPIValidationError, match="Invalid date"):
        client.get_historical_odds(NBA, ASKED.isoformat(), regions=["us"])


def test_it_meets_a_bad_key(clock: SteppedClock) -> None:
    with (
        RunningSimulator(clock=clock, keys=frozenset({"good", "old"})) as provider,
        reading(provider, "bad") as client,
        pytest.raises(OddsAPIAuthError, match="API key is not valid"),
    ):
        client.get_sports()


def test_it_meets_exhausted_credits(clock: SteppedClock) -> None:
    with RunningSimulator(clock=clock, quota=1) as provider, reading(provider) as client:
        assert client.get_odds(NBA, regions=["us"])
        # The client looks for "usage limit" in the text, which the provider does not say.
        with pytest.raises(OddsAPIAuthError, match="Usage quota has been reached"):
            client.get_odds(NBA, regions=["us"])
        assert client.get_sports()
        with pytest.raises(OddsAPIAuthError, match="only available on paid usage plans"):
            client.get_historical_events(NBA, ASKED)


def test_it_meets_the_frequency_limit(clock: SteppedClock) -> None:
    with (
        RunningSimulator(clock=clock, calls_a_second=0) as provider,
        reading(provider) as client,
        pytest.raises(OddsAPIRateLimitError, match="too frequent"),
    ):
        client.get_events(NBA)
