from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.errors import UsageError
from odds_pipeline.planning.fixed import fixed_slots, month_cost, slot_of

DIVISORS = [minutes for minutes in range(1, 1441) if 1440 % minutes == 0]
DAY = date(2026, 3, 3)
intervals = st.sampled_from(DIVISORS)
moments = st.timedeltas(timedelta(0), timedelta(days=3650)).map(
    lambda passed: datetime(2020, 6, 6, tzinfo=UTC) + passed
)


def test_half_hours_of_a_day() -> None:
    slots = fixed_slots(DAY, 30)
    assert len(slots) == 48
    assert slots[0] == datetime(2026, 3, 3, tzinfo=UTC)
    assert slots[-1] == datetime(2026, 3, 3, 23, 30, tzinfo=UTC)


@given(now=moments, interval=intervals)
def test_the_slot_of_a_moment_is_the_newest_of_its_day(now: datetime, interval: int) -> None:
    slot = slot_of(now, interval)
    assert slot == max(s for s in fixed_slots(now.date(), interval) if s <= now)
    assert slot_of(slot, interval) == slot


def test_other_time_zones_share_the_utc_grid() -> None:
    moment = datetime(2026, 3, 3, 1, 10, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    assert slot_of(moment, 1440) == datetime(2026, 3, 2, tzinfo=UTC)


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="no time zone"):
        slot_of(datetime(2026, 3, 3), 30)  # noqa: DTZ001 - the fault under test


def test_the_default_month_costs_what_the_plan_page_says() -> None:
    assert month_cost(3, 30, 30) == 4320
    assert month_cost(3, 5, 30) == 25_920


@pytest.mark.parametrize("interval", [0, -30, 7, 1441])
def test_an_interval_that_does_not_divide_a_day_is_refused(interval: int) -> None:
    for ask in (
        lambda: fixed_slots(DAY, interval),
        lambda: slot_of(datetime(2026, 3, 3, tzinfo=UTC), interval),
        lambda: month_cost(3, interval, 30),
    ):
        with pytest.raises(UsageError, match="divides 1,440"):
            ask()
