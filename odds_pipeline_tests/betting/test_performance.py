"""Figures of settled bets, against counts made by hand and a slow loop."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.betting.performance import drawdown, equity, longest_losing_run, tally

PROFITS = st.lists(st.sampled_from([-1.0, 0.0, 0.91, 2.5]), max_size=40)


def test_the_deepest_falls_in_money_and_in_share_may_be_two() -> None:
    """The example of reference/maths.md §10."""
    fall = drawdown([1000, 1500, 1200, 2000, 1650, 3000, 2600])
    assert fall.amount == 400.0
    assert fall.share == pytest.approx(0.20, abs=1e-15)


def test_the_start_is_a_height_too() -> None:
    assert drawdown(equity([-30.0, 10.0], start=100.0)).amount == 30.0
    assert drawdown(equity([-1.0, -1.0])).amount == 2.0
    assert math.isnan(drawdown(equity([-1.0])).share)
    assert drawdown([5.0]).amount == 0.0
    with pytest.raises(ValueError, match="start"):
        drawdown([])


def test_pushes_are_in_the_turnover_and_not_in_the_hit_rate() -> None:
    found = tally([1.0, 1.0, 2.0, 1.0], [0.95, 0.0, -2.0, 1.10])
    assert (found.bets, found.won, found.lost, found.pushed) == (4, 2, 1, 1)
    assert found.turnover == 5.0
    assert found.profit == pytest.approx(0.05, abs=1e-15)
    assert found.yield_ == pytest.approx(0.01, abs=1e-15)
    assert found.hit_rate == pytest.approx(2 / 3, abs=1e-15)
    assert found.profit_factor == pytest.approx(1.025, abs=1e-15)


def test_figures_without_a_value_are_no_number() -> None:
    none = tally([], [])
    assert math.isnan(none.yield_)
    assert math.isnan(none.hit_rate)
    assert math.isnan(none.profit_factor)
    assert tally([1.0], [1.0]).profit_factor == math.inf
    for stakes, profits in (([1.0], []), ([1.0], [math.nan]), ([[1.0]], [[1.0]])):
        with pytest.raises(ValueError, match=r"entry a bet|no number"):
            tally(stakes, profits)


@given(PROFITS)
def test_runs_and_falls_are_those_of_a_slow_loop(profits: list[float]) -> None:
    longest = run = 0
    height = money = deepest = 0.0
    for profit in profits:
        run = run + 1 if profit < 0.0 else run * (profit == 0.0)
        longest = max(longest, run)
        money += profit
        height = max(height, money)
        deepest = max(deepest, height - money)
    assert longest_losing_run(profits) == longest
    assert drawdown(equity(profits)).amount == pytest.approx(deepest, abs=1e-12)
    assert equity(np.array(profits))[-1] == pytest.approx(money, abs=1e-12)
