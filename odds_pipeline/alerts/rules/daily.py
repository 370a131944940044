"""The day in a few lines. Counts; shares 0 to 1; UTC day."""

from datetime import date
from typing import NamedTuple

from odds_pipeline.catalog.alerts import Alert, AlertType, Severity


class DayTold(NamedTuple):
    """What a UTC day brought."""

    fetches: int
    failed: int
    snapshots: int
    quotes: int
    gaps: int
    issues: int
    edges: int
    credits: float
    quota_left: float


def daily_summary(day: date, told: DayTold) -> Alert:
    """One alert a UTC day."""
    return Alert(
        AlertType.DAILY_SUMMARY,
        Severity.INFO,
        f"{day}: {told.fetches} calls ({told.failed} failed), {told.snapshots:,} snapshots, "
        f"{told.quotes:,} quotes changed, {told.gaps} captures missing, {told.issues} quality "
        f"issues, {told.edges} edges first seen, {told.credits:g} credits spent, "
        f"{told.quota_left:,g} left this month.",
        object_kind="day",
        object_id=day.isoformat(),
        occasion="daily",
    )
