"""Expected value and fair prices."""

from fractions import Fraction

import numpy as np
import pytest

from odds_pipeline.betting.expected_value import (
    expected_value,
    expected_value_of_quarters,
    fair_price,
    fair_price_of_quarters,
    probability_edge,
)


def test_expected_value_by_exact_fractions() -> None:
    won, pushed, price, share = Fraction(11, 20), Fraction(1, 25), Fraction(21, 11), Fraction(1, 50)
    exact = won * (price - 1) * (1 - share) - (1 - won - pushed)
    found = expected_value(float(won), float(price), float(pushed), float(share))
    assert float(found) == pytest.approx(float(exact), abs=1e-15)


def test_expected_value_is_pd_minus_one_and_not_the_probability_edge() -> None:
    assert expected_value(0.55, 2.0) == pytest.approx(0.10, abs=1e-15)
    assert probability_edge(0.55, 2.0) == pytest.approx(0.05, abs=1e-15)


def test_a_fair_price_is_worth_nothing() -> None:
    won, pushed = np.array([0.2, 0.5, 0.9]), np.array([0.0, 0.03, 0.05])
    assert expected_value(won, fair_price(won, pushed), pushed) == pytest.approx(0.0, abs=1e-15)
    assert np.isnan(fair_price(0.0))


def test_quarter_lines() -> None:
    chances = (0.45, 0.06, 0.04, 0.45)
    fair = fair_price_of_quarters(*chances)
    assert float(fair) == pytest.approx(1 + (0.45 + 0.02) / (0.45 + 0.03), abs=1e-15)
    assert expected_value_of_quarters(*chances, fair) == pytest.approx(0.0, abs=1e-15)
    exact = 0.48 * 0.95 - 0.47
    assert expected_value_of_quarters(*chances, 1.95) == pytest.approx(exact, abs=1e-15)
