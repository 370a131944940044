"""What every sampling mode promises, and what each does with given starts."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odds_pipeline.errors import UsageError
from odds_pipeline.planning.adaptive import DEFAULT_MINUTES, plan_adaptive, tiers_of
from odds_pipeline.planning.captures import DAY, Window, day_window
from odds_pipeline.planning.policies import POLICIES, Cadence, SamplingMode, plan

MINUTE = timedelta(minutes=1)
BEGIN = datetime(2026, 3, 7, tzinfo=UTC)
CADENCE = Cadence()
MODES = st.sampled_from(list(SamplingMode))
STARTS = st.lists(
    st.integers(0, 4 * 24 * 60 * 60).map(lambda s: BEGIN + timedelta(seconds=s)), max_size=8
)


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_every_mode_has_a_policy() -> None:
    assert set(POLICIES) == set(SamplingMode)


@settings(deadline=None, max_examples=60)
@given(MODES, STARTS)
def test_slots_are_distinct_whole_minutes_before_some_start(
    mode: SamplingMode, starts: list[datetime]
) -> None:
    captures = plan(mode, CADENCE, Window(BEGIN, BEGIN + 3 * DAY), starts)
    times = [capture.slot_time for capture in captures]
    assert times == sorted(set(times))
    assert all(not (moment.second or moment.microsecond) for moment in times)
    assert all(later - moment >= MINUTE for moment, later in itertools.pairwise(times))
    for capture in captures:
        assert capture.why
        assert capture.offset >= timedelta()
        assert any(start > capture.slot_time for start in starts)
        assert all(start > capture.slot_time for start in capture.starts_served)


@settings(deadline=None, max_examples=60)
@given(MODES, STARTS, st.integers(1, 3 * 24 * 60 - 1))
def test_planning_two_windows_is_planning_both_together(
    mode: SamplingMode, starts: list[datetime], minutes: int
) -> None:
    begin, end = BEGIN, BEGIN + 3 * DAY
    cut = begin + minutes * MINUTE
    whole = plan(mode, CADENCE, Window(begin, end), starts)
    parts = [
        capture
        for window in (Window(begin, cut), Window(cut, end))
        for capture in plan(mode, CADENCE, window, starts)
    ]
    assert parts == whole


@pytest.mark.parametrize("mode", list(SamplingMode))
def test_a_day_without_games_has_no_captures(mode: SamplingMode) -> None:
    assert plan(mode, CADENCE, day_window(date(2026, 3, 7)), []) == []
    over = [utc(6, 20), utc(7, 0)]  # what has started is no reason to pay
    assert plan(mode, CADENCE, day_window(date(2026, 3, 7)), over) == []


def test_tiers_shorten_as_the_start_comes_near() -> None:
    start = utc(9, 12, 10)
    captures = plan_adaptive(
        Window(utc(8, 0), utc(10, 0)), [start], tiers_of(dict(DEFAULT_MINUTES))
    )
    spacing = {
        capture.slot_time: (later.slot_time - capture.slot_time) // MINUTE
        for capture, later in itertools.pairwise(captures)
    }
    assert spacing[utc(8, 6)] == 30  # over a day
    assert spacing[utc(8, 13)] == 15
    assert spacing[utc(9, 10)] == 5
    assert spacing[utc(9, 11, 30)] == 1
    assert captures[-1].slot_time == start - MINUTE
    names = {capture.slot_time: capture.why for capture in captures}
    assert names[utc(8, 6)] == "far: every 30 min"
    assert names[utc(9, 11, 30)] == "imminent: every 1 min"


def test_boundaries_belong_to_the_nearer_tier() -> None:
    start = utc(9, 12)
    captures = {
        capture.slot_time: capture.why
        for capture in plan_adaptive(
            Window(utc(8, 11), utc(9, 12)), [start], tiers_of(dict(DEFAULT_MINUTES))
        )
    }
    assert captures[utc(8, 11, 30)].startswith("far")
    assert captures[utc(8, 12)].startswith("medium")
    assert captures[utc(9, 9)].startswith("near")
    assert captures[utc(9, 11)].startswith("imminent")


def test_intervals_need_not_divide_one_another() -> None:
    start = utc(9, 12)
    tiers = tiers_of({"imminent": 2, "near": 5, "medium": 15, "far": 30})
    captures = plan_adaptive(Window(utc(9, 9), start), [start], tiers)
    minutes = [(start - capture.slot_time) // MINUTE for capture in captures]
    assert minutes == [*range(180, 60, -5), *range(60, 0, -2)]


@pytest.mark.parametrize("mode", list(SamplingMode))
@pytest.mark.parametrize("year", [1, 2099, 9999])
def test_an_absurd_start_stops_no_other(mode: SamplingMode, year: int) -> None:
    start = utc(7, 12)
    captures = plan(mode, CADENCE, day_window(date(2026, 3, 7)), [start.replace(year=year), start])
    assert start in {served for capture in captures for served in capture.starts_served}


def test_a_moved_start_moves_its_captures_only() -> None:
    other, start = utc(9, 20), utc(9, 23)
    window = Window(utc(8, 0), utc(10, 12))
    before = {c.slot_time for c in plan(SamplingMode.PLANNED, CADENCE, window, [other, start])}
    moved = start + timedelta(hours=2)
    after = {c.slot_time for c in plan(SamplingMode.PLANNED, CADENCE, window, [other, moved])}
    assert moved - 2 * MINUTE in after - before
    assert start - 2 * MINUTE in before - after
    assert {other - 2 * MINUTE, other - 15 * MINUTE} <= before & after


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1)])  # clocks change in New York
def test_days_of_changing_clocks_are_days_of_24_hours(day: date) -> None:
    late = [day_window(day).end + timedelta(days=2)]
    assert len(plan(SamplingMode.FIXED, CADENCE, day_window(day), late)) == 48


def test_a_doubleheader_has_a_close_for_each_game() -> None:
    captures = plan(
        SamplingMode.PLANNED, CADENCE, day_window(date(2026, 3, 9)), [utc(9, 17), utc(9, 20, 30)]
    )
    closing = [c.slot_time for c in captures if c.offset == 2 * MINUTE]
    assert closing == [utc(9, 16, 58), utc(9, 20, 28)]


def test_an_interval_that_does_not_divide_a_day_is_refused() -> None:
    with pytest.raises(UsageError):
        tiers_of({**DEFAULT_MINUTES, "near": 7})


@settings(deadline=None, max_examples=40)
@given(STARTS)
def test_adaptive_slots_are_those_of_looking_at_every_minute(starts: list[datetime]) -> None:
    def naive(moment: datetime) -> bool:
        ahead = [start - moment for start in starts if start > moment]
        if not ahead:
            return False
        hours = min(ahead) / timedelta(hours=1)
        every = 1 if hours <= 1 else 5 if hours <= 3 else 15 if hours <= 24 else 30
        return (moment - moment.replace(hour=0, minute=0)) // MINUTE % every == 0

    window = Window(BEGIN, BEGIN + 2 * DAY)
    minutes = [BEGIN + place * MINUTE for place in range(2 * 1440)]
    captures = plan_adaptive(window, starts, tiers_of(dict(DEFAULT_MINUTES)))
    assert [capture.slot_time for capture in captures] == list(filter(naive, minutes))
