"""Every endpoint through the whole path: paid, stored, parsed and marked, none set aside."""

from datetime import UTC, datetime, timedelta

import pytest

from odds_pipeline.services.calls import fetch_slot, forecast
from odds_pipeline.services.platform import Platform
from odds_pipeline.sources.the_odds_api.queries import (
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
)
from odds_pipeline_tests.services.books import rows, spent

NBA = "basketball_nba"
BOOKS = ("pinnacle", "draftkings")
MARKETS = ("h2h", "totals")


def requests_of(game: str, earlier: datetime) -> tuple[ProviderRequest, ...]:
    return (
        SportsRequest(),
        OddsRequest(NBA, MARKETS, BOOKS),
        ScoresRequest(NBA, 3),
        EventOddsRequest(NBA, game, MARKETS, BOOKS),
        EventMarketsRequest(NBA, game, BOOKS),
        ParticipantsRequest(NBA),
        HistoricalOddsRequest(NBA, earlier, MARKETS, BOOKS),
        HistoricalEventsRequest(NBA, earlier),
        HistoricalEventOddsRequest(NBA, game, earlier, MARKETS, BOOKS),
    )


@pytest.mark.usefixtures("balanced")
def test_every_endpoint_is_paid_stored_and_normalised(platform: Platform) -> None:
    now = platform.now()
    fetch_slot(platform, "events", NBA, now, EventsRequest(NBA, starts_from=now))
    ((game,),) = rows(
        platform,
        """SELECT event_id FROM event_ids JOIN event_statements USING (event_no)
        ORDER BY commence_time LIMIT 1""",
    )
    asked = requests_of(str(game), now.astimezone(UTC) - timedelta(hours=2))
    for request in asked:
        fetched = fetch_slot(platform, str(request.endpoint), NBA, now, request)
        assert fetched is not None
        assert fetched.credits == forecast(request), request.endpoint
    assert spent(platform) == (sum(map(forecast, asked)), 0)
    assert rows(platform, "SELECT count(*), count(error) FROM normalisations") == [(10, 0)]
    assert rows(platform, "SELECT count(*) FROM pending_raw") == [(0,)]
    assert rows(platform, "SELECT count(*) FROM quarantine") == [(0,)]
