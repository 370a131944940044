from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odds_pipeline.errors import UsageError
from odds_pipeline.planning.captures import PlannedCapture
from odds_pipeline.planning.decision_points import (
    DEFAULT_OFFSETS,
    FEED_STEP,
    credits,
    plan_day,
)

FIRST, DAYS = date(2026, 3, 3), 5
CLOSING = min(DEFAULT_OFFSETS)
MINUTE = timedelta(minutes=1)


def utc(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, second, tzinfo=UTC)


# Late enough that every need falls inside the range planned, early enough to end inside it.
starts_of_days = st.lists(
    st.integers(2, 4 * 86_400 // 60 - 1).flatmap(
        lambda minute: st.integers(0, 59).map(
            lambda second: utc(4, 0) + timedelta(minutes=minute, seconds=second)
        )
    ),
    max_size=15,
)


def plan_range(starts: list[datetime]) -> list[PlannedCapture]:
    days = [FIRST + timedelta(days=i) for i in range(DAYS)]
    return [capture for day in days for capture in plan_day(day, starts)]


def test_one_start_has_its_captures_on_two_days() -> None:
    start = utc(4, 23, 10)
    assert [c.slot_time for c in plan_day(date(2026, 3, 3), [start])] == [utc(3, 23, 10)]
    assert [c.slot_time for c in plan_day(date(2026, 3, 4), [start])] == [
        utc(4, 17, 10),
        utc(4, 22, 10),
        utc(4, 22, 55),
        utc(4, 23, 8),
    ]


def test_equal_starts_and_equal_needs_share_a_capture() -> None:
    # 22:55 is both a quarter of an hour before 23:10 and an hour before 23:55.
    plan = plan_day(date(2026, 3, 4), [utc(4, 23, 10), utc(4, 23, 10), utc(4, 23, 55)])
    shared = next(c for c in plan if c.slot_time == utc(4, 22, 55))
    assert shared.starts_served == (utc(4, 23, 10), utc(4, 23, 55))
    assert shared.offset == timedelta(minutes=15)
    assert len(plan) == 7


def test_needs_of_one_feed_step_share_the_earliest() -> None:
    offsets = (timedelta(minutes=2),)
    plan = plan_day(date(2026, 3, 4), [utc(4, 20, 12), utc(4, 20, 13), utc(4, 20, 17)], offsets)
    assert [c.slot_time for c in plan] == [utc(4, 20, 10), utc(4, 20, 15)]


def test_a_start_rewritten_by_seconds_keeps_its_slots() -> None:
    stated, rewritten = utc(4, 23, 10), utc(4, 23, 10, 37)
    day = date(2026, 3, 4)
    assert [c.slot_time for c in plan_day(day, [stated])] == [
        c.slot_time for c in plan_day(day, [rewritten])
    ]


def test_a_closing_capture_may_fall_on_the_day_before() -> None:
    midnight = utc(5, 0, 1)
    assert plan_day(date(2026, 3, 4), [midnight])[-1].slot_time == utc(4, 23, 59)


def test_the_default_season_day_costs_about_seventeen_calls() -> None:
    starts = [utc(d, h, m) for d in (3, 4, 5) for h, m in ((0, 10), (0, 40), (2, 10), (23, 10))]
    plan = plan_day(date(2026, 3, 4), starts)
    assert 14 <= len(plan) <= 20
    assert credits(plan, 30) == 30 * len(plan)


@settings(deadline=None)
@given(starts=starts_of_days)
def test_every_start_has_one_closing_capture_in_one_day(starts: list[datetime]) -> None:
    plans = [plan_day(FIRST + timedelta(days=i), starts) for i in range(DAYS)]
    for start in starts:
        need = (start - CLOSING).replace(second=0, microsecond=0)
        closing = [
            (day, capture)
            for day, plan in enumerate(plans)
            for capture in plan
            if start in capture.starts_served
            and need - FEED_STEP < capture.slot_time <= need
            and capture.offset == CLOSING
        ]
        assert len(closing) == 1


@settings(deadline=None)
@given(starts=starts_of_days)
def test_every_need_is_served_in_time_and_nothing_is_captured_without_one(
    starts: list[datetime],
) -> None:
    plan = plan_range(starts)
    slots = [capture.slot_time for capture in plan]
    needs = {(s - o).replace(second=0, microsecond=0) for s in starts for o in DEFAULT_OFFSETS}
    for need in needs:
        assert any(need - FEED_STEP < slot <= need for slot in slots)
    assert set(slots) <= needs
    for capture in plan:
        assert all(capture.slot_time <= start - CLOSING for start in capture.starts_served)


@settings(deadline=None)
@given(starts=starts_of_days)
def test_days_add_up_without_repetition(starts: list[datetime]) -> None:
    plan = plan_range(starts)
    slots = [capture.slot_time for capture in plan]
    steps = [slot.timestamp() // FEED_STEP.total_seconds() for slot in slots]
    needs = {(s - o).timestamp() // 60 * 60 for s in starts for o in DEFAULT_OFFSETS}
    assert slots == sorted(set(slots))
    assert steps == sorted({need // FEED_STEP.total_seconds() for need in needs})


@settings(deadline=None)
@given(starts=starts_of_days, seed=st.randoms())
def test_the_order_of_starts_does_not_matter(starts: list[datetime], seed: object) -> None:
    shuffled = [*starts, *starts]
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    assert plan_range(shuffled) == plan_range(starts)


def test_no_starts_no_captures() -> None:
    assert plan_day(FIRST, []) == []


def test_bad_questions_are_refused() -> None:
    with pytest.raises(UsageError, match="no time zone"):
        plan_day(FIRST, [datetime(2026, 3, 4)])  # noqa: DTZ001 - the fault under test
    with pytest.raises(UsageError, match="negative"):
        plan_day(FIRST, [], (timedelta(minutes=-1),))
    for step in (timedelta(seconds=90), timedelta(0), timedelta(minutes=7)):
        with pytest.raises(UsageError, match="feed step"):
            plan_day(FIRST, [], feed_step=step)
