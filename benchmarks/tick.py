"""Seconds from launch to a finished live tick: asked, spooled, stored, normalised, checked.

What deciding takes in each mode, and three ways to start the same capture, each round on a fresh
database of one durable embedded server, against the loopback provider: the service alone,
Dagster's job in a running process, and `dagster asset materialize` in a fresh process.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from benchmarks.harness import Result, Skipped, repeat, seconds
from benchmarks.workbench import workbench
from odds_pipeline.cli.environment import environment
from odds_pipeline.composition import open_platform
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.services.collect import collect_events, collect_odds
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.sampling import tick
from odds_pipeline.settings import Settings
from odds_pipeline.simulator.server import RunningSimulator

ASSETS = "events,odds_snapshots,odds,data_quality_log"


def measure() -> list[Result]:
    """Warm service, warm job, fresh process."""
    if find_spec("odds_pipeline.definitions") is None:
        raise Skipped("odds_pipeline.definitions does not exist yet")
    ways = {
        "tick.service": ("collect_odds, warm", _service),
        "tick.job": ("run_collection, warm", _job),
        "tick.fresh": ("dagster asset materialize, fresh process", _fresh),
    }
    with workbench() as bench, RunningSimulator() as provider, TemporaryDirectory() as folder:
        dagster = bench.reference()

        def sample(way: Callable[[Settings], object]) -> Callable[[int], float]:
            def ticked(_: int) -> float:
                engine = bench.ours()
                with _environment(Path(folder), provider.url, engine, dagster) as settings:
                    taken = seconds(lambda: way(settings))
                _require_quotes(engine)
                return taken

            return ticked

        found = [
            Result(name, "s", repeat(title, sample(way))) for name, (title, way) in ways.items()
        ]
        with _environment(Path(folder), provider.url, bench.ours(), dagster) as settings:
            return [*found, *_decisions(settings)]


def _decisions(settings: Settings) -> list[Result]:
    """What a tick of each mode takes to plan ahead and say what is due, on the listed games."""
    with open_platform(settings) as platform:
        collect_events(platform)
        return [_decision(platform, mode) for mode in SamplingMode]


def _decision(platform: Platform, mode: SamplingMode) -> Result:
    def sample(_: int) -> float:
        return seconds(lambda: tick(platform, mode))

    return Result(f"tick.decide.{mode}", "s", repeat(f"{mode}, warm", sample))


def _service(settings: Settings) -> None:
    with open_platform(settings) as platform:
        collect_odds(platform)


def _job(settings: Settings) -> None:
    import dagster as dg

    from odds_pipeline.orchestration.runs import run_collection

    with dg.DagsterInstance.get() as instance:
        outcome = run_collection(settings, _today(), instance)
    assert outcome.success, outcome.failures


def _fresh(_: Settings) -> None:
    command = [sys.executable, "-m", "dagster", "asset", "materialize", "--select", ASSETS]
    command += ["--partition", _today().isoformat(), "-m", "odds_pipeline.definitions"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def _today() -> date:
    return datetime.now(UTC).date()


@contextmanager
def _environment(home: Path, provider: str, ours: Engine, dagster: Engine) -> Iterator[Settings]:
    """The process environment as `odds env` would set it, and the settings it gives."""
    before = dict(os.environ)
    address = ours.url.render_as_string(hide_password=False)
    plain = Settings(_env_file=None, odds_home=home)
    os.environ.update(environment(plain, address))
    storage = dagster.url.set(drivername="postgresql+psycopg2")
    os.environ["ODDS_DAGSTER_PG_URL"] = storage.render_as_string(hide_password=False)
    os.environ["ODDS_API_BASE_URL"] = provider
    try:
        yield Settings(_env_file=None)
    finally:
        os.environ.clear()
        os.environ.update(before)


def _require_quotes(engine: Engine) -> None:
    with engine.connect() as conn:
        found = conn.exec_driver_sql("SELECT count(*) FROM odds").scalar_one()
    assert found, "the tick left no quotes"
