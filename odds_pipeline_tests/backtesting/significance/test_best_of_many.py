"""The best of many, against an independent package's figures and against luck itself."""

import numpy as np
import pytest

from odds_pipeline.backtesting.significance.best_of_many import best_of_many
from odds_pipeline.backtesting.significance.resampling import independent_days, stationary_blocks


def _series(block: int) -> np.ndarray:
    """Deterministic returns, scaled to a long-run variance of one each."""
    day, k = np.arange(250.0)[:, None], np.arange(20.0)[None, :]
    series = np.sin(day * (k + 1.7) * 0.731 + k) * 1.3 + np.cos(day * day * 0.013 * (k + 1))
    series = series + np.linspace(-0.12, 0.045, 20)
    centred = series - series.mean(axis=0)
    variance = (centred**2).sum(axis=0) / 250
    for lag in range(1, 250):
        kept = (1 - 1 / block) ** lag
        weight = (1 - lag / 250) * kept + lag / 250 * (1 - 1 / block) ** (250 - lag)
        variance += 2 * weight * (centred[:-lag] * centred[lag:]).sum(axis=0) / 250
    return np.asarray(series / np.sqrt(variance))


@pytest.mark.parametrize(
    ("block", "lower", "consistent", "upper"),
    [(5, 0.12185, 0.27365, 0.29535), (10, 0.0689, 0.1604, 0.18125)],
)
def test_agrees_with_package_arch(
    block: int, lower: float, consistent: float, upper: float
) -> None:
    """Figures of arch 8's SPA, stationary bootstrap, 20,000 draws; it does not studentise."""
    found = best_of_many(_series(block), block, draws=20_000)
    error = 4 * (0.25 / 20_000) ** 0.5 * 2**0.5
    assert found.lower == pytest.approx(lower, abs=error)
    assert found.consistent == pytest.approx(consistent, abs=error)
    assert found.upper == pytest.approx(upper, abs=error)
    assert found.reality_check == pytest.approx(upper, abs=error)


def test_luck_is_seldom_called_skill_and_skill_is_found() -> None:
    """Over forty sweeps of fifty strategies without skill few pass; a planted one does."""
    generator = np.random.default_rng(20261128)
    passed = 0
    for seed in range(40):
        luck = generator.normal(0.0, 1.0, (200, 50))
        passed += best_of_many(luck, 1.0, draws=300, seed=seed).consistent < 0.05
    # More than seven of forty at 5 % has a chance below one in a thousand.
    assert passed <= 7
    luck[:, 7] += 0.4
    assert best_of_many(luck, 1.0, draws=300).consistent < 0.01


def test_a_strategy_that_never_bets_changes_nothing() -> None:
    series = _series(5)
    idle = np.column_stack([series, np.zeros(250)])
    assert best_of_many(idle, 5.0, draws=200) == best_of_many(series, 5.0, draws=200)
    for wrong in (np.zeros((10, 3)), np.zeros(10)):
        with pytest.raises(ValueError, match=r"vary|days"):
            best_of_many(wrong, 5.0)


def test_draws_are_of_whole_days_and_repeat_with_their_seed() -> None:
    for counts in (
        independent_days(30, 50, seed=1),
        stationary_blocks(30, 50, mean_length=4.0, seed=1),
    ):
        assert counts.shape == (50, 30)
        assert (counts.sum(axis=1) == 30).all()
    first = stationary_blocks(30, 50, 4.0, seed=1)
    assert (first == stationary_blocks(30, 50, 4.0, seed=1)).all()
    assert (first != stationary_blocks(30, 50, 4.0, seed=2)).any()
    # A block longer than the series is the series, turned round: each day once.
    assert (stationary_blocks(30, 20, 1e12, seed=3) == 1.0).all()
    with pytest.raises(ValueError, match="day"):
        stationary_blocks(30, 20, 0.5, seed=3)
