"""Faults are found, switched on where and as often as told, and counted right."""

import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from odds_pipeline.errors import UsageError
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.endpoints import ENDPOINTS
from odds_pipeline.simulator.faults import families
from odds_pipeline.simulator.faults.fault import Call, Served, fault
from odds_pipeline.simulator.faults.registry import load_faults
from odds_pipeline.simulator.faults.switch import Faults
from odds_pipeline.simulator.server import RunningSimulator

ODDS, EVENTS = "/v4/sports/{sport}/odds", "/v4/sports/{sport}/events"
ASKED = {"regions": "us", "markets": "h2h"}
THROW_AWAY = '''
from odds_pipeline.simulator.faults.fault import Call, Served, fault


@fault(charged=True)
def throw_away(call: Call) -> Served:
    """The list
    is shouted."""
    served = call.serve()
    return served.saying(served.body.upper())
'''


def test_a_fault_is_one_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "throw_away_faults.py").write_text(THROW_AWAY)
    monkeypatch.setattr(families, "__path__", [*families.__path__, str(tmp_path)])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    found = load_faults()["throw_away"]
    assert (found.family, found.does, found.charged) == (
        "throw_away_faults",
        "The list is shouted.",
        True,
    )
    with RunningSimulator() as provider:
        provider.faults.next("throw_away")
        shouted = requests.get(f"{provider.url}/v4/sports", {"apiKey": "k"}, timeout=30).text
        spoken = requests.get(f"{provider.url}/v4/sports", {"apiKey": "k"}, timeout=30).text
    monkeypatch.delitem(sys.modules, f"{families.__name__}.throw_away_faults")
    assert shouted == spoken.upper() != spoken


def test_two_faults_of_one_name_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "zz_clash.py").write_text(THROW_AWAY.replace("throw_away", "hang"))
    monkeypatch.setattr(families, "__path__", [*families.__path__, str(tmp_path)])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    with pytest.raises(UsageError, match="two faults are called 'hang'"):
        load_faults()
    monkeypatch.delitem(sys.modules, f"{families.__name__}.zz_clash")


def test_a_fault_without_docstring_is_refused() -> None:
    with pytest.raises(UsageError, match="no docstring"):

        @fault(charged=True)
        def silent(call: Call) -> Served:
            return call.serve()


def test_every_fault_says_what_it_does() -> None:
    loaded = load_faults()
    assert len(loaded) >= 90
    assert all(one.does.endswith(".") for one in loaded.values())


def drawn(faults: Faults, endpoint: str = ODDS) -> str:
    found = faults.draw(endpoint)
    return "" if found is None else found.name


def test_the_next_calls_meet_what_was_ordered_in_order() -> None:
    faults = Faults()
    faults.next("hang", times=2)
    faults.next("redirect", endpoint=EVENTS)
    faults.next("empty_body")
    assert [drawn(faults) for _ in range(4)] == ["hang", "hang", "empty_body", ""]
    assert [drawn(faults, EVENTS) for _ in range(2)] == ["redirect", ""]
    faults.next("hang", times=9)
    faults.clear()
    assert drawn(faults) == ""
    assert faults.played() == {"hang": 2, "redirect": 1, "empty_body": 1}


def test_a_share_of_calls_is_drawn_from_the_seed() -> None:
    shares = {"hang": 0.2, "redirect": 0.1}
    first, again, other = (Faults(seed, shares) for seed in (3, 3, 4))
    names = [drawn(first) for _ in range(2000)]
    assert names == [drawn(again) for _ in range(2000)]
    assert names != [drawn(other) for _ in range(2000)]
    counted = Counter(names)
    assert 340 < counted["hang"] < 460
    assert 150 < counted["redirect"] < 250
    assert {drawn(Faults(1, {"hang": 1.0})) for _ in range(20)} == {"hang"}
    assert {drawn(Faults(1, {"hang": 0.0})) for _ in range(20)} == {""}


