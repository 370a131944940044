"""`odds scheduler` and `odds config set-mode`: switches, a daemon in the background, exit codes."""

import json

import psutil
import pytest

from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline_tests.cli.conftest import Odds, program

pytestmark = [
    pytest.mark.usefixtures("dagster_beside"),
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
    pytest.mark.filterwarnings("ignore:Asset job .* varying BackfillPolicies:UserWarning"),
]
MODES = {"collect_odds", "collect_adaptive", "collect_planned"}


def test_the_switches_and_what_status_says_of_them(odds: Odds) -> None:
    def shown() -> dict[str, bool]:
        found = odds("scheduler", "status", "--json")
        assert found.code == 1, "no daemon runs here"
        values = json.loads(found.out)
        keys = {key.removeprefix("switches[].") for key in JSON_KEYS["scheduler status"]}
        assert keys == set(values) | set(values["switches"][0])
        assert not values["collecting"]
        return {each["name"]: each["running"] for each in values["switches"]}

    off = MODES - {"collect_odds"} | {"backup_database"}  # simulated odds need no backup
    assert {name for name, on in shown().items() if not on} == off
    switched = odds("config", "set-mode", "planned", "--json").json
    assert switched == {"mode": "planned", "ticker": "collect_planned", "running": True}
    assert {name for name, on in shown().items() if on} & MODES == {"collect_planned"}
    assert odds("scheduler", "stop").code == 0
    assert not any(shown().values())
    kept = odds("config", "set-mode", "adaptive")
    assert "collection is off" in kept.out
    assert not any(shown().values())
    assert "NOT collecting" in odds("scheduler", "status").out
    assert odds("config", "set-mode", "sometimes").code == 2


@pytest.mark.slow
def test_a_daemon_in_the_background_from_start_to_stop(
    odds: Odds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ODDS_SIMULATOR_PORT", "8941")
    started = program("scheduler", "start")
    assert started.code == 0, started.err
    pid = int(started.out.partition("(pid ")[2].partition(")")[0])
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    status = program("scheduler", "status", "--json")
    assert status.json["collecting"]
    assert "A daemon runs already" in program("scheduler", "start").out
    assert program("up").code == 7
    assert program("scheduler", "stop").code == 0
    _, left = psutil.wait_procs(family, timeout=120)
    assert not left
    assert program("scheduler", "status").code == 1
