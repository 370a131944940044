"""The DEMO's history: the last two weeks, bought day by day from the loopback provider.

Belongs here: which days are missing, and the progress a person sees. Does not belong here: what
makes a day complete (``services.history``), running it (``orchestration.runs``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING

from odds_pipeline.cli import screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from dagster import DagsterInstance

    from odds_pipeline.services.platform import Platform

DAYS = 14
LAST_ASSET = "data_quality_log"


def backfill(
    platform: "Platform", instance: "DagsterInstance", days: int = DAYS, *, quiet: bool = False
) -> int:
    """Make the last ``days`` full UTC days complete; those that are cost neither time nor credits.

    Returns how many were not.

    Raises:
        OddsPipelineError: a day could not be made; those before it stay.
    """
    from odds_pipeline.cli.runs import run_day

    today = platform.now().date()
    wanted = [today - timedelta(days=back) for back in range(days, 0, -1)]
    missing = _missing(platform, instance, wanted)
    say = _unsaid if quiet else screen.say
    if not missing:
        say(f"{screen.YES} History: the last {days} days are complete, nothing to buy")
        return 0
    say(f"Buying {len(missing)} of the last {days} days of history (simulated)")
    with _progress(len(missing), say) as advance:
        for place, day in enumerate(missing, 1):
            run = run_day(platform.settings, instance, day)
            planned, ok = _slots(platform, day)
            advance(
                f"{screen.YES} {day}  {ok}/{planned} slots  {run.credits:,g} credits  "
                f"({place} of {len(missing)} days)"
            )
    return len(missing)


def _unsaid(_: str) -> None:
    pass


def _missing(platform: "Platform", instance: "DagsterInstance", days: list[date]) -> list[date]:
    from dagster import AssetKey

    judged = instance.get_materialized_partitions(AssetKey(LAST_ASSET))
    return [day for day in days if day.isoformat() not in judged or not _whole(platform, day)]


def _whole(platform: "Platform", day: date) -> bool:
    planned, ok = _slots(platform, day)
    return planned == ok


def _slots(platform: "Platform", day: date) -> tuple[int, int]:
    """Slots of a day: planned, and done."""
    from odds_pipeline.services.collect import LIVE
    from odds_pipeline.services.history import DONE, HISTORY, LISTING
    from odds_pipeline.storage import slots
    from odds_pipeline.storage.engine import transaction

    with transaction(platform.engine) as conn:
        plan = slots.of_day(conn, day, [HISTORY, LIVE, LISTING])
    return len(plan), sum(slot.status in DONE for slot in plan)


@contextmanager
def _progress(total: int, say: "Callable[[str], None]") -> "Iterator[Callable[[str], None]]":
    """Lines as days end, and in a terminal a bar below them."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("History"),
        BarColumn(),
        TextColumn("{task.completed:g} of {task.total:g} days"),
        TimeElapsedColumn(),
        console=screen.console(),
        transient=True,
        redirect_stderr=False,
        disable=say is _unsaid or not screen.console().is_terminal,
    )
    with bar:
        task = bar.add_task("days", total=total)

        def advance(line: str) -> None:
            say(line)
            bar.advance(task)

        yield advance
