"""Kelly stakes against worked values, brute optimisation and limits."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize, minimize_scalar
from scipy.stats import multivariate_normal, norm

from odds_pipeline.betting.kelly.exclusive import exclusive_kelly
from odds_pipeline.betting.kelly.simultaneous import simultaneous_kelly
from odds_pipeline.betting.kelly.single import drawdown_probability, growth, kelly_fraction
from odds_pipeline.betting.kelly.states import (
    States,
    correlated_states,
    independent_states,
    joint_probability,
)

AT_110 = 1 + 100 / 110


def test_stake_at_minus_110() -> None:
    assert 10_000 * kelly_fraction(0.55, AT_110, fraction=0.25) == pytest.approx(137.5, abs=1e-9)
    assert kelly_fraction(0.55, AT_110) == pytest.approx(0.055, abs=1e-12)
    assert kelly_fraction(0.5, AT_110) == 0.0


def test_growth_at_fractions_of_kelly() -> None:
    full = growth(kelly_fraction(0.55, 2.0), 0.55, 2.0)
    fractions = np.array([0.25, 0.5, 0.75])
    ratios = growth(fractions * 0.1, 0.55, 2.0) / full
    assert ratios.tolist() == pytest.approx([0.43685, 0.74927, 0.93717], abs=5e-6)
    assert growth(0.2, 0.55, 2.0) == pytest.approx(-0.000138, abs=5e-7)
    assert growth(1.0, 0.55, 2.0) == -np.inf


def test_push_and_commission_maximise_growth() -> None:
    for won, price, pushed, fee in [
        (0.5, 2.1, 0.05, 0.0),
        (0.45, 2.4, 0.1, 0.02),
        (0.2, 7, 0, 0.05),
    ]:
        stake = kelly_fraction(won, price, pushed, fee)
        best = minimize_scalar(
            lambda f, w=won, d=price, s=pushed, c=fee: -growth(f, w, d, s, c),
            bounds=(0, 0.9),
            method="bounded",
            options={"xatol": 1e-12},
        )
        assert float(stake) == pytest.approx(best.x, abs=1e-7)
        net = (price - 1) * (1 - fee)
        slope = won * net / (1 + net * stake) - (1 - won - pushed) / (1 - stake)
        assert slope == pytest.approx(0.0, abs=1e-12)


def test_caps_come_after_the_fraction() -> None:
    assert kelly_fraction(0.95, 1.5) == pytest.approx(0.85, abs=1e-12)  # a peer answers 0.5
    assert kelly_fraction(0.95, 1.5, fraction=0.5, cap=0.4) == 0.4
    assert kelly_fraction(0.95, 1.5, fraction=0.25, cap=0.4) == pytest.approx(0.2125, abs=1e-12)
    assert np.isnan(kelly_fraction(0.5, np.nan))
    with pytest.raises(ValueError, match="cap must lie"):
        kelly_fraction(0.5, 2.0, cap=1.5)


def test_drawdown() -> None:
    assert drawdown_probability(0.5, [1, 0.5, 0.25]).tolist() == [0.5, 0.125, 0.0078125]


def test_worked_exclusive_stakes() -> None:
    found = exclusive_kelly([0.45, 0.30, 0.25], [2.5, 3.2, 2.8])
    assert found.stakes.tolist() == pytest.approx([0.102174, 0.028261, 0.0], abs=5e-7)
    assert found.reserve == pytest.approx(0.869565, abs=5e-7)
    assert found.growth == pytest.approx(0.00581528, abs=5e-9)


def test_an_arbitrage_is_backed_whole() -> None:
    found = exclusive_kelly([[0.9, 0.1], [0.5, 0.5]], [[1.5, 20.0], [2.1, 2.1]])
    assert found.stakes.tolist() == [[0.9, 0.1], [0.5, 0.5]]  # a peer answers 0.5 and 0.075
    assert found.reserve.tolist() == [0.0, 0.0]


def exclusive_growth(stakes: np.ndarray, chances: np.ndarray, prices: np.ndarray) -> float:
    wealth = np.maximum(1.0 - stakes.sum() + stakes * prices, 1e-12)
    return float(chances @ np.log(wealth))


def test_exclusive_stakes_are_optimal() -> None:
    draw = np.random.default_rng(11)
    chances = draw.dirichlet(np.full(4, 2.0), 25)
    prices = 1.0 / (draw.dirichlet(np.full(4, 2.0), 25) * 1.03)
    found = exclusive_kelly(chances, np.maximum(prices, 1.01))
    for row in range(25):
        p, d, f = chances[row], np.maximum(prices[row], 1.01), found.stakes[row]
        wealth = 1.0 - f.sum() + f * d
        assert exclusive_growth(f, p, d) == pytest.approx(float(found.growth[row]), abs=1e-12)
        # The conditions of the optimum: no outcome's stake can be moved for the better.
        slope = p * d / wealth - (p / wealth).sum()
        assert slope[f > 0] == pytest.approx(0.0, abs=1e-9)
        assert (slope[f == 0] <= 1e-9).all()


def test_exclusive_stakes_with_outcomes_nobody_prices() -> None:
    found = exclusive_kelly([0.5, 0.3, 0.2], [2.4, np.nan, 3.0])
    assert found.stakes[1] == 0.0
    assert found.stakes[0] == pytest.approx((0.5 * 2.4 - 1) / 1.4, abs=1e-12)
    with pytest.raises(ValueError, match="above 1"):
        exclusive_kelly([0.7, 0.7], [2.0, 2.0])


@pytest.mark.parametrize(("bets", "expected"), [(1, 0.055), (2, 0.054848), (5, 0.054385)])
def test_worked_independent_stakes(bets: int, expected: float) -> None:
    found = simultaneous_kelly(independent_states([0.55] * bets, [AT_110] * bets))
    assert found.stakes.tolist() == pytest.approx([expected] * bets, abs=5e-7)


@pytest.mark.parametrize(("rho", "expected"), [(0.3, 0.045981), (-0.3, 0.067934)])
def test_worked_correlated_stakes(rho: float, expected: float) -> None:
    states = correlated_states([0.55] * 2, [AT_110] * 2, [[1, rho], [rho, 1]])
    assert simultaneous_kelly(states).stakes.tolist() == pytest.approx([expected] * 2, abs=5e-7)


def test_worked_stakes_under_a_total() -> None:
    states = independent_states([0.6, 0.58, 0.56], [2.0] * 3)
    found = simultaneous_kelly(states, total=0.2)
    assert found.stakes.tolist() == pytest.approx([0.107837, 0.066442, 0.025721], abs=5e-7)
    free = simultaneous_kelly(states)
    scaled = free.stakes * 0.2 / free.stakes.sum()
    assert found.growth > States(*states).weights @ np.log(1 + states.returns @ scaled)


def slopes(states: States, stakes: np.ndarray) -> np.ndarray:
    return np.asarray(states.weights @ (states.returns / (1 + states.returns @ stakes)[:, None]))


def test_simultaneous_stakes_meet_the_conditions_of_the_optimum() -> None:
    draw = np.random.default_rng(2)
    for _ in range(25):
        bets = int(draw.integers(1, 6))
        chances = draw.uniform(0.3, 0.7, bets)
        prices = (1 + draw.uniform(-0.04, 0.1, bets)) / chances
        states = independent_states(chances, prices, push=0.02)
        total, cap = float(draw.choice([0.05, 0.15, 1.0])), float(draw.choice([0.03, 1.0]))
        stakes = simultaneous_kelly(states, total, cap).stakes
        assert stakes.sum() <= total + 1e-12
        assert ((stakes >= 0) & (stakes <= cap + 1e-12)).all()
        slope = slopes(states, stakes)
        free = (stakes > 0) & (stakes < min(cap, total) - 1e-9)
        level = slope[free].mean() if stakes.sum() >= total - 1e-9 and free.any() else 0.0
        assert slope[free] == pytest.approx(level, abs=1e-9)
        if stakes.sum() < total - 1e-9:
            assert (slope[stakes == 0] <= 1e-6).all()
            assert (slope[stakes >= cap - 1e-9] >= -1e-6).all()


def test_a_single_bet_through_the_simultaneous_solver_is_the_single_stake() -> None:
    stakes = simultaneous_kelly(independent_states([0.5], [2.2], push=0.05)).stakes
    assert stakes[0] == pytest.approx(float(kelly_fraction(0.5, 2.2, 0.05)), abs=1e-12)


def test_a_bad_bet_gets_nothing() -> None:
    assert simultaneous_kelly(independent_states([0.4, 0.6], [2.0, 2.0])).stakes[0] == 0.0


@pytest.mark.parametrize("rho", [-0.95, -0.3, 0.0, 0.25, 0.6, 0.99])
def test_joint_probability_by_quadrature(rho: float) -> None:
    h, k = norm.ppf(0.55), norm.ppf(0.3)
    exact, _ = quad(
        lambda x: norm.pdf(x) * norm.cdf((k - rho * x) / np.sqrt(1 - rho**2)),
        -12,
        h,
        epsabs=1e-13,
        limit=400,
        points=[0.0],
    )
    assert joint_probability(0.55, 0.3, rho) == pytest.approx(exact, abs=1e-9)


def test_worked_joint_probabilities() -> None:
    assert joint_probability(0.5, 0.5, 0.3) == pytest.approx(0.298493, abs=5e-7)
    assert joint_probability(0.4, 0.7, 1.0) == pytest.approx(0.4)
    assert joint_probability(0.4, 0.7, -1.0) == pytest.approx(0.1)
    covariance = joint_probability(0.55, 0.60, 0.25) - 0.55 * 0.60
    assert covariance / np.sqrt(0.55 * 0.45 * 0.6 * 0.4) == pytest.approx(0.159, abs=5e-4)
    states = correlated_states([0.5] * 3, [2.0] * 3, np.full((3, 3), 0.3) + 0.7 * np.eye(3))
    every = states.weights[(states.returns > 0).all(axis=1)].sum()
    assert every == pytest.approx(0.197740, abs=2e-6)


def test_drawn_states_have_exact_singles_and_pairs() -> None:
    chances = np.array([0.55, 0.4, 0.62, 0.5])
    matrix = np.full((4, 4), 0.25) + 0.75 * np.eye(4)
    states = correlated_states(chances, np.full(4, 2.0), matrix)
    wins = states.returns > 0
    assert states.weights @ wins == pytest.approx(chances, abs=1e-12)
    both = states.weights @ (wins[:, 0] & wins[:, 2])
    assert both == pytest.approx(float(joint_probability(0.55, 0.62, 0.25)), abs=1e-12)
    every = multivariate_normal(cov=matrix, abseps=1e-7, releps=1e-7).cdf(norm.ppf(chances))
    assert states.weights[wins.all(axis=1)].sum() == pytest.approx(every, abs=3e-4)


def test_correlated_stakes_of_many_bets_agree_with_a_second_route() -> None:
    chances, prices = np.array([0.55, 0.57, 0.53]), np.full(3, AT_110)
    states = correlated_states(chances, prices, np.eye(3))
    exact = independent_states(chances, prices)
    found, expected = (simultaneous_kelly(s).stakes for s in (states, exact))
    assert found == pytest.approx(expected, abs=2e-5)
    second = minimize(
        lambda f: -(exact.weights @ np.log(1 + exact.returns @ f)),
        np.full(3, 0.01),
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-16, "maxiter": 4000},
    )
    assert expected == pytest.approx(second.x, abs=1e-6)


def test_wrong_questions_are_named() -> None:
    with pytest.raises(ValueError, match="not positive semidefinite"):
        correlated_states([0.5] * 3, [2.0] * 3, [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    with pytest.raises(ValueError, match="too many joint results"):
        independent_states([0.5] * 13, [2.0] * 13)
    with pytest.raises(ValueError, match="need a 2 x 2 correlation"):
        correlated_states([0.5] * 2, [2.0] * 2, [[1.0]])
    with pytest.raises(ValueError, match="price above 1"):
        independent_states([0.5], [1.0])
