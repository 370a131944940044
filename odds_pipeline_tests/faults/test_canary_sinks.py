"""Neither key nor password is anywhere after a fault, and would be found if it were."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from odds_pipeline.simulator.faults.registry import load_faults
from odds_pipeline_tests.faults.exposed import Exposed, exposed
from odds_pipeline_tests.faults.webserver import Asked
from odds_pipeline_tests.faults.worker import CLOCK

ODDS = "/v4/sports/{sport}/odds"
FAULTS = load_faults()


@pytest.fixture
def platform(database_url: str, home: Path, tmp_path: Path) -> Iterator[Exposed]:
    with exposed(database_url, home, tmp_path) as opened:
        yield opened


def test_try(platform: Exposed) -> None:
    t = time.monotonic()

    def lap(what: str) -> None:
        nonlocal t
        now = time.monotonic()
        print(what, round(now - t, 1))
        t = now

    day = platform.step()
    with platform.webserver() as asked:
        lap("webserver")
        platform.provider.faults.next("echo_in_refusal", times=100, endpoint=ODDS)
        print(asked.launch("collect", day, platform.note_processes))
        platform.provider.faults.clear()
        lap("launched")
        with platform.worker("runs") as runs:
            for name in ("echo_in_page", "server_error", "cut_body")[:2]:
                day = platform.step()
                platform.provider.faults.next(name, times=100, endpoint=ODDS)
                print(runs.order(run=day))
                platform.provider.faults.clear()
                lap(name)
        with platform.worker("commands", ODDS_API_KEY=platform.secrets["plain key"]) as commands:
            for name in ("echo_in_page", "server_error", "cut_body")[:2]:
                day = platform.step()
                platform.provider.faults.next(name, times=100)
                print(commands.order(odds=["fetch", "--json"]))
                platform.provider.faults.clear()
                lap(name)
            for c in ("status", "quota", "doctor", "config show"):
                print(commands.order(odds=c.split()))
                lap(c)
        found = platform.found(asked)
        lap("found")
    print(found)
    for n, s in platform.said:
        print(n, s.decode("utf-8", "replace")[-1500:])
    raise AssertionError
