"""Field names and types of every endpoint, equal to those of the real provider's answers."""

import gzip
import json
import re
from pathlib import Path

import pytest

from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline_tests.simulator.calls import call, event_with, fields

NBA = "/v4/sports/basketball_nba"
ALL = {"regions": "us,eu", "markets": "h2h,spreads,totals"}
PLAYERS = "h2h,player_points"
EVENT = {"id", "sport_key", "sport_title", "commence_time", "home_team", "away_team"}


def recorded(shared_data: Path, name: str) -> object:
    raw = (shared_data / "odds_api" / name).read_bytes()
    return json.loads(gzip.decompress(raw) if name.endswith(".gz") else raw)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("path", "query", "file"),
    [
        ("/v4/sports", {"all": "true"}, "sports_all_2024-03.json"),
        (f"{NBA}/events", {}, "events_nhl_2024-03-21.json"),
        (f"{NBA}/odds", ALL, "odds_nfl_h2h_spreads_totals_2023-11.json.gz"),
        (f"{NBA}/scores", {"daysFrom": "3"}, "scores_epl_2022-08.json"),
        (
            "/v4/historical/sports/americanfootball_nfl/odds",
            {**ALL, "date": "2021-11-20T12:00:00Z", "oddsFormat": "american"},
            "historical_odds_nfl_2021-11-25.json.gz",
        ),
    ],
)
def test_an_answer_has_the_recorded_fields(
    provider: RunningSimulator, shared_data: Path, path: str, query: dict[str, str], file: str
) -> None:
    assert fields(call(provider, path, **query).json()) == fields(recorded(shared_data, file))


@pytest.mark.shared_data
def test_event_odds_have_the_recorded_fields(provider: RunningSimulator, shared_data: Path) -> None:
    real = recorded(shared_data, "event_odds_bundesliga_player_shots_2025-11-25.json")
    event_id = event_with(provider, "basketball_nba", "draftkings,fanduel", PLAYERS)
    query = {"regions": "us", "markets": PLAYERS}
    found = call(provider, f"{NBA}/events/{event_id}/odds", **query).json()
    assert isinstance(found, dict)
    assert fields(found) == fields(real)
    past = call(
        provider,
        f"/v4/historical/sports/basketball_nba/events/{event_id}/odds",
        date="2025-11-22T01:12:00Z",
        **query,
    ).json()
    assert set(past) == {"timestamp", "previous_timestamp", "next_timestamp", "data"}
    assert fields(past["data"]) == fields(real)


@pytest.mark.shared_data
def test_outrights_have_the_recorded_fields(provider: RunningSimulator, shared_data: Path) -> None:
    real = fields(recorded(shared_data, "odds_golf_2021-11-13.json"))
    found = call(
        provider,
        "/v4/historical/sports/golf_us_open_winner/odds",
        date="2021-11-13T17:35:00Z",
        regions="us,eu",
    ).json()["data"]
    assert fields(found) == real - {(".has_outrights", "bool")}  # of no other recording


def test_the_markets_of_an_event(provider: RunningSimulator) -> None:
    event_id = event_with(provider, "basketball_nba", "draftkings,fanduel", PLAYERS)
    found = call(provider, f"{NBA}/events/{event_id}/markets", regions="us").json()
    text = {(f".{name}", "str") for name in EVENT}
    assert fields(found) == text | {
        (".bookmakers", "list"),
        (".bookmakers.key", "str"),
        (".bookmakers.title", "str"),
        (".bookmakers.markets", "list"),
        (".bookmakers.markets.key", "str"),
        (".bookmakers.markets.last_update", "str"),
    }
    unix = call(provider, f"{NBA}/events/{event_id}/markets", regions="us", dateFormat="unix")
    assert (".bookmakers.markets.last_update", "number") in fields(unix.json())
    keys = {market["key"] for book in found["bookmakers"] for market in book["markets"]}
    assert keys >= {"h2h", "spreads", "totals", "team_totals", "h2h_q1", "player_points"}
    named = call(provider, f"{NBA}/events/{event_id}/markets", bookmakers="fanduel").json()
    assert [book["key"] for book in named["bookmakers"]] == ["fanduel"]


def test_the_listed_markets_are_those_that_event_odds_return(provider: RunningSimulator) -> None:
    event_id = event_with(provider, "basketball_nba", "draftkings,fanduel", PLAYERS)
    listed = call(provider, f"{NBA}/events/{event_id}/markets", bookmakers="draftkings").json()
    keys = [market["key"] for market in listed["bookmakers"][0]["markets"]]
    odds = call(
        provider,
        f"{NBA}/events/{event_id}/odds",
        bookmakers="draftkings",
        markets=",".join([*keys, "player_double_double"]),
    ).json()
    assert [market["key"] for market in odds["bookmakers"][0]["markets"]] == keys


@pytest.mark.parametrize(
    ("sport_key", "somebody"),
    [
        ("basketball_nba", "Boston Celtics"),
        ("basketball_nba", "Seattle SuperSonics"),  # inactive ones stay in the list
        ("soccer_epl", "Arsenal"),
        ("basketball_nba_championship_winner", "Boston Celtics"),
    ],
)
def test_participants(provider: RunningSimulator, sport_key: str, somebody: str) -> None:
    path = f"/v4/sports/{sport_key}/participants"
    found = call(provider, path).json()
    assert fields(found) == {(".id", "str"), (".full_name", "str")}
    ids = {row["full_name"]: row["id"] for row in found}
    assert len(set(ids.values())) == len(found)
    assert all(re.fullmatch("par_[0-9a-z]{26}", id_) for id_ in ids.values())
    one = call(provider, path, participantIds=ids[somebody]).json()
    assert one == [{"id": ids[somebody], "full_name": somebody}]


@pytest.mark.parametrize("sport_key", ["basketball_nba", "americanfootball_nfl", "soccer_epl"])
def test_participants_hold_every_team_of_the_feed(
    provider: RunningSimulator, clock: SteppedClock, sport_key: str
) -> None:
    events = call(provider, f"/v4/sports/{sport_key}/events").json()
    rows = call(provider, f"/v4/sports/{sport_key}/participants").json()
    names = {row["full_name"] for row in rows}
    assert events
    assert {event[side] for event in events for side in ("home_team", "away_team")} <= names
