"""Seconds from launch to a finished live tick: planned, asked, spooled, stored, normalised.

Against the loopback provider and a durable embedded server. Every round serves the next slot.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.harness import Result, repeat, seconds
from benchmarks.workbench import workbench
from odds_pipeline.services.collect import collect_odds
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.spool import Spool
from odds_pipeline.settings import Settings
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.sources.the_odds_api.client import OddsApiClient

SLOT = timedelta(minutes=30)


def measure() -> list[Result]:
    """A tick inside a running process."""
    with workbench() as bench, RunningSimulator() as provider, TemporaryDirectory() as folder:
        client = OddsApiClient(provider.url, "demo")
        moment = datetime.now(UTC)

        def tick(number: int) -> float:
            platform = Platform(
                settings=Settings(_env_file=None, odds_api_base_url=provider.url),
                engine=engine,
                spool=Spool(Path(folder)),
                provider=lambda: client,
                now=lambda: moment + number * SLOT,
            )
            return seconds(lambda: collect_odds(platform))

        engine = bench.ours()
        warm = repeat("collect_odds in a running process", tick)
    return [Result("tick.warm", "s", warm)]
