"""The platform as it is, with nothing to wait for and nothing forgotten.

Belongs here: a clock that a file sets, short deadlines, quick ticks, no pauses after failures,
copies of all that ever rested in the spool. Does not belong here: anything that changes what is
said or stored. Dagster loads ``definitions`` from here as from ``odds_pipeline.definitions``.
"""

import os
import shutil
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import dagster as dg

from odds_pipeline import composition
from odds_pipeline.orchestration import sensors
from odds_pipeline.orchestration.assets import ingest
from odds_pipeline.orchestration.build import build_definitions
from odds_pipeline.planning import breaker
from odds_pipeline.services.spool import Spool
from odds_pipeline.settings import load_settings
from odds_pipeline.sources.the_odds_api import client, transport
from odds_pipeline_tests.faults.worker import CLOCK, TICK

KEPT = "spool-kept"
DEADLINE = "ODDS_TEST_DEADLINE"  # seconds that an answer is waited for


class FileClock:
    """Stands where ``composition`` has its ``datetime``."""

    @staticmethod
    def now(zone: tzinfo) -> datetime:
        """The time the file says."""
        return datetime.fromisoformat(Path(os.environ[CLOCK]).read_text()).astimezone(zone)


def hurry() -> None:
    """Replace, in this process, what would make a test wait."""
    replaced = cast("Any", client)
    seconds = float(os.environ.get(DEADLINE, "1"))
    replaced.Limits = lambda: transport.Limits(deadline_s=seconds, tries=2)
    replaced.Timing = lambda: transport.Timing(sleep=lambda _: None)
    if TICK in os.environ:
        cast("Any", sensors).TICK_SECONDS = cast("Any", sensors).MINUTE_SECONDS = int(
            os.environ[TICK]
        )
    cast("Any", composition).datetime = FileClock
    cast("Any", ingest).FETCH_AGAIN = dg.RetryPolicy(max_retries=1)
    cast("Any", breaker).pause = lambda *_, **__: None
    cast("Any", Spool).remove = _remove_but_keep


_remove = Spool.remove


def _remove_but_keep(spool: Spool, call_id: UUID) -> None:
    resting = spool._path(call_id)
    kept = resting.parent.with_name(KEPT)
    if resting.exists():
        kept.mkdir(exist_ok=True)
        shutil.copy(resting, kept)
    _remove(spool, call_id)


hurry()
definitions = build_definitions(load_settings())
