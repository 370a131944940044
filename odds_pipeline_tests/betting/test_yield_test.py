"""Tests of one record, against published values and exact counts."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.betting.yield_test import (
    bets_needed,
    losing_run_probability,
    profit_test,
    ruin_probability,
    yield_test,
)


def test_published_values() -> None:
    """reference/maths.md §10: Buchdahl's test, ruin at even money, a run of ten in a thousand."""
    assert yield_test(1000, 2.0, 0.05).statistic == pytest.approx(1.5831, abs=5e-5)
    pinnacle = yield_test(6562, 3.92, 0.0379)
    assert pinnacle.statistic == pytest.approx(1.775, abs=5e-4)
    assert pinnacle.p_value == pytest.approx(0.038, abs=5e-4)
    assert ruin_probability(0.52, 2.0, 20) == pytest.approx((0.48 / 0.52) ** 20, rel=1e-12)
    assert losing_run_probability(0.5, 1000, 10) == pytest.approx(0.3854, abs=5e-5)


@pytest.mark.parametrize(("win", "bets"), [(0.55, 1_400), (0.54, 3_700), (0.53, 25_000)])
def test_how_many_bets_it_takes_at_minus_110(win: float, bets: int) -> None:
    """The rule of thumb in reference/features.md §2: noticed half the time, at 5 % two-sided."""
    odds = 1.0 + 100.0 / 110.0
    deviation = odds * (win * (1.0 - win)) ** 0.5
    needed = bets_needed(win * odds - 1.0, deviation, power=0.5)
    assert needed == pytest.approx(bets, rel=0.02)
    assert bets_needed(win * odds - 1.0, deviation, power=0.8) > needed


def test_profit_is_tested_with_each_bets_own_chance() -> None:
    """Two hand-made bets: variances 1 x 4 x .25 and 4 x 9 x .25 x .75."""
    tested = profit_test([1.0, 2.0], [2.0, 3.0], [0.5, 0.25], profit=3.0)
    assert tested.statistic == pytest.approx((3.0 + 0.5) / (1.0 + 6.75) ** 0.5, rel=1e-12)
    assert 0.0 < tested.p_value < 0.5


def test_ruin_at_other_odds_is_the_root() -> None:
    one = ruin_probability(0.3, 4.0, 1)
    assert 0.3 * one**4 - one + 0.7 == pytest.approx(0.0, abs=1e-12)
    assert ruin_probability(0.3, 4.0, 7) == pytest.approx(one**7, rel=1e-12)
    assert ruin_probability(0.5, 2.0, 100) == 1.0
    assert ruin_probability(1.0, 2.0, 1) == 0.0


@given(st.integers(0, 9), st.integers(1, 4), st.sampled_from([Fraction(1, 3), Fraction(1, 2)]))
def test_runs_are_counted_exactly(bets: int, length: int, loss: Fraction) -> None:
    exact = Fraction(0)
    for results in product((0, 1), repeat=bets):
        if "1" * length in "".join(map(str, results)):
            lost = sum(results)
            exact += loss**lost * (1 - loss) ** (bets - lost)
    assert losing_run_probability(float(loss), bets, length) == pytest.approx(float(exact))


def test_what_cannot_be_is_refused() -> None:
    for call in (
        lambda: yield_test(1, 2.0, 0.1),
        lambda: yield_test(10, 2.0, 1.5),
        lambda: profit_test([1.0], [2.0], [1.0], 1.0),
        lambda: profit_test([], [], [], 1.0),
        lambda: bets_needed(0.0, 1.0),
        lambda: ruin_probability(0.5, 1.0, 1),
        lambda: losing_run_probability(0.5, 10, 0),
    ):
        with pytest.raises(ValueError, match=r"."):
            call()
    assert np.isfinite(yield_test(2, 2.0, 0.1).p_value)
