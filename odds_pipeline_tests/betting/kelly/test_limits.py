"""Limits on stakes, in their order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odds_pipeline.betting.kelly.limits import (
    FLOOR,
    MAXIMUM,
    MINIMUM,
    PER_BET,
    PER_DAY,
    PER_EVENT,
    Limits,
    limited_stakes,
)


def test_each_limit_is_named_where_it_holds() -> None:
    limits = Limits(per_bet=0.05, per_event=0.06, per_day=0.2)
    found = limited_stakes([0.01, 0.09, 0.04, 0.04], ["a", "b", "c", "c"], 1000, limits)
    assert found.stakes.tolist() == [10.0, 50.0, 30.0, 30.0]
    assert found.held_by.tolist() == ["", PER_BET, PER_EVENT, PER_EVENT]


def test_the_day_counts_what_was_staked_before() -> None:
    found = limited_stakes([0.04, 0.04], [1, 2], 1000, Limits(per_day=0.1), placed_today=60)
    assert found.stakes.tolist() == [20.0, 20.0]
    assert set(found.held_by) == {PER_DAY}
    nothing = limited_stakes([0.04], [1], 1000, Limits(per_day=0.1), placed_today=200)
    assert nothing.stakes.tolist() == [0.0]


def test_the_floor_is_never_staked() -> None:
    found = limited_stakes([0.5], [1], 1000, Limits(floor=900))
    assert found.stakes.tolist() == [100.0]
    assert found.held_by.tolist() == [FLOOR]


def test_the_books_own_limits_come_last_and_round_down() -> None:
    found = limited_stakes(
        [0.0337, 0.0337, 0.0009], [1, 2, 3], 1000, Limits(), 0.0, [5, 5, 1], [np.inf, 20, 99], 5
    )
    assert found.stakes.tolist() == [30.0, 20.0, 0.0]
    assert found.held_by.tolist() == ["", MAXIMUM, MINIMUM]


@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3)), max_size=8),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
)
@settings(deadline=None, max_examples=50)
def test_no_limit_is_ever_passed(
    bets: list[tuple[float, int]], per_bet: float, per_event: float, per_day: float
) -> None:
    shares, events = [share for share, _ in bets], [event for _, event in bets]
    limits = Limits(per_bet, per_event, per_day, floor=100)
    stakes = limited_stakes(shares, events, 1000, limits, step=1).stakes
    slack = 1e-6
    assert (stakes <= 1000 * np.minimum(shares, per_bet) + slack).all()
    for event in set(events):
        assert stakes[np.array(events) == event].sum() <= 1000 * per_event + slack
    assert stakes.sum() <= min(1000 * per_day, 900) + slack


def test_wrong_limits_are_named() -> None:
    with pytest.raises(ValueError, match="per_event must lie from 0 to 1, not 2"):
        Limits(per_event=2)
    with pytest.raises(ValueError, match="negative"):
        limited_stakes([-0.1], [1], 1000, Limits())
