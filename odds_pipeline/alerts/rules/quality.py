"""Rules that found errors in a day's data. Counts of issues."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from odds_pipeline.catalog.alerts import Alert, AlertType, Severity


class Judged(NamedTuple):
    """What a quality rule found in a day: its severity (error or critical) and the first issue."""

    rule: str
    severity: str
    issues: int
    first: str


def quality_alerts(judged: Iterable[Judged], day: date) -> Iterator[Alert]:
    """One alert a rule and day."""
    for found in judged:
        count = f"{found.issues} issues" if found.issues > 1 else "an issue"
        yield Alert(
            AlertType.DATA_QUALITY,
            Severity(found.severity),
            f"The rule {found.rule} found {count} in the data of {day}: {found.first}",
            object_kind="day",
            object_id=day.isoformat(),
            occasion=found.rule,
            threshold=0,
            actual=found.issues,
        )
