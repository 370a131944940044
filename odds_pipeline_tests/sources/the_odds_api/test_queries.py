"""How requests are spelled."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from odds_pipeline.errors import UsageError
from odds_pipeline.sources.the_odds_api.queries import (
    EventsRequest,
    HistoricalOddsRequest,
    OddsRequest,
    ScoresRequest,
    SportsRequest,
    strict_time,
    without_markets,
)


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


def test_what_cannot_be_asked_is_refused() -> None:
    at = datetime(2026, 1, 9, tzinfo=UTC)
    with pytest.raises(UsageError, match="without a market"):
        OddsRequest("nba", (), regions=("us",)).query()
    with pytest.raises(UsageError, match="without bookmakers or regions"):
        HistoricalOddsRequest("nba", at, ("h2h",)).query()
    with pytest.raises(UsageError, match="1 to 3 days"):
        ScoresRequest("nba", days_from=4).query()
    with pytest.raises(UsageError, match="empty"):
        _ = EventsRequest("").path


def test_a_sport_key_cannot_leave_its_place_in_the_path() -> None:
    assert EventsRequest("../x?y").path == "/v4/sports/..%2Fx%3Fy/events"
    assert SportsRequest().described() == {"all": "true"}


def test_a_request_can_be_asked_again_without_some_markets() -> None:
    asked = OddsRequest("nba", ("totals", "h2h", "btts"), regions=("us",))
    assert without_markets(asked, ["btts", "other"]) == OddsRequest(
        "nba", ("totals", "h2h"), regions=("us",)
    )
    assert without_markets(asked, asked.markets) is None
