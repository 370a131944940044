"""Overround, hold and what makes a market unusable."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.betting.margin import (
    MISSING,
    NOT_ABOVE_ONE,
    NOT_FINITE,
    ONE_SIDED,
    hold,
    market_fault,
    overround,
)
from odds_pipeline.betting.odds_arrays import decimal_from_american

MARKETS = st.lists(st.floats(1.001, 1000.0), min_size=2, max_size=30)


def test_worked_values() -> None:
    even = decimal_from_american([-110, -110])
    assert overround(even) == pytest.approx(0.047619047619, abs=1e-12)
    assert hold(even) == pytest.approx(0.045454545455, abs=1e-12)
    assert hold(decimal_from_american([-150, 130])) == pytest.approx(0.0336134453781, abs=1e-12)


@given(MARKETS)
def test_hold_is_the_overround_as_a_share_of_the_booksum(prices: list[float]) -> None:
    booksum = overround(prices) + 1.0
    assert hold(prices) == pytest.approx(1.0 - 1.0 / booksum, rel=1e-9, abs=1e-12)


def test_many_markets_at_once() -> None:
    table = np.array([[2.0, 2.0], [1.5, 3.0], [1.0, 3.0], [np.nan, 2.0]])
    assert overround(table).shape == (4,)
    assert overround(table)[:2] == pytest.approx([0.0, 0.0], abs=1e-12)
    assert np.isnan(overround(table)[2:]).all()


def test_one_sided_market_has_no_margin() -> None:
    assert np.isnan(overround([1.9]))
    assert np.isnan(hold([1.9]))


def test_prices_below_fair_give_a_negative_overround() -> None:
    assert overround([2.1, 2.1]) < 0


def test_a_fault_is_named() -> None:
    nan, inf = np.nan, np.inf
    table = [[2.0, 2.0, 3.0], [2.0, nan, nan], [2.0, 2.0, nan], [2.0, inf, 3.0], [1.0, 2.0, 3.0]]
    assert market_fault(table).tolist() == ["", ONE_SIDED, MISSING, NOT_FINITE, NOT_ABOVE_ONE]
    assert market_fault([1.9]) == ONE_SIDED
