"""The process that is killed in a backfill: lists, plans and fills past days.

Belongs here: the child's own work. Does not belong here: killing it. It finds everything in its
environment, as `odds` would.
"""

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from odds_pipeline.composition import open_platform
from odds_pipeline.services.backfill import list_days, plan_backfill, run_backfill
from odds_pipeline.services.recover import recover
from odds_pipeline.settings import load_settings


def fill(environment: Mapping[str, str], _: Path, first: date, last: date) -> None:
    """Backfill the days, as if it had never been tried before."""
    os.environ.update(environment)
    with open_platform(load_settings()) as platform:
        recover(platform)
        list_days(platform, plan_backfill(platform, first, last))
        run_backfill(platform, plan_backfill(platform, first, last))
