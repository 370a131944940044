"""An independent client reads the provider unchanged."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from the_odds_api_sdk import OddsAPIClient, OddsAPINotFoundError, OddsAPIValidationError

from odds_pipeline.settings import DEFAULT_BOOKMAKERS
from odds_pipeline.simulator.server import RunningSimulator


@pytest.fixture
def client(provider: RunningSimulator) -> Iterator[OddsAPIClient]:
    with OddsAPIClient(api_key="k", base_url=f"{provider.url}/v4/") as client:
        client.session.trust_env = False
        yield client


def test_it_reads_sports_events_odds_and_scores(client: OddsAPIClient) -> None:
    assert "basketball_nba" in {sport.key for sport in client.get_sports()}
    assert len(client.get_sports(all_sports=True)) > len(client.get_sports())
    events = client.get_events("basketball_nba")
    odds = client.get_odds(
        "basketball_nba", bookmakers=DEFAULT_BOOKMAKERS, markets=["h2h", "spreads", "totals"]
    )
    scores = client.get_scores("basketball_nba", days_from=3)
    assert [event.id for event in events] == [event.id for event in odds]
    assert events[0].commence_time.tzinfo is not None
    assert sum(len(event.bookmakers) for event in odds) > 50
    assert any(score.completed and score.scores for score in scores)


def test_it_reads_event_odds_and_history(client: OddsAPIClient) -> None:
    event = client.get_events("basketball_nba")[-1]
    assert client.get_event_odds("basketball_nba", event.id, regions=["us"]).id == event.id
    asked = datetime(2025, 11, 20, 23, 33, tzinfo=UTC)
    odds = client.get_historical_odds("basketball_nba", asked, regions=["us"])
    events = client.get_historical_events("basketball_nba", asked)
    assert odds.timestamp <= asked < odds.next_timestamp
    assert [event.id for event in odds.data] == [event.id for event in events.data]


def test_it_meets_the_provider_s_refusals(client: OddsAPIClient) -> None:
    with pytest.raises(OddsAPINotFoundError, match="Unknown sport"):
        client.get_events("quidditch")
    # The client joins a bare string letter by letter: `u,s`, which the provider refuses.
    with pytest.raises(OddsAPIValidationError, match="Invalid regions"):
        client.get_odds("basketball_nba", regions="us")
