"""The historical snapshot clock and its strict dates."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.simulator.snapshots import read_date, snapshot_at, spell_date

NEVER = 2**40
FIRST = int(datetime(2020, 6, 6, 10, 5, tzinfo=UTC).timestamp())
FIVE_FROM = int(datetime(2022, 9, 1, tzinfo=UTC).timestamp())
LAST = int(datetime(2028, 1, 1, tzinfo=UTC).timestamp())

anytime = st.one_of(st.integers(FIRST, LAST), st.integers(FIVE_FROM - 2_000, FIVE_FROM + 2_000))


@given(anytime)
def test_the_snapshot_is_equal_or_earlier_and_the_next_one_is_later(asked: int) -> None:
    found = snapshot_at(asked, NEVER)
    assert found is not None
    assert found.following is not None
    assert found.timestamp <= asked < found.following
    assert snapshot_at(found.timestamp, NEVER) == found


@given(anytime)
def test_previous_and_next_walk_the_same_chain(asked: int) -> None:
    found = snapshot_at(asked, NEVER)
    assert found is not None
    assert found.following is not None
    later = snapshot_at(found.following, NEVER)
    assert later is not None
    assert (later.timestamp, later.previous) == (found.following, found.timestamp)


@given(st.integers(FIVE_FROM + 600, LAST))
def test_five_minute_snapshots_drift_from_second_36_to_43(asked: int) -> None:
    found = snapshot_at(asked, NEVER)
    assert found is not None
    assert found.timestamp // 60 % 5 == 0
    assert 36 <= found.timestamp % 60 <= 43


def test_the_drift_moves() -> None:
    days = [snapshot_at(FIVE_FROM + hour * 3600 + 900, NEVER) for hour in range(100)]
    assert len({found.timestamp % 60 for found in days if found}) == 8


@given(st.integers(FIRST, FIVE_FROM - 1))
def test_ten_minute_snapshots_stand_on_the_minute(asked: int) -> None:
    found = snapshot_at(asked, NEVER)
    assert found is not None
    assert found.timestamp % 600 == 300


def test_before_the_first_and_after_the_latest() -> None:
    assert snapshot_at(FIRST - 1, NEVER) is None
    first = snapshot_at(FIRST, NEVER)
    assert first is not None
    assert first.previous is None
    now = FIVE_FROM + 100_000
    latest = snapshot_at(NEVER, now)
    assert latest is not None
    assert latest.timestamp <= now
    assert latest.following is None


@given(st.integers(FIRST, LAST))
def test_dates_read_as_they_are_spelled(instant: int) -> None:
    assert read_date(spell_date(instant)) == instant


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-01T00:00:00+00:00",
        "2024-01-01T00:00:00.000Z",
        "2024-01-01T00:00:00",
        "2024-01-01",
        "2024-13-01T00:00:00Z",
        "2024-01-01T00:00:00Z ",
        "٢٠٢٤-01-01T00:00:00Z",
        "",
    ],
)
def test_every_other_spelling_is_refused(text: str) -> None:
    assert read_date(text) is None
