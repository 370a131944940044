"""When fixed-interval captures are due and what they cost.

Belongs here: the grid of a UTC day and its credits. Does not belong here: captures chosen by
start times (``decision_points``), asking the clock (callers pass ``now``). Intervals are whole
minutes that divide a day, so that every day has the same slots; credits are the provider's.
"""

from datetime import UTC, date, datetime, time, timedelta

from odds_pipeline.errors import UsageError

MINUTES_A_DAY = 1440


def fixed_slots(day: date, interval_minutes: int) -> list[datetime]:
    """The slot times of one UTC day, from midnight on.

    Raises:
        UsageError: the interval does not divide a day.
    """
    midnight = datetime.combine(day, time(), UTC)
    count = _slots_a_day(interval_minutes)
    return [midnight + timedelta(minutes=i * interval_minutes) for i in range(count)]


def slot_of(now: datetime, interval_minutes: int) -> datetime:
    """The newest slot time at or before ``now``, in UTC.

    Raises:
        UsageError: the interval does not divide a day, or ``now`` has no time zone.
    """
    _slots_a_day(interval_minutes)
    if now.tzinfo is None:
        raise UsageError(f"{now} has no time zone: pass a timezone-aware time")
    now = now.astimezone(UTC)
    midnight = datetime.combine(now.date(), time(), UTC)
    interval = timedelta(minutes=interval_minutes)
    return midnight + (now - midnight) // interval * interval


def month_cost(credits_per_call: int, interval_minutes: int, days: int) -> int:
    """Credits for one call a slot over so many days.

    Raises:
        UsageError: the interval does not divide a day.
    """
    return credits_per_call * _slots_a_day(interval_minutes) * days


def _slots_a_day(interval_minutes: int) -> int:
    if interval_minutes < 1 or MINUTES_A_DAY % interval_minutes:
        raise UsageError(
            f"interval {interval_minutes} is not a whole number of minutes that divides 1,440"
        )
    return MINUTES_A_DAY // interval_minutes
