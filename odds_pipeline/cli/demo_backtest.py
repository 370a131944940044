"""The DEMO's backtest: its history frozen as a dataset, and one strategy run on it.

Belongs here: which, and what a person sees of it. Does not belong here: freezing and running
(``services``), showing it in Dagster (``orchestration.research_report``).
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from odds_pipeline.cli import screen
from odds_pipeline.cli.backtest_figures import told_roi
from odds_pipeline.errors import NotFound

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from odds_pipeline.services.platform import Platform

NAME = "demo"
STRATEGY = "favourite"
# An hour before the start: the plan has a capture there.
OFFSET = timedelta(hours=1)


def backtest(platform: "Platform", instance: "DagsterInstance", days: int) -> None:
    """Freeze the last ``days`` full UTC days and bet on them, unless that was done already."""
    from odds_pipeline.orchestration.research_report import report_backtest, report_dataset
    from odds_pipeline.services.backtests import Plan, run_backtest
    from odds_pipeline.services.datasets.freeze import freeze
    from odds_pipeline.services.datasets.load import loaded
    from odds_pipeline.services.datasets.terms import Labels, Terms

    today = platform.now().date()
    first, last = today - timedelta(days=days), today - timedelta(days=1)
    terms = Terms(tuple(platform.settings.sports), first, last, (OFFSET,))
    try:
        dataset, new = freeze(platform, NAME, terms, Labels(tags=(NAME,)))
    except NotFound as absent:
        screen.say(f"{screen.WARN} No backtest: {absent}")
        return
    if not new:
        screen.say(f"{screen.YES} Backtest: nothing new since {dataset.snapshot_id}")
        return
    report_dataset(platform, instance, dataset)
    plan = Plan(STRATEGY, name=NAME)
    result = run_backtest(platform, loaded(platform, dataset), plan)
    report_backtest(platform, instance, result)
    found, worth = result.figures, result.honesty
    screen.say(
        f"{screen.YES} Backtest: {STRATEGY} on {dataset.snapshot_id}, {found.total_bets} bets "
        f"settled, {found.pending_bets} open; {told_roi(found, worth)}; "
        f"see `odds backtest show {result.experiment}`"
    )
