"""Scalar odds conversion."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.betting.odds import (
    american_from_decimal,
    decimal_from_american,
    decimal_from_fractional,
    fractional_from_decimal,
    implied_probability,
)

AMERICAN = st.integers(100, 10_000_000).flatmap(lambda a: st.sampled_from((a, -a)))


@given(AMERICAN)
def test_american_integers_round_trip(price: int) -> None:
    expected = 100 if price == -100 else price
    assert american_from_decimal(decimal_from_american(price)) == expected


def test_every_small_american_integer_round_trips() -> None:
    for size in range(101, 20_001):
        for price in (size, -size):
            assert american_from_decimal(decimal_from_american(price)) == price


@pytest.mark.parametrize(
    ("american", "decimal"),
    [(150, 2.5), (100, 2.0), (-100, 2.0), (-110, 1 + 100 / 110), (-200, 1.5), (-10000, 1.01)],
)
def test_worked_values(american: int, decimal: float) -> None:
    assert decimal_from_american(american) == pytest.approx(decimal, abs=1e-15)


@pytest.mark.parametrize("price", [0, 8, -99, 99.9])
def test_impossible_zone_is_refused_by_name(price: float) -> None:
    with pytest.raises(ValueError, match=f"American price {price:g} is in the impossible zone"):
        decimal_from_american(price)


@pytest.mark.parametrize("price", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused(price: float) -> None:
    with pytest.raises(ValueError, match="not finite"):
        decimal_from_american(price)
    with pytest.raises(ValueError, match="not finite"):
        american_from_decimal(price)
    with pytest.raises(ValueError, match="not finite"):
        implied_probability(price)


def test_price_one_has_no_american_form() -> None:
    assert american_from_decimal(1.0) is None
    assert implied_probability(1.0) == 1.0


def test_just_below_evens_reads_as_plus_100() -> None:
    assert american_from_decimal(1.9999999) == 100
    assert american_from_decimal(2.0) == 100


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("5/2", 3.5),
        ("5-2", 3.5),
        ("EVS", 2.0),
        ("evens", 2.0),
        (" 1 / 4 ", 1.25),
        ("100/30", 13 / 3),
    ],
)
def test_fractional_prices_as_written(text: str, decimal: float) -> None:
    assert decimal_from_fractional(text) == pytest.approx(decimal, abs=1e-15)


@pytest.mark.parametrize("text", ["5/0", "0/5", "-1/2", "5", "", "a/b", "5/2/1", "1.5/2"])
def test_what_is_no_fraction_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="fractional price"):
        decimal_from_fractional(text)


@given(st.integers(1, 500), st.integers(1, 100))
def test_fractional_prices_come_back_in_lowest_terms(profit: int, stake: int) -> None:
    expected = Fraction(profit, stake)
    text = fractional_from_decimal(decimal_from_fractional(f"{profit}/{stake}"))
    assert text == f"{expected.numerator}/{expected.denominator}"


def test_a_decimal_price_without_profit_has_no_fraction() -> None:
    with pytest.raises(ValueError, match="not above 1"):
        fractional_from_decimal(1.0)
