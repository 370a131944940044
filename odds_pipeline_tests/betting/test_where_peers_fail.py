"""Where other libraries were seen to be wrong (reference/maths.md 13), ours is right."""

import numpy as np
import pytest
import shin

from odds_pipeline.betting import odds
from odds_pipeline.betting.kelly.exclusive import exclusive_kelly
from odds_pipeline.betting.kelly.single import kelly_fraction
from odds_pipeline.betting.margin import market_fault
from odds_pipeline.betting.margin_removal.methods import METHODS, remove_margin
from odds_pipeline.betting.odds_arrays import decimal_from_american
from odds_pipeline_tests.betting.margin_removal.markets import random_markets


def test_shin_under_round() -> None:
    """The package shin sums to 0.84 here, penaltyblog and R implied refuse."""
    prices = [3.2, 3.2, 3.2]
    assert abs(sum(shin.calculate_implied_probabilities(prices)) - 1) > 0.1
    found = remove_margin(prices, "shin")
    assert found.probabilities.tolist() == pytest.approx([1 / 3] * 3, abs=1e-15)
    assert found.parameter < 0
    many = remove_margin(random_markets(400, 3, (0.985, 0.995)), "shin").probabilities
    assert np.abs(many.sum(axis=1) - 1).max() <= 1e-12


def test_shin_with_a_large_margin() -> None:
    """The package shin is NaN here."""
    found = remove_margin([1.2, 1.3, 1.4], "shin")
    assert found.parameter == pytest.approx(0.660976, abs=5e-7)
    assert found.probabilities.tolist() == pytest.approx([0.379576, 0.330401, 0.290023], abs=5e-7)


def test_shin_of_many_runners_keeps_their_order() -> None:
    """goto_conversion's efficient_shin_conversion is non-monotone in 397 of 400 such books."""
    prices = np.sort(random_markets(400, 20, (1.1, 1.4)), axis=1)
    found = remove_margin(prices, "shin").probabilities
    assert (np.diff(found, axis=1) <= 0).all()
    balanced = remove_margin([4.2, 3.7, 1.95], "shin").probabilities[0]
    assert balanced == pytest.approx(0.231571959, abs=1e-9)  # theirs is 0.229938


def test_longshots_are_never_negative() -> None:
    """penaltyblog returns negative additive probabilities for 389 of 400 such books."""
    prices = random_markets(400, 12, (1.1, 1.3))
    for method in METHODS:
        found = remove_margin(prices, method).probabilities
        assert not (found <= 0).any()
    assert np.isnan(remove_margin(prices, "additive").parameter).mean() > 0.3


def test_a_price_of_one_is_named() -> None:
    """penaltyblog's power answers k = 100 for (1.0, 20), its odds ratio raises."""
    assert market_fault([1.0, 20.0]) == "price not above 1"
    for method in METHODS:
        assert np.isnan(remove_margin([1.0, 20.0], method).probabilities).all()


@pytest.mark.parametrize("price", [-99, 50, 0])
def test_american_prices_that_cannot_be(price: int) -> None:
    """penaltyblog converts -99 and 50 and divides by 0, goto_conversion converts 0 and 50."""
    with pytest.raises(ValueError, match="impossible zone"):
        odds.decimal_from_american(price)
    assert np.isnan(decimal_from_american(price))


@pytest.mark.parametrize("text", ["-1/2", "5/0"])
def test_fractions_that_cannot_be(text: str) -> None:
    """penaltyblog converts -1/2 and divides by 0 at 5/0; it has no evens either."""
    with pytest.raises(ValueError, match="fractional price"):
        odds.decimal_from_fractional(text)
    assert odds.decimal_from_fractional("EVS") == 2.0


def test_stakes_are_not_capped_in_secret() -> None:
    """penaltyblog's multiple_kelly caps every stake at 0.5."""
    assert kelly_fraction(0.95, 1.5) == pytest.approx(0.85, abs=1e-12)
    both = exclusive_kelly([0.9, 0.1], [1.5, 20.0])
    assert both.stakes.tolist() == pytest.approx([0.9, 0.1], abs=1e-12)


def test_the_callers_prices_are_left_alone() -> None:
    """goto_conversion converts the caller's list in place."""
    prices = np.array([1.9, 1.9, np.nan])
    for method in METHODS:
        remove_margin(prices, method)
        remove_margin(prices[:2], method)
    assert prices[:2].tolist() == [1.9, 1.9]


def test_sums_are_one_without_a_last_renormalisation() -> None:
    """R implied's 20-runner Shin sums to 1.00102 before it renormalises, power is off by 1e-6."""
    prices = random_markets(100, 20, (1.1, 1.4))
    for method in ("power", "odds_ratio", "shin", "probit"):
        sums = remove_margin(prices, method).probabilities.sum(axis=1)
        assert np.abs(sums - 1).max() <= 1e-12


def test_nothing_fails_over_the_whole_range() -> None:
    """The bar: no failure for booksums from 0.97 to 3 and up to 40 outcomes."""
    draw = np.random.default_rng(17)
    for outcomes in (2, 3, 10, 40):
        implied = draw.dirichlet(np.ones(outcomes), 500) * draw.uniform(0.97, 3.0, (500, 1))
        implied = np.clip(implied, 1e-4, 0.99)
        for method in ("multiplicative", "power", "odds_ratio", "shin", "probit"):
            found = remove_margin(1 / implied, method).probabilities
            assert np.isfinite(found).all()
            assert np.abs(found.sum(axis=1) - 1).max() <= 1e-12
