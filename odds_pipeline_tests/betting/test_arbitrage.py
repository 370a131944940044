"""Arbitrage, rounded stakes and back-lay."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odds_pipeline.betting.arbitrage import arbitrage, back_lay, best_prices, rounded_stakes
from odds_pipeline.betting.odds_arrays import decimal_from_american

PAIR = decimal_from_american([110, -102])


def test_worked_arbitrage() -> None:
    found = arbitrage(PAIR)
    assert found.booksum == pytest.approx(0.981141, abs=5e-7)
    assert (1000 * found.shares).tolist() == pytest.approx([485.34, 514.66], abs=5e-3)
    assert 1000 * found.profit == pytest.approx(19.22, abs=5e-3)


@pytest.mark.parametrize(
    ("step", "profit", "stakes"), [(1, 19.0, [480, 509]), (5, 18.5, None), (10, 18.0, None)]
)
def test_worked_rounding(step: float, profit: float, stakes: list[float] | None) -> None:
    found = rounded_stakes(PAIR, 1000, step)
    assert found.profit == profit
    assert stakes is None or found.stakes.tolist() == stakes
    assert found.total == found.stakes.sum() <= 1000


def best_by_brute_force(cents: list[int], total: int, step: int) -> int:
    """Greatest worst-case profit in cents over every set of stakes, in whole numbers."""
    whole = np.arange(0, total + 1, step)
    stakes = np.stack(np.meshgrid(*[whole] * len(cents), indexing="ij"), axis=-1)
    stakes = stakes.reshape(-1, len(cents))
    stakes = stakes[stakes.sum(axis=1) <= total]
    return int(((stakes * cents).min(axis=1) - 100 * stakes.sum(axis=1)).max())


@given(
    st.lists(st.integers(101, 160), min_size=2, max_size=3),
    st.integers(10, 60),
    st.integers(1, 5),
)
@settings(max_examples=60, deadline=None)
def test_rounded_stakes_are_the_best_of_all_by_brute_force(
    profits: list[int], total: int, step: int
) -> None:
    cents = [100 + profit * (len(profits) - 1) for profit in profits]
    found = rounded_stakes([price / 100 for price in cents], total, step)
    assert round(100 * found.profit) == best_by_brute_force(cents, total, step)
    stakes = found.stakes.astype(int)
    worst = (stakes * np.array(cents)).min() - 100 * stakes.sum()
    assert worst >= round(100 * found.profit)


def test_every_outcome_pays_at_least_the_stated_profit_to_the_cent() -> None:
    draw = np.random.default_rng(5)
    for _ in range(300):
        count = int(draw.integers(2, 6))
        shares = draw.dirichlet(np.full(count, 3.0)) * draw.uniform(0.9, 0.999)
        prices = [Fraction(round(100 / share), 100) for share in shares]
        if min(prices) <= 1:
            continue
        step, fee = draw.choice([0.01, 1, 5]), Fraction(int(draw.integers(0, 3)), 100)
        found = rounded_stakes([float(p) for p in prices], 5000, step, float(fee))
        paid = [1 + (price - 1) * (1 - fee) for price in prices]
        stakes = [Fraction(float(stake)).limit_denominator(100) for stake in found.stakes]
        worst = min(s * p for s, p in zip(stakes, paid, strict=True)) - sum(stakes)
        assert worst >= Fraction(found.profit).limit_denominator(100)
        ideal = 5000 * float(arbitrage([float(p) for p in prices], float(fee)).profit)
        assert found.profit <= max(ideal, 0.0) + 1e-6


def test_limits_and_own_steps_of_each_leg() -> None:
    found = rounded_stakes(PAIR, 10_000, step=[1, 5], limits=[200, np.inf])
    assert found.stakes[0] <= 200
    assert found.stakes[1] % 5 == 0
    assert found.profit > 0
    nearest = rounded_stakes(PAIR, 10_000, step=[1, 5])
    assert nearest.profit > found.profit


def test_a_thin_arbitrage_that_rounding_would_lose_gives_no_stakes() -> None:
    prices = [2.001, 2.001]
    found = rounded_stakes(prices, 100, step=40)
    assert found.profit == pytest.approx(0.04)
    thin = rounded_stakes([1.505, 2.985], 30, step=10)
    assert thin.profit == 0.0
    assert thin.stakes.tolist() == [0.0, 0.0]
    assert rounded_stakes([1.9, 1.9], 1000).stakes.tolist() == [0.0, 0.0]


def test_the_hedge_on_which_a_peer_loses_money() -> None:
    """penaltyblog's arbitrage_hedge([100, 0], [3, 2.5], [3, 2.5]) answers a loss of 79.5.

    With 100 already on the first outcome at 3.0, 120 on the second at 2.5 gives 80 either way.
    """
    hedge = 100 * 3.0 / 2.5
    assert min(100 * 3.0, hedge * 2.5) - 100 - hedge == pytest.approx(80.0)
    fresh = rounded_stakes([3.0, 2.5], 220, step=1)
    assert fresh.stakes.tolist() == [100.0, 120.0]
    assert fresh.profit == 80.0


def test_commission_can_undo_an_arbitrage() -> None:
    assert arbitrage([2.02, 2.02]).profit > 0
    assert arbitrage([2.02, 2.02], 0.05).profit < 0
    assert rounded_stakes([2.02, 2.02], 1000, commission=0.05).profit == 0.0


def test_worked_back_lay() -> None:
    found = back_lay(2.20, 2.10, 100, 0.02)
    assert found.lay_stake == pytest.approx(105.769, abs=5e-4)
    assert found.profit == pytest.approx(3.654, abs=5e-4)
    won = 100 * 1.2 - found.liability
    lost = found.lay_stake * 0.98 - 100
    assert won == pytest.approx(float(lost), abs=1e-12)


def test_best_prices_name_their_books() -> None:
    table = [[2.0, np.nan, 3.1], [2.1, np.nan, 3.0], [1.0, np.nan, np.inf]]
    found = best_prices(table)
    assert found.books.tolist() == [1, -1, 0]
    assert found.prices[[0, 2]].tolist() == [2.1, 3.1]
    assert np.isnan(found.prices[1])
    assert np.isnan(arbitrage(found.prices).profit)


def test_wrong_legs_are_named() -> None:
    with pytest.raises(ValueError, match="at least two outcomes"):
        rounded_stakes([2.0], 100)
    with pytest.raises(ValueError, match="above 1"):
        rounded_stakes([2.0, 1.0], 100)
    with pytest.raises(ValueError, match="positive"):
        rounded_stakes([2.0, 2.5], 100, step=0)
