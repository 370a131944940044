"""Neither key nor password is anywhere after a fault, and would be found if it were.

Two keys are used, one that has to be encoded in an address and a plain one, and a database
password; see ``exposed`` for the places that are searched.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from odds_pipeline.simulator.faults.registry import load_faults
from odds_pipeline_tests.faults.exposed import Exposed, Worker, exposed
from odds_pipeline_tests.faults.webserver import Asked

ODDS = "/v4/sports/{sport}/odds"
CLEAN: dict[str, set[str]] = {"awkward key": set(), "plain key": set(), "password": set()}
FAULTS = load_faults()
OF_EACH_FAMILY = {fault.family: name for name, fault in FAULTS.items() if name != "quota_exhausted"}
LAUNCHED = "echo_in_refusal"
LAST = "quota_exhausted"  # after it nothing paid is answered
# Of every family some; all of them in the long form.
RUN = ("echo_in_data", "echo_in_broken_header", "truncated_gzip")
COMMANDED = ("echo_in_error", "redirect", "unauthorised")
READING = ("status", "quota --json", "doctor", "config show --json")

# The same platform with every safeguard off, telling each secret in every way there is.
LEAKING = """
import logging, os, sys
from odds_pipeline import redaction
from odds_pipeline.sources.the_odds_api.echo import Echo

redaction.Redactor.text = lambda self, text: text
redaction.Redactor.trace = lambda self, error: None
Echo.hide = Echo.hide_in = lambda self, told: told

from odds_pipeline.orchestration.assets import ingest
from odds_pipeline_tests.faults import worker

told = f"{os.environ['ODDS_API_KEY']} {os.environ['DATABASE_URL']}"
collect_odds = ingest.collect.collect_odds

def leak(platform):
    print(told)
    logging.getLogger("leak").error(told)
    try:
        collect_odds(platform)
    except Exception as inner:
        raise RuntimeError(told) from inner

ingest.events_metadata = lambda *_: {"leak": told}
ingest.collect.collect_odds = leak
worker.main()
"""
SINKS = {
    "Dagster's database: public.event_logs.event",
    *("home: elsewhere.log", "home: logs/runs.log", "home: dagster/storage"),
    *("stdout of leaking", "stderr of leaking", "command line"),
    *("GraphQL events", "GraphQL event errors", "GraphQL captured logs", "GraphQL assets"),
    *("download of .out", "download of .err", "debug download"),
}
SINKS_OF_A_KEY = {"home: spool-kept", "our database: public.raw_bodies.body"}


@pytest.fixture
def platform(database_url: str, home: Path, tmp_path: Path) -> Iterator[Exposed]:
    with exposed(database_url, home, tmp_path) as opened:
        yield opened


@contextmanager
def met(platform: Exposed, name: str, endpoint: str | None = None) -> Iterator[str]:
    """For an hour of its own every call meets a fault; yields the UTC day."""
    faults = platform.provider.faults
    before = faults.played().get(name, 0)
    faults.next(name, times=1000, endpoint=endpoint)
    yield platform.step()
    faults.clear()
    assert faults.played().get(name, 0) > before, f"nothing met {name}"


def read(commands: Worker) -> None:
    for command in READING:
        commands.order(odds=command.split())


def hits_in(found: set[str], sinks: set[str]) -> set[str]:
    """The sinks in which something was found."""
    return {sink for sink in sinks if any(hit.startswith(sink) for hit in found)}


def launch(platform: Exposed, asked: Asked, name: str) -> None:
    with met(platform, name, ODDS) as day:
        asked.launch("collect", day, platform.note_processes)


@pytest.mark.slow
def test_no_secret_is_anywhere_and_a_planted_one_is_found(platform: Exposed) -> None:
    plain = platform.secrets["plain key"]
    with ExitStack() as running:
        asked = running.enter_context(platform.webserver())
        launch(platform, asked, LAUNCHED)
        with (
            platform.worker("runs") as runs,
            platform.worker("commands", ODDS_API_KEY=plain) as commands,
        ):
            for name in RUN:
                with met(platform, name, ODDS) as day:
                    runs.order(run=day)
            for name in COMMANDED:
                with met(platform, name):
                    commands.order(odds=["fetch", "--json"])
            read(commands)
            meet_dead_ends(platform, runs, commands)
        assert platform.found(asked) == CLEAN
        assert plant(platform, asked)


def meet_dead_ends(platform: Exposed, runs: Worker, commands: Worker) -> None:
    """Addresses that nobody answers at, and a login that is refused."""
    for environment in dead_ends(platform):
        if not environment.get("DATABASE_URL", "").startswith("mysql"):  # no settings, no run
            runs.order(run=platform.step(), env=environment)
        commands.order(odds=["fetch"], env=environment)
        commands.order(odds=["doctor"], env=environment)


def dead_ends(platform: Exposed) -> list[dict[str, str]]:
    secure = platform.provider.url.replace("http:", "https:")
    proxy = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:1")
    password = quote(platform.secrets["password"], safe="")
    place = platform.database_url.rpartition("@")[2]
    return [
        {"ODDS_API_BASE_URL": "http://127.0.0.1:1"},
        {"ODDS_API_BASE_URL": "http://provider.invalid"},
        {"ODDS_API_BASE_URL": secure},
        proxy,
        {"DATABASE_URL": f"postgresql://odds:{password}@127.0.0.1:1/odds"},
        {"DATABASE_URL": f"postgresql://nobody:{password}@{place}"},
        {"DATABASE_URL": f"mysql://odds:{password}@{place}"},
    ]


def plant(platform: Exposed, asked: Asked) -> bool:
    """Whether secrets that are told everywhere are found everywhere."""
    key = platform.secrets["awkward key"]
    with platform.worker("leaking", LEAKING, argument=key) as leaking:
        with met(platform, LAUNCHED, ODDS) as day:
            leaking.order(run=day)
        with met(platform, LAUNCHED, ODDS):
            leaking.order(odds=["fetch"])
    found = platform.found(asked)
    assert hits_in(found["awkward key"], SINKS | SINKS_OF_A_KEY) == SINKS | SINKS_OF_A_KEY
    assert hits_in(found["password"], SINKS - {"command line"}) == SINKS - {"command line"}
    return not found["plain key"]


@pytest.mark.slow
def test_no_secret_is_anywhere_after_any_fault(platform: Exposed) -> None:
    plain = platform.secrets["plain key"]
    with ExitStack() as running:
        asked = running.enter_context(platform.webserver())
        for name in OF_EACH_FAMILY.values():
            launch(platform, asked, name)
        runs = running.enter_context(platform.worker("runs"))
        commands = running.enter_context(platform.worker("commands", ODDS_API_KEY=plain))
        for name in sorted(FAULTS, key=lambda name: name == LAST):
            # Judging the data takes the most time, and only an echo can put a key into them.
            judged = {"ENABLE_VALIDATION": str(FAULTS[name].family == "echo")}
            with met(platform, name, ODDS) as day:
                runs.order(run=day, env=judged)
            with met(platform, name):
                commands.order(odds=["fetch", "--json"], env=judged)
                read(commands)
        meet_dead_ends(platform, runs, commands)
        assert platform.found(asked) == CLEAN
