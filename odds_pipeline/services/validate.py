"""Runs the quality rules on a day and keeps what they found.

Belongs here: the frames the rules need, and the log. Does not belong here: any rule
(``quality.rules``).

Validating a day again is safe: each issue stands once, and one that a later run no longer finds
is marked resolved, never deleted. In strict mode (REJECT_INVALID_ODDS) what is wrong beyond a
warning is quarantined: readers give no price for it until somebody releases it.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from odds_pipeline.quality.inputs import checked
from odds_pipeline.quality.markets import complete_markets
from odds_pipeline.quality.registry import Needs, Rule, RuleResult, Severity, load_rules, run_rule
from odds_pipeline.services.alerting import raising
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.reconcile import Readings, reconciliation_frame
from odds_pipeline.services.stages import stopwatch
from odds_pipeline.storage import quality_log, quality_review
from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.quality_frames import (
    OddsFrames,
    events_frame,
    odds_frames,
    scores_frame,
)

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)
_LEVELS = {
    Severity.WARNING: logging.WARNING,
    Severity.ERROR: logging.ERROR,
    Severity.CRITICAL: logging.CRITICAL,
}


def validate_day(
    platform: Platform,
    day: date,
    rules: Sequence[Rule] | None = None,
    readings: Readings | None = None,
) -> list[RuleResult]:
    """Run rules on a UTC day and log what they find.

    Args:
        platform: its database is used.
        day: UTC day of the capture time.
        rules: default all of them.
        readings: handed from day to day by whoever validates several.
    """
    chosen = list(load_rules().values()) if rules is None else list(rules)
    with stopwatch(platform) as watch, watch.timed("validate") as run:
        results = _judged(platform, day, chosen, readings)
        run.rows = sum(result.checked for result in results)
    for result in results:
        if len(result.issues):
            told = {"rule": result.rule.name, "day": str(day), "issues": len(result.issues)}
            log.log(_LEVELS[result.rule.severity], "quality_issues", extra=told)
    return results


def _judged(
    platform: Platform, day: date, rules: Sequence[Rule], readings: Readings | None
) -> list[RuleResult]:
    needed = dict.fromkeys(rule.needs for rule in rules)
    with transaction(platform.engine) as conn:
        read = _Day(conn, day, readings)
        frames = {need: read.frame(need) for need in needed}
    results = [run_rule(rule, frames[rule.needs]) for rule in rules]
    with transaction(platform.engine) as conn:
        quality_log.record(conn, day, [_finding(result) for result in results])
        if platform.settings.reject_invalid_odds:
            quality_review.quarantine_issues(conn, day)
        raising.judged(conn, platform, day, results)
    return results


def _finding(result: RuleResult) -> quality_log.Finding:
    return quality_log.Finding(
        result.rule.name,
        result.rule.issue_type,
        str(result.rule.severity),
        result.checked,
        result.issues.to_dict("records"),
    )


class _Day:
    """A day's frames, each read once and only if some rule needs it."""

    def __init__(self, conn: Connection, day: date, readings: Readings | None) -> None:
        self._conn, self._day, self._readings = conn, day, readings

    @cached_property
    def _odds(self) -> OddsFrames:
        return odds_frames(self._conn, self._day)

    def frame(self, need: Needs) -> "pd.DataFrame":
        """The input frame of a kind of rule, held against its schema."""
        conn, day = self._conn, self._day
        made: dict[Needs, Callable[[], pd.DataFrame]] = {
            Needs.QUOTES: lambda: self._odds.quotes,
            Needs.MARKETS: lambda: complete_markets(self._odds.quotes),
            Needs.BOARDS: lambda: self._odds.boards,
            Needs.COVERAGE: lambda: self._odds.coverage,
            Needs.SNAPSHOTS: lambda: self._odds.snapshots,
            Needs.EVENTS: lambda: events_frame(conn, day),
            Needs.SCORES: lambda: scores_frame(conn, day),
            Needs.QUARANTINE: lambda: quality_log.quarantine_of(conn, day),
            Needs.SHARES: lambda: quality_log.shares_of(conn, day),
            Needs.SLOTS: lambda: quality_log.slots_of(conn, day),
            Needs.RECONCILIATION: lambda: reconciliation_frame(conn, day, self._readings),
        }
        return checked(made[need](), need)