def test_an_order_is_filled_once_however_many_threads_call() -> None:
    faults = Faults()
    faults.next("hang", times=500)
    with ThreadPoolExecutor(8) as threads:
        names = list(threads.map(lambda _: drawn(faults), range(2000)))
    assert Counter(names) == {"hang": 500, "": 1500}


@pytest.mark.parametrize(
    "shares", [{"nonsense": 0.1}, {"hang": -0.1}, {"hang": 1.1}, {"hang": 0.6, "redirect": 0.6}]
)
def test_wrong_shares_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Faults(1, shares)


def test_wrong_orders_are_refused() -> None:
    with pytest.raises(UsageError, match="odds simulator faults"):
        Faults().next("nonsense")
    with pytest.raises(UsageError, match="no endpoint"):
        Faults().next("hang", endpoint="/v4/nowhere")


def test_a_call_the_provider_refuses_keeps_its_refusal() -> None:
    with RunningSimulator(keys=frozenset({"good"})) as provider:
        provider.faults.next("truncated_gzip")
        answer = requests.get(
            f"{provider.url}/v4/sports/nonsense/odds", {"apiKey": "good", **ASKED}, timeout=30
        )
        provider.faults.next("charged_reset")
        unknown = requests.get(f"{provider.url}/v4/sports", {"apiKey": "bad"}, timeout=30)
        charged = provider.credits_charged("good")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "UNKNOWN_SPORT")
    assert (unknown.status_code, unknown.json()["error_code"]) == (401, "INVALID_KEY")
    assert charged == 0


EDITING = [
    name
    for name, one in load_faults().items()
    if one.charged and one.family not in ("silence", "cut", "coding")
]


@pytest.mark.parametrize("name", EDITING)
def test_no_fault_breaks_the_provider_on_any_endpoint(name: str) -> None:
    """Content faults meet documents of every shape; what they cannot change they leave."""
    clock = SteppedClock(datetime(2025, 11, 22, 1, 15, tzinfo=UTC))
    with RunningSimulator(clock=clock) as provider:
        listing = requests.get(
            f"{provider.url}/v4/sports/basketball_nba/events", {"apiKey": "k"}, timeout=30
        ).json()
        for endpoint in ENDPOINTS:
            path = endpoint.path.format(sport="basketball_nba", event_id=listing[0]["id"])
            query = {"apiKey": "k", "date": "2025-11-21T12:00:00Z", **ASKED}
            provider.faults.next(name)
            answer = requests.get(provider.url + path, query, timeout=30)
            assert answer.status_code == 200, (path, answer.text[:200])


def test_content_faults_reach_history() -> None:
    clock = SteppedClock(datetime(2025, 11, 22, 1, 15, tzinfo=UTC))
    with RunningSimulator(clock=clock) as provider:
        provider.faults.next("renamed_field")
        answer = requests.get(
            f"{provider.url}/v4/historical/sports/basketball_nba/odds",
            {"apiKey": "k", "date": "2025-11-21T12:00:00Z", **ASKED},
            timeout=30,
        ).json()
    assert "timestamp" in answer
    assert '"price"' not in json.dumps(answer)
    assert '"odds"' in json.dumps(answer)


def test_a_second_user_is_told_apart() -> None:
    clock = SteppedClock(datetime(2025, 11, 22, 1, 15, tzinfo=UTC))
    with RunningSimulator(clock=clock, quota=1000) as provider:
        address = f"{provider.url}/v4/sports/basketball_nba/odds"
        provider.faults.next("quota_jump")
        provider.faults.next("quota_exhausted")
        jumped = requests.get(address, {"apiKey": "k", **ASKED}, timeout=30)
        refused = requests.get(address, {"apiKey": "k", **ASKED}, timeout=30)
        free = requests.get(f"{provider.url}/v4/sports", {"apiKey": "k"}, timeout=30)
        ours = provider.credits_charged("k") - provider.faults.spent_elsewhere
    assert jumped.headers["x-requests-used"] == "501"
    assert refused.json()["error_code"] == "OUT_OF_USAGE_CREDITS"
    assert (free.status_code, free.headers["x-requests-remaining"]) == (200, "0")
    assert ours == 1
