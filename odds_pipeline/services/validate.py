"""Runs the quality rules on a day and keeps what they found.

Belongs here: the frames the rules need, and the log. Does not belong here: any rule
(``quality.rules``).

Validating a day again is safe: each issue stands once, and one that a later run no longer finds
is marked resolved, never deleted.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from odds_pipeline.quality.registry import Needs, Rule, RuleResult, load_rules, run_rule
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.reconcile import Readings, reconciliation_frame
from odds_pipeline.storage import quality_log
from odds_pipeline.storage.engine import Connection, transaction

if TYPE_CHECKING:
    import pandas as pd


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
    by_need: dict[Needs, list[Rule]] = defaultdict(list)
    for rule in chosen:
        by_need[rule.needs].append(rule)
    results: list[RuleResult] = []
    for need, wanting in by_need.items():
        with transaction(platform.engine) as conn:
            frame = _frame(conn, need, day, readings)
        results.extend(run_rule(rule, frame) for rule in wanting)
    with transaction(platform.engine) as conn:
        quality_log.record(conn, day, [_finding(result) for result in results])
    return results


def _finding(result: RuleResult) -> quality_log.Finding:
    return quality_log.Finding(
        result.rule.name,
        result.rule.issue_type,
        str(result.rule.severity),
        result.checked,
        result.issues.to_dict("records"),
    )


def _frame(conn: Connection, need: Needs, day: date, readings: Readings | None) -> "pd.DataFrame":
    if need is Needs.QUOTES:
        return quality_log.quotes_of(conn, day)
    if need is Needs.QUARANTINE:
        return quality_log.quarantine_of(conn, day)
    if need is Needs.SHARES:
        return quality_log.shares_of(conn, day)
    if need is Needs.SLOTS:
        return quality_log.slots_of(conn, day)
    return reconciliation_frame(conn, day, readings)
