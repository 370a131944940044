"""Spans of time as people give them: so many minutes, so many seconds.

Belongs here: what is taken for one, at every door. Does not belong here: what it is for.
"""

from datetime import timedelta

from odds_pipeline.errors import UsageError

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LONGEST = timedelta(days=3650)


def span(number: float, unit: timedelta, what: str) -> timedelta:
    """So many units.

    Raises:
        UsageError: it is not a number, or longer than ten years.
    """
    most = LONGEST / unit
    if not abs(number) <= most:
        raise UsageError(f"{what}: {number:g} is not a number up to {most:,.0f}")
    return number * unit
