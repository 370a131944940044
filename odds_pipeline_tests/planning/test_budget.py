"""Who may spend how much."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.planning.budget import (
    Budget,
    Purpose,
    calls_today,
    month_begin,
    month_end,
    month_left,
)

BUDGET = Budget(1000, 50, {Purpose.CLOSING: 100, Purpose.LIVE: 200})


@pytest.mark.parametrize(
    ("purpose", "limit"),
    [
        (Purpose.CLOSING, 950),
        (Purpose.LIVE, 850),
        (Purpose.SCORES, 650),
        (Purpose.HEAL, 650),
        (Purpose.BACKFILL, 650),
    ],
)
def test_each_rank_leaves_the_higher_ones_what_is_kept_for_them(
    purpose: Purpose, limit: float
) -> None:
    assert BUDGET.limit(purpose) == limit
    assert BUDGET.refusal(purpose, limit - 10, 7, 3) is None
    assert BUDGET.refusal(purpose, limit - 10, 8, 3)
    assert BUDGET.refusal(purpose, 5_000, 0, 0) is None  # a free call is never refused


def test_a_refusal_says_whether_the_quota_or_a_reserve_forbids_it() -> None:
    quota, reserve = (BUDGET.refusal(Purpose.BACKFILL, spent, 0, 30) for spent in (940, 640))
    assert quota == "quota: 940 of 1000 are spent and 0 reserved this month, 50 are the floor"
    assert reserve is not None
    assert reserve.startswith("reserve: 640 of 1000")
    assert reserve.endswith("300 are kept for what is worth more than backfill")


def test_four_fifths_are_warned_of() -> None:
    assert BUDGET.warning(799) is None
    assert BUDGET.warning(800) == "80% of the month's 1,000 credits are used"


def test_months_are_utc_months() -> None:
    now = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert month_begin(now) == datetime(2026, 12, 1, tzinfo=UTC)
    assert month_end(now) == datetime(2027, 1, 1, tzinfo=UTC)
    assert month_left(month_begin(now)) == 1
    assert month_left(now) == timedelta(minutes=30) / timedelta(days=31)


def test_a_quiet_day_leaves_its_part_to_a_busy_one() -> None:
    # 100 calls for ten days that want 20 each: a day of 10 gets half a day of 20.
    assert calls_today([10, 30], 10, 300, 3) == 5
    assert calls_today([30, 10], 10, 300, 3) == 15
    assert calls_today([20, 20], 10, 6_000, 3) == 20
    assert calls_today([0, 20], 10, 3, 3) == 0
    assert calls_today([], 10, 3, 3) == 0


@given(
    st.lists(st.integers(0, 60), min_size=31, max_size=31),
    st.integers(0, 6_000),
    st.integers(1, 5),
)
def test_a_month_never_costs_more_than_it_has(wanted: list[int], credits: int, listed: int) -> None:
    spent = 0
    for day in range(31):
        calls = calls_today(wanted[day : day + listed], 31 - day, credits - spent, 3)
        assert calls <= wanted[day]
        spent += 3 * calls
    assert spent <= credits
