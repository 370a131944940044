"""The DEMO's results: files of final scores, imported as a person imports results they own.

Belongs here: which days, and what a person sees of it. Does not belong here: what the files say
(``simulator.past_results``), importing them (``services.import_files``).

The provider tells scores of three days only; without older ones a backtest's bets stay open.
"""

import json
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from odds_pipeline.cli import screen

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from odds_pipeline.services.import_files import Import
    from odds_pipeline.services.platform import Platform

LOOK_BACK = 2  # days: a game of a late evening is over on the next day


def bring(platform: "Platform", instance: "DagsterInstance", days: int) -> None:
    """Import the final scores of the last ``days`` full UTC days; what is there stays as it is.

    A day of which nothing was over yet, as out of season, has no file.
    """
    from odds_pipeline.orchestration.runs import report_import

    folder = platform.settings.home / "demo"
    folder.mkdir(exist_ok=True)
    today = platform.now().date()
    brought = [_day(platform, today - timedelta(days=back)) for back in range(days)]
    report_import(platform, instance, sorted({day for one in brought for day in one.days}))
    statuses = Counter(file.status for one in brought for file in one.files)
    said = ", ".join(f"{count} {status}" for status, count in statuses.items())
    sign = screen.YES if statuses.keys() <= {"imported", "unchanged"} else screen.WARN
    screen.say(f"{sign} Results: {said or 'no game was over'} (one file a day in {folder})")


def _day(platform: "Platform", day: date) -> "Import":
    """The file of what was over when a day began."""
    from odds_pipeline.services.import_files import Import, Stated, import_paths
    from odds_pipeline.simulator.past_results import past_results
    from odds_pipeline.simulator.server import DEFAULT_SEED

    began = datetime.combine(day, time(), UTC)
    path = platform.settings.home / "demo" / f"results-before-{day}.json"
    told = past_results(DEFAULT_SEED, platform.settings.sports, began, LOOK_BACK)
    if not told:
        return Import(())
    path.write_text(json.dumps(told))
    return import_paths(platform, [path], Stated(captured_at=began))
