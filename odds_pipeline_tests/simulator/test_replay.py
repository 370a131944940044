"""Recorded responses served from a folder."""

import gzip
import json
from pathlib import Path

import pytest
import requests

from odds_pipeline.errors import UsageError
from odds_pipeline.simulator.server import RunningSimulator

EVENTS = [
    {
        "id": digit * 32,
        "sport_key": "icehockey_nhl",
        "sport_title": "NHL",
        "commence_time": "2024-01-02T00:10:00Z",
        "home_team": "Home",
        "away_team": "Away",
        "bookmakers": [
            {
                "key": "fanduel",
                "title": "FanDuel",
                "last_update": "2024-01-01T12:10:00Z",
                "markets": [{"key": "h2h", "outcomes": []}],
            }
        ],
    }
    for digit in "ab"
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sport = tmp_path / "icehockey_nhl"
    (sport / "historical").mkdir(parents=True)
    (sport / "odds.json.gz").write_bytes(gzip.compress(json.dumps(EVENTS).encode()))
    (sport / "historical" / "2024-01-01T12:10:39Z.json").write_text(json.dumps({"data": EVENTS}))
    (sport / "historical" / "20240101T121539Z.json.gz").write_bytes(gzip.compress(b"[]"))
    return tmp_path


def get(provider: RunningSimulator, path: str, **query: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(f"{provider.url}/v4/{path}", params={"apiKey": "k", **query}, timeout=30)


def test_what_was_recorded_is_served_and_billed_as_asked(folder: Path) -> None:
    with RunningSimulator(replay=folder) as provider:
        assert [sport["key"] for sport in get(provider, "sports").json()] == ["icehockey_nhl"]
        odds = get(provider, "sports/icehockey_nhl/odds", regions="us,eu", markets="h2h,totals")
        assert odds.json() == EVENTS
        assert odds.headers["x-requests-last"] == "4"
        assert get(provider, "sports/icehockey_nhl/scores").json() == []
        assert provider.credits_charged("k") == 4
        one = get(provider, f"sports/icehockey_nhl/events/{'b' * 32}/odds", regions="us")
        assert one.json() == EVENTS[1]
        assert get(provider, "sports/basketball_nba/odds", regions="us").status_code == 404


def test_history_is_looked_up_equal_or_earlier(folder: Path) -> None:
    with RunningSimulator(replay=folder) as provider:

        def history(date: str) -> requests.Response:
            return get(provider, "historical/sports/icehockey_nhl/odds", regions="us", date=date)

        first = history("2024-01-01T12:15:38Z").json()
        assert first == {
            "timestamp": "2024-01-01T12:10:39Z",
            "previous_timestamp": None,
            "next_timestamp": "2024-01-01T12:15:39Z",
            "data": EVENTS,
        }
        second = history("2024-06-01T00:00:00Z")
        assert second.json()["previous_timestamp"] == "2024-01-01T12:10:39Z"
        assert (second.json()["data"], second.headers["x-requests-last"]) == ([], "0")
        assert history("2024-01-01T12:10:38Z").status_code == 422
        events = get(
            provider, "historical/sports/icehockey_nhl/events", date="2024-01-01T12:10:39Z"
        )
        assert [set(event) & {"bookmakers"} for event in events.json()["data"]] == [set(), set()]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        RunningSimulator(replay=tmp_path / "nowhere")


def test_an_event_s_own_file_comes_before_the_sport_s_odds(folder: Path) -> None:
    own = {**EVENTS[0], "bookmakers": [{"key": "fanduel", "title": "FanDuel", "markets": []}]}
    (folder / "icehockey_nhl" / "event_odds").mkdir()
    (folder / "icehockey_nhl" / "event_odds" / f"{'a' * 32}.json").write_text(json.dumps(own))
    with RunningSimulator(replay=folder) as provider:

        def event(digit: str) -> requests.Response:
            path = f"sports/icehockey_nhl/events/{digit * 32}/odds"
            return get(provider, path, regions="us")

        assert event("a").json() == own
        assert event("b").json() == EVENTS[1]
        assert (event("c").status_code, event("c").json()["error_code"]) == (404, "EVENT_NOT_FOUND")


def test_markets_and_participants_are_those_recorded(folder: Path) -> None:
    people = [{"id": "par_1", "full_name": "Home"}]
    sport = "sports/icehockey_nhl"
    with RunningSimulator(replay=folder) as provider:
        markets = get(provider, f"{sport}/events/{'b' * 32}/markets", regions="us").json()
        assert markets["bookmakers"] == [
            {
                "key": "fanduel",
                "title": "FanDuel",
                "markets": [{"key": "h2h", "last_update": "2024-01-01T12:10:00Z"}],
            }
        ]
        missing = get(provider, f"{sport}/events/{'c' * 32}/markets", regions="us")
        assert missing.json()["error_code"] == "EVENT_NOT_FOUND"
        assert get(provider, f"{sport}/participants").json() == []
        (folder / "icehockey_nhl" / "participants.json").write_text(json.dumps(people))
        assert get(provider, f"{sport}/participants").json() == people


def test_one_event_of_the_recorded_history(folder: Path) -> None:
    with RunningSimulator(replay=folder) as provider:
        path = f"historical/sports/icehockey_nhl/events/{'b' * 32}/odds"
        found = get(provider, path, regions="us", date="2024-01-01T12:11:00Z")
        assert (found.json()["data"], found.headers["x-requests-last"]) == (EVENTS[1], "10")
        later = get(provider, path, regions="us", date="2024-01-01T13:00:00Z")
        assert later.json()["error_code"] == "EVENT_NOT_FOUND"
