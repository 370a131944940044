"""The provider against recorded answers of the real one."""

import os
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from the_odds_api_sdk import OddsAPIClient

from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator

pytestmark = pytest.mark.shared_data

Json = dict[str, object]


@pytest.fixture
def recorded() -> Path:
    beside = Path(__file__).resolve().parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("ODDS_SHARED_DATA", beside)) / "odds_api"
    if not folder.is_dir():
        pytest.skip(f"recorded answers are not at {folder}")
    return folder


@pytest.fixture
def folder(recorded: Path, tmp_path: Path) -> Path:
    places = {
        "odds_nfl_h2h_spreads_totals_2023-11.json.gz": "americanfootball_nfl/odds.json.gz",
        "scores_nfl_2023-12.json": "americanfootball_nfl/scores.json",
        "scores_epl_2022-08.json": "soccer_epl/scores.json",
        "events_nhl_2024-03-21.json": "icehockey_nhl/events.json",
        "historical_odds_nfl_2021-11-25.json.gz": (
            "americanfootball_nfl/historical/2021-11-25T11:55:00Z.json.gz"
        ),
        "sports_all_2024-03.json": "sports.json",
    }
    for name, place in places.items():
        target = tmp_path / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(recorded / name, target)
    return tmp_path


def test_an_independent_client_reads_recorded_answers(folder: Path) -> None:
    with (
        RunningSimulator(replay=folder) as provider,
        OddsAPIClient(api_key="k", base_url=f"{provider.url}/v4/") as client,
    ):
        client.session.trust_env = False
        assert len(client.get_sports(all_sports=True)) == 102
        assert len(client.get_odds("americanfootball_nfl", regions=["us"])) == 14
        assert len(client.get_scores("americanfootball_nfl", days_from=3)) == 31
        assert len(client.get_events("icehockey_nhl")) == 15
        past = client.get_historical_odds(
            "americanfootball_nfl", "2021-11-25T12:00:00Z", regions=["us"]
        )
        assert len(past.data) == 15


@pytest.mark.parametrize(
    "path", ["v4/sports/americanfootball_nfl/odds", "v4/sports/soccer_epl/scores", "v4/sports"]
)
def test_the_market_is_spelled_with_the_recorded_fields(folder: Path, path: str) -> None:
    saturday = SteppedClock(datetime(2025, 11, 22, 15, 30, tzinfo=UTC))
    with RunningSimulator(replay=folder) as recording, RunningSimulator(clock=saturday) as market:
        assert _fields(_get(market, path)) == _fields(_get(recording, path))


def _get(provider: RunningSimulator, path: str) -> list[Json]:
    query = {"apiKey": "k", "regions": "us", "markets": "h2h,spreads,totals", "daysFrom": "3"}
    with requests.Session() as session:
        session.trust_env = False
        found: list[Json] = session.get(f"{provider.url}/{path}", params=query, timeout=30).json()
    return found


def _fields(rows: Iterable[object], where: str = "") -> set[tuple[str, str]]:
    """Every (path, type) of a document, so that names, nesting and types are compared at once."""
    found: set[tuple[str, str]] = set()
    for row in rows:
        if isinstance(row, dict):
            for name, value in row.items():
                inner = value if isinstance(value, list) else [value]
                kind = "list" if isinstance(value, list) else type(value).__name__
                found |= {(f"{where}.{name}", kind)} | _fields(inner, f"{where}.{name}")
    return found
