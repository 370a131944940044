"""What a small budget keeps."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from odds_pipeline.planning.captures import DAY, PlannedCapture, Window
from odds_pipeline.planning.policies import Cadence, SamplingMode, plan
from odds_pipeline.planning.selection import choose, is_closing
from odds_pipeline.planning.value import Seen, closing_value

BEGIN = datetime(2026, 3, 7, tzinfo=UTC)
STARTS = st.lists(
    st.integers(60, 2 * 24 * 60).map(lambda m: BEGIN + timedelta(minutes=m)), min_size=1, max_size=6
)
MODES = st.sampled_from([SamplingMode.FIXED, SamplingMode.PLANNED])


def all_of(mode: SamplingMode, starts: list[datetime]) -> list[PlannedCapture]:
    return plan(mode, Cadence(fixed_minutes=120), Window(BEGIN, BEGIN + 2 * DAY), starts)


def worth(captures: tuple[PlannedCapture, ...], starts: list[datetime]) -> float:
    seen, total = Seen(Counter(starts)), 0.0
    for capture in captures:
        total += seen.gain(capture.slot_time, capture.starts_served)
        seen.add(capture.slot_time, capture.starts_served)
    return total


@settings(deadline=None, max_examples=80)
@given(MODES, STARTS, st.integers(0, 40))
def test_never_more_than_allowed_and_nothing_vanishes(
    mode: SamplingMode, starts: list[datetime], calls: int
) -> None:
    captures = all_of(mode, starts)
    chosen = choose(captures, starts, calls)
    assert len(chosen.captures) == min(calls, len(captures))
    refused = [one.capture for one in chosen.refused]
    assert sorted([*chosen.captures, *refused]) == sorted(captures)
    assert all(one.reason for one in chosen.refused)


@settings(deadline=None, max_examples=80)
@given(MODES, STARTS, st.integers(1, 30))
def test_a_larger_budget_keeps_all_that_a_smaller_one_does(
    mode: SamplingMode, starts: list[datetime], calls: int
) -> None:
    captures = all_of(mode, starts)
    small = choose(captures, starts, calls)
    large = choose(captures, starts, calls + 1)
    assert set(small.captures) <= set(large.captures)
    assert worth(large.captures, starts) >= worth(small.captures, starts) - 1e-9


@settings(deadline=None, max_examples=25)
@given(STARTS, st.integers(1, 3))
def test_the_choice_is_within_its_bound_of_the_best(starts: list[datetime], calls: int) -> None:
    captures = all_of(SamplingMode.PLANNED, starts)[:12]
    best = max(
        worth(chosen, starts) for chosen in combinations(captures, min(calls, len(captures)))
    )
    found = worth(choose(captures, starts, calls).captures, starts)
    assert found >= (1 - 1 / 2.718281828) * best - 1e-9


def test_closings_of_the_most_games_come_first() -> None:
    many, single = BEGIN + timedelta(hours=30), BEGIN + timedelta(hours=36)
    starts = [many] * 5 + [single]
    captures = all_of(SamplingMode.PLANNED, starts)
    first, both = (choose(captures, starts, calls) for calls in (1, 2))
    assert [c.slot_time for c in first.captures] == [many - timedelta(minutes=2)]
    assert [c.slot_time for c in both.captures] == [
        many - timedelta(minutes=2),
        single - timedelta(minutes=2),
    ]
    assert all(is_closing(capture) for capture in both.captures)
    assert "worth" in both.refused[0].reason


def test_a_small_budget_thins_a_plan_out_over_the_whole_window() -> None:
    start = BEGIN + timedelta(hours=36)
    captures = plan(SamplingMode.FIXED, Cadence(15), Window(BEGIN, BEGIN + DAY), [start])
    chosen = choose(captures, [start], 24).captures
    hours = Counter((capture.slot_time - BEGIN) // timedelta(hours=6) for capture in chosen)
    assert set(hours) == {0, 1, 2, 3}
    assert max(hours.values()) <= min(hours.values()) + 2
    for earlier, later in pairwise((BEGIN, *(c.slot_time for c in chosen), BEGIN + DAY)):
        assert later - earlier <= timedelta(hours=2)


def test_single_games_closes_are_kept_all_through_a_month() -> None:
    starts = [BEGIN + DAY * day + timedelta(hours=23) for day in range(28)]
    captures = plan(SamplingMode.PLANNED, Cadence(), Window(BEGIN, BEGIN + 29 * DAY), starts)
    weeks = Counter(
        (capture.slot_time - BEGIN) // (7 * DAY) for capture in choose(captures, starts, 8).captures
    )
    assert set(weeks) == {0, 1, 2, 3}
    assert max(weeks.values()) <= 3


def test_what_is_chosen_of_a_day_stays_chosen_as_the_day_goes_on() -> None:
    starts = [BEGIN + timedelta(hours=30)] * 3
    captures = plan(SamplingMode.FIXED, Cadence(30), Window(BEGIN, BEGIN + DAY), starts)
    chosen = choose(captures, starts, 12).captures
    passed = sum(capture.slot_time < BEGIN + DAY / 2 for capture in chosen)
    later = [capture for capture in captures if capture.slot_time >= BEGIN + DAY / 2]
    assert set(choose(later, starts, 12 - passed).captures) == set(chosen[passed:])


def test_no_call_is_a_reason_of_its_own() -> None:
    starts = [BEGIN + timedelta(hours=30)]
    for calls in (0, -3):
        refused = choose(all_of(SamplingMode.PLANNED, starts), starts, calls).refused
        assert {one.reason for one in refused} == {"the budget has no call for it"}


def test_a_close_fades_with_its_gap_and_is_nothing_after_the_start() -> None:
    values = [closing_value(timedelta(minutes=m)) for m in (0, 2, 15, 60)]
    assert values == sorted(values, reverse=True)
    assert values[0] == 100
    assert closing_value(timedelta(minutes=-1)) == 0
