"""The rule registry: what a rule is, how one is declared, found and run.

Belongs here: the rule type, its decorator, discovery and the result of a run. Does not belong
here: any rule (one file each in ``rules``), strict mode and logging (``services``).

To add a rule, add one file to ``rules``:

    @rule(issue_type="price", severity=Severity.ERROR, needs=Needs.QUOTES)
    def price_is_odd(quotes: pd.DataFrame) -> pd.DataFrame:
        '''Says what is wrong and why it matters.'''
        return issues_of(quotes[...], descriptions, evidence=[...])

A rule of another distribution is a plug-in (``odds_pipeline.plugins``). The input frames, one for
each member of ``Needs``, are described in ``inputs``.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from odds_pipeline.errors import UsageError
from odds_pipeline.plugins import Group, added
from odds_pipeline.quality import rules
from odds_pipeline.quality.inputs import Needs as Needs
from odds_pipeline.quality.issues import ISSUE_COLUMNS, issues_of

if TYPE_CHECKING:
    import pandas as pd

    Judge = Callable[[pd.DataFrame], pd.DataFrame]


class Severity(StrEnum):
    """How bad an issue is."""

    WARNING = "warning"  # unusual, perhaps genuine
    ERROR = "error"  # wrong: do not use it
    CRITICAL = "critical"  # the platform itself broke a promise


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Args:
        name: unique, the name of its function.
        issue_type: kind of issue it finds.
        severity: how bad such an issue is.
        needs: the input frame.
        documentation: its docstring.
        judge: pure and vectorised: input frame -> issues frame (``issues.ISSUE_COLUMNS``).
        limit: the number it judges by, where there is a single one.
        unit: unit of ``limit``.
    """

    name: str
    issue_type: str
    severity: Severity
    needs: Needs
    documentation: str
    judge: Judge
    limit: float | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What one rule found in one frame: rows checked and the issues."""

    rule: Rule
    checked: int
    issues: pd.DataFrame

    @property
    def passed(self) -> bool:
        """Whether the rule found nothing."""
        return self.issues.empty


def rule(
    *,
    issue_type: str,
    severity: Severity,
    needs: Needs,
    limit: float | None = None,
    unit: str | None = None,
) -> Callable[[Judge], Rule]:
    """Declare a pure function ``frame -> issues frame`` as a rule.

    Raises:
        UsageError: the function has no docstring.
    """

    def declare(judge: Judge) -> Rule:
        documentation = inspect.cleandoc(judge.__doc__ or "")
        if not documentation:
            raise UsageError(f"rule {judge.__name__} has no docstring: say what it finds and why")
        return Rule(judge.__name__, issue_type, severity, needs, documentation, judge, limit, unit)

    return declare


def load_rules() -> dict[str, Rule]:
    """Every rule in ``quality/rules``, by name, in alphabetical order of files; then plug-ins'.

    Raises:
        UsageError: two rules have the same name.
    """
    found: dict[str, Rule] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(rules.__path__)):
        declared = vars(importlib.import_module(f"{rules.__name__}.{module}")).values()
        for one in (value for value in declared if isinstance(value, Rule)):
            if found.setdefault(one.name, one) is not one:
                raise UsageError(f"two rules are called {one.name!r}: rename one of them")
    return found | added(Group.RULES, _of_a_plugin, found)


def _of_a_plugin(value: object) -> Rule:
    if not isinstance(value, Rule):
        raise ValueError("it is no rule (odds_pipeline.quality.registry.rule makes one)")
    return value


def run_rule(rule: Rule, frame: pd.DataFrame) -> RuleResult:
    """Judge a frame by one rule; ``checked`` counts its rows, its index means nothing.

    Where there is nothing there is nothing wrong.

    Raises:
        KeyError: the frame lacks a column the rule reads, or the rule's answer lacks one.
    """
    if frame.empty:
        return RuleResult(rule, 0, issues_of(frame, [], []))
    issues = rule.judge(frame.reset_index(drop=True))
    return RuleResult(rule, len(frame), issues[list(ISSUE_COLUMNS)])
