"""Which calls close which gaps: as few as there are snapshots, the most valuable first."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.planning.healing import healing_calls
from odds_pipeline.planning.snapshots import expected, step_at
from odds_pipeline.simulator.snapshots import snapshot_at

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("2026-03-10T12:05:00", "2026-03-10T12:00:39"),
        ("2026-03-10T12:06:00", "2026-03-10T12:05:39"),
        ("2026-03-10T00:00:00", "2026-03-09T23:55:39"),
        ("2021-03-10T12:14:00", "2021-03-10T12:05:00"),
        ("2021-03-10T12:15:00", "2021-03-10T12:15:00"),
        ("2021-03-10T00:00:00", "2021-03-09T23:55:00"),
    ],
)
def test_a_snapshot_is_expected_when_the_provider_took_one(asked: str, answered: str) -> None:
    moment = datetime.fromisoformat(f"{asked}Z")
    assert expected(moment) == datetime.fromisoformat(f"{answered}Z")


@given(st.integers(0, 60 * 24 * 365 * 4))
def test_whole_minutes_share_a_snapshot_as_they_do_at_the_provider(minute: int) -> None:
    since = datetime(2022, 10, 1, tzinfo=UTC) + minute * MINUTE

    def answer(moment: datetime) -> int:
        found = snapshot_at(int(moment.timestamp()), 2**40)
        assert found is not None
        return found.timestamp

    after = since + MINUTE
    assert (expected(since) == expected(after)) == (answer(since) == answer(after))
    assert timedelta() <= since - expected(since) < step_at(since)


def test_gaps_of_one_snapshot_are_one_call_that_lies_after_none_of_them() -> None:
    missing = [NOON + place * MINUTE for place in range(1, 11)]
    calls = healing_calls(missing, [], [NOON + timedelta(hours=1)])
    assert sorted(call.ask_at for call in calls) == [NOON + MINUTE, NOON + 6 * MINUTE]
    assert sorted(moment for call in calls for moment in call.slot_times) == missing


def test_the_close_of_the_most_events_is_bought_first_and_a_seen_one_last() -> None:
    alone, crowded, seen = (NOON + timedelta(hours=hours) for hours in (2, 4, 6))
    closings = [start - 2 * MINUTE for start in (alone, crowded, seen)]
    made = [seen - MINUTE]
    calls = healing_calls(closings, made, [alone, *[crowded] * 5, seen])
    assert [call.ask_at for call in calls] == [closings[1], closings[0], closings[2]]
    assert calls[0].value > 4 * calls[1].value > 0


def test_an_earlier_price_of_a_close_already_bought_is_worth_little() -> None:
    start = NOON + timedelta(hours=2)
    close, earlier = healing_calls([start - 7 * MINUTE, start - 2 * MINUTE], [], [start])
    assert close.ask_at == start - 2 * MINUTE
    assert earlier.value < close.value / 4


@given(
    st.sets(st.integers(0, 1500), min_size=1, max_size=40),
    st.lists(st.integers(0, 1500), max_size=8),
    st.lists(st.integers(0, 1500), max_size=8),
)
def test_every_gap_is_closed_once_and_values_never_rise(
    missing: set[int], made: list[int], starts: list[int]
) -> None:
    times = {NOON + minute * MINUTE for minute in missing}
    calls = healing_calls(
        times,
        [NOON + minute * MINUTE for minute in made],
        [NOON + minute * MINUTE for minute in starts],
    )
    closed = [moment for call in calls for moment in call.slot_times]
    assert sorted(closed) == sorted(times)
    assert len(calls) == len({expected(moment) for moment in times})
    assert all(call.ask_at == min(call.slot_times) for call in calls)
    values = [call.value for call in calls]
    assert values == sorted(values, reverse=True)


def test_without_events_every_gap_can_still_be_closed() -> None:
    [call] = healing_calls([NOON], [], [])
    assert call.value == 0
