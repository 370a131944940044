"""Partitions: UTC days, and what a day means now; experiments.

Belongs here: the partitions and their keys. Does not belong here: what is done on a day.
"""

from datetime import date, datetime
from enum import StrEnum

import dagster as dg

from odds_pipeline.errors import UsageError
from odds_pipeline.settings import Settings

# One a backtest: its number, or the name that a person gave it in the UI.
EXPERIMENTS = dg.DynamicPartitionsDefinition(name="experiments")


class Era(StrEnum):
    """Where a UTC day stands: still running, or over."""

    TODAY = "today"
    PAST = "past"


def daily_partitions(settings: Settings) -> dg.DailyPartitionsDefinition:
    """Every UTC day from ``HISTORY_START`` to today, which has begun and so exists."""
    return dg.DailyPartitionsDefinition(start_date=settings.history_starts_at, end_offset=1)


def day_of(key: str) -> date:
    """The UTC day of a partition key."""
    return date.fromisoformat(key)


def era_of(day: date, now: datetime) -> Era:
    """Whether a day is today or past.

    Raises:
        UsageError: it lies in the future, so nothing can be captured for it yet.
    """
    today = now.date()
    if day > today:
        raise UsageError(f"{day} has not begun: the newest partition is {today} (UTC)")
    return Era.TODAY if day == today else Era.PAST
