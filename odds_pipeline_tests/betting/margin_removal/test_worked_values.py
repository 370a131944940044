"""Every worked value of margin removal in the reference, and the properties of every method."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odds_pipeline.betting.margin_removal.methods import METHODS, STORED, remove_margin
from odds_pipeline.betting.margin_removal.worst_case import worst_case
from odds_pipeline.betting.odds_arrays import decimal_from_american
from odds_pipeline_tests.betting.margin_removal.markets import random_markets

DISTRIBUTIONS = [name for name in METHODS if name != "worst_case"]
ALWAYS = ("multiplicative", "power", "odds_ratio", "shin", "probit")
CLARKE = [1 / r for r in (0.87, 0.2, 0.1, 0.05, 0.02, 0.01)]
PRICES = st.lists(st.floats(1.02, 200.0), min_size=2, max_size=12)


@pytest.mark.parametrize(
    ("prices", "method", "expected", "parameter"),
    [
        ([2.6, 2.4, 4.3], "shin", (0.372994060, 0.404779411, 0.222226529), 0.016942513),
        ([2.6, 2.4, 4.3], "power", (0.372984404, 0.405107167, 0.221908428), 1.032136954),
        ([2.6, 2.4, 4.3], "odds_ratio", (0.372428651, 0.404131304, 0.223440045), 1.053173789),
        ([4.2, 3.7, 1.95], "multiplicative", (0.233155599, 0.264663112, 0.502181289), 1.021186021),
        ([4.2, 3.7, 1.95], "additive", (0.231033231, 0.263208263, 0.505758506), 0.007062007),
        ([4.2, 3.7, 1.95], "power", (0.231140980, 0.263064092, 0.505794928), 1.020655875),
        ([4.2, 3.7, 1.95], "shin", (0.231571959, 0.263574496, 0.504853545), 0.010608058),
        ([4.2, 3.7, 1.95], "odds_ratio", (0.232004527, 0.263641296, 0.504354177), 1.034456476),
        ([4.2, 3.7, 1.95], "goto", (0.230469695, 0.262807476, 0.506722829), 0.008736157),
        (CLARKE, "power", (0.825750, 0.109403, 0.042185, 0.016267, 0.004615, 0.001780), 1.374838),
        (CLARKE, "shin", (0.768786, 0.147486, 0.058968, 0.020021, 0.003766, 0.000971), 0.081503),
    ],
)
def test_worked_values(
    prices: list[float], method: str, expected: tuple[float, ...], parameter: float
) -> None:
    fair = remove_margin(prices, method)
    within = 1e-6 if prices is CLARKE else 1e-9
    assert fair.probabilities.tolist() == pytest.approx(expected, abs=within)
    assert float(fair.parameter) == pytest.approx(parameter, abs=within)


@pytest.mark.parametrize(
    ("prices", "order", "expected"),
    [
        (
            [-500, 375],
            ("multiplicative", "additive", "shin", "probit", "odds_ratio", "power", "goto"),
            (0.79832, 0.81140, 0.81140, 0.81219, 0.81239, 0.81882, 0.81953),
        ),
        (
            [-200, 170],
            ("multiplicative", "additive", "probit", "odds_ratio", "power", "goto"),
            (0.6429, 0.6481, 0.6483, 0.6484, 0.6508, 0.6511),
        ),
        ([-110, -110], DISTRIBUTIONS, (0.5,) * len(DISTRIBUTIONS)),
    ],
)
def test_a_favourite_by_every_method(
    prices: list[int], order: tuple[str, ...], expected: tuple[float, ...]
) -> None:
    found = [remove_margin(decimal_from_american(prices), m).probabilities[0] for m in order]
    places = 4 if prices == [-200, 170] else 5
    assert np.round(found, places).tolist() == pytest.approx(expected, abs=1e-12)


def test_penaltyblogs_published_values() -> None:
    prices = [2.7, 2.3, 4.4]
    for method, expected in {
        "multiplicative": (0.358738, 0.421127, 0.220135),
        "power": (0.359171, 0.423731, 0.217098),
        "shin": (0.359344, 0.423244, 0.217412),
    }.items():
        assert remove_margin(prices, method).probabilities == pytest.approx(expected, abs=5e-7)
    assert remove_margin(prices, "power").parameter == pytest.approx(1.030913, abs=5e-7)
    assert remove_margin(prices, "shin").parameter == pytest.approx(0.016236, abs=5e-7)


@pytest.mark.parametrize("method", ["additive", "goto"])
def test_a_market_without_a_proper_solution_is_null_not_negative(method: str) -> None:
    assert np.isnan(remove_margin(CLARKE, method).probabilities).all()
    assert np.isnan(remove_margin(CLARKE, method).parameter)


@pytest.mark.parametrize("method", DISTRIBUTIONS)
@pytest.mark.parametrize("outcomes", [2, 3, 7, 40])
def test_sums_to_one_and_survives_permutation(method: str, outcomes: int) -> None:
    prices = random_markets(400, outcomes, (0.97, 1.6))
    fair = remove_margin(prices, method)
    solved = np.isfinite(fair.parameter)
    assert solved.all() or method in ("additive", "goto")
    kept = fair.probabilities[solved]
    assert np.abs(kept.sum(axis=1) - 1.0).max(initial=0.0) <= 1e-12
    assert (kept > 0.0).all()
    assert (kept < 1.0).all()
    order = np.random.default_rng(3).permutation(outcomes)
    shuffled = remove_margin(prices[:, order], method).probabilities
    np.testing.assert_allclose(shuffled, fair.probabilities[:, order], rtol=0, atol=2e-14)


@pytest.mark.parametrize("method", DISTRIBUTIONS)
def test_a_lower_price_means_a_higher_probability(method: str) -> None:
    prices = np.sort(random_markets(300, 6, (1.01, 1.3)), axis=1)
    fair = remove_margin(prices, method).probabilities
    assert (np.diff(fair[np.isfinite(fair[:, 0])], axis=1) <= 1e-15).all()


@pytest.mark.parametrize("method", DISTRIBUTIONS)
def test_shortening_one_price_raises_its_probability(method: str) -> None:
    prices = random_markets(300, 4, (1.01, 1.2))
    shorter = prices.copy()
    shorter[:, 0] = 1.0 + 0.98 * (prices[:, 0] - 1.0)
    before, after = (remove_margin(p, method).probabilities[:, 0] for p in (prices, shorter))
    both = np.isfinite(before) & np.isfinite(after)
    assert both.sum() > 100
    assert (after[both] > before[both]).all()


@given(PRICES)
@settings(max_examples=60)
def test_methods_with_a_solution_for_every_market(prices: list[float]) -> None:
    for method in ALWAYS:
        fair = remove_margin(prices, method).probabilities
        assert np.abs(fair.sum() - 1.0) <= 1e-12
        assert (fair > 0.0).all()
        assert (fair < 1.0).all()


def test_extreme_markets_are_solved_too() -> None:
    shares = [1e-6, 1e-3, 0.2, 0.9, 0.999, 1.0 - 1e-9]
    for outcomes in (2, 3, 4):
        implied = np.array(list(itertools.product(shares, repeat=outcomes)))
        sure = (implied > 0.8).sum(axis=1)
        for method in ALWAYS:
            fair = remove_margin(1.0 / implied, method).probabilities
            sums = fair.sum(axis=1)
            # Two near-certain outcomes leave the others less than the smallest number, or z at 1.
            solved = np.isfinite(sums) | ((sure > 1) & (method in ("power", "shin")))
            assert solved.all()
            assert np.nanmax(np.abs(sums - 1.0)) <= 1e-12


def test_shin_is_additive_for_two_outcomes() -> None:
    prices = random_markets(2000, 2, (0.9, 1.9))
    shin, additive = (remove_margin(prices, m).probabilities for m in ("shin", "additive"))
    np.testing.assert_allclose(shin, additive, rtol=0, atol=1e-15)


def test_shins_two_outcome_form_solves_shins_equation() -> None:
    prices = random_markets(500, 2, (0.95, 1.5))
    fair, z = remove_margin(prices, "shin")
    implied = 1.0 / prices
    booksum = implied.sum(axis=1)
    z = z[:, None]
    left = (1.0 - z) * fair**2 + z * fair
    np.testing.assert_allclose(left, implied**2 / booksum[:, None], rtol=0, atol=1e-14)


def test_shins_inverse_gives_the_prices_back() -> None:
    prices = random_markets(500, 5, (0.97, 1.5))
    fair, z = remove_margin(prices, "shin")
    roots = np.sqrt(z[:, None] * fair + (1.0 - z[:, None]) * fair**2)
    implied = roots * roots.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(implied, 1.0 / prices, rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", [m for m in DISTRIBUTIONS if m != "shin"])
@pytest.mark.parametrize("winners", [2.0, 3.0])
def test_several_winners(method: str, winners: float) -> None:
    prices = random_markets(300, 8, (0.5, 0.7))  # several winners: their booksums come on top
    prices = 1.0 / np.minimum(winners * 1.6 / prices, 0.97)
    fair = remove_margin(prices, method, winners).probabilities
    solved = fair[np.isfinite(fair[:, 0])]
    assert len(solved) > 50
    assert np.abs(solved.sum(axis=1) - winners).max() <= 1e-12
    assert (solved < 1.0).all()


def test_the_worst_case_is_the_least_of_all_and_sums_below_one() -> None:
    prices = random_markets(300, 3, (1.02, 1.1))
    worst = worst_case(prices).probabilities
    others = np.stack([remove_margin(prices, m).probabilities for m in (*STORED, "probit")])
    np.testing.assert_array_equal(worst, np.nanmin(others, axis=0))
    assert (worst.sum(axis=1) <= 1.0 + 1e-12).all()


def test_a_broken_market_is_null_and_its_neighbours_are_not() -> None:
    table = [
        [2.0, 2.0, 4.0],
        [np.nan, 2.0, 2.0],
        [1.0, 2.0, 2.0],
        [0.5, 3.0, 3.0],
        [9, 1.3, np.inf],
    ]
    for method in METHODS:
        fair = remove_margin(table, method).probabilities
        assert np.isfinite(fair).all(axis=1).tolist() == [True, False, False, False, False]
        assert np.isnan(fair[1:]).all()


def test_a_one_sided_market_is_null() -> None:
    for method in METHODS:
        assert np.isnan(remove_margin([1.9], method).probabilities).all()
        assert np.isnan(remove_margin([1.9, np.nan], method).probabilities).all()


def test_wrong_questions_are_named() -> None:
    with pytest.raises(ValueError, match="unknown margin removal 'magic'; choose from mult"):
        remove_margin([2.0, 2.0], "magic")
    with pytest.raises(ValueError, match="Shin's model has one winner, not 2"):
        remove_margin([2.0, 2.0, 2.0], "shin", 2)
    with pytest.raises(ValueError, match="between 0 and the 2 outcomes, not 2"):
        remove_margin([2.0, 2.0], "power", 2)
    with pytest.raises(ValueError, match="array of prices"):
        remove_margin(2.0)


def test_shapes_are_kept() -> None:
    prices = random_markets(24, 3, (1.02, 1.05))[:24].reshape(2, 3, 4, 3)
    for method in METHODS:
        fair = remove_margin(prices, method)
        assert fair.probabilities.shape == (2, 3, 4, 3)
        assert fair.parameter.shape == (2, 3, 4)
    assert remove_margin(np.empty((0, 3)), "power").probabilities.shape == (0, 3)
