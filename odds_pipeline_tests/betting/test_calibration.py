"""How good probabilities are, against scipy, and on a market with a known bias."""

import numpy as np
import pytest
from scipy import stats

from odds_pipeline.betting.calibration import (
    brier_scores,
    brier_scores_of_outcome,
    calibration_z,
    compare_methods,
    expected_calibration_error,
    log_losses,
    mean_loss,
    paired_difference,
    ranked_probability_scores,
    reliability,
    wilson_interval,
)
from odds_pipeline.betting.margin_removal.methods import STORED, remove_margin

FAIR = np.array([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5], [np.nan, np.nan, np.nan], [0.6, 0.3, 0.1]])
WON = np.array([0, 2, 1, -1])


def test_losses_by_hand() -> None:
    assert log_losses(FAIR, WON)[:2] == pytest.approx(np.log(2))
    assert np.isnan(log_losses(FAIR, WON)[2:]).all()
    assert mean_loss(log_losses(FAIR, WON)) == pytest.approx(np.log(2))
    assert brier_scores(FAIR, WON)[0] == pytest.approx(0.25 + 0.09 + 0.04)
    assert ranked_probability_scores(FAIR, WON)[0] == pytest.approx((0.25 + 0.04) / 2)
    assert np.isnan(ranked_probability_scores(FAIR, WON)[3])
    assert brier_scores_of_outcome([0.7, 0.2], [1, 0]).tolist() == pytest.approx([0.09, 0.04])
    assert log_losses([[0.0, 1.0]], [0])[0] == pytest.approx(-np.log(1e-15))


def test_paired_difference_is_scipys_paired_t_test() -> None:
    draw = np.random.default_rng(1)
    one, other = draw.normal(0.69, 0.1, 200), draw.normal(0.7, 0.1, 200)
    expected = stats.ttest_rel(one, other)
    found = paired_difference(np.append(one, np.nan), np.append(other, 1.0))
    assert found.t == pytest.approx(expected.statistic)
    assert found.games == 200
    assert found.lower < found.mean < found.upper
    assert np.isnan(paired_difference([1.0], [0.5]).t)


def test_wilson_is_scipys() -> None:
    lower, upper = wilson_interval(0.3, 40)
    expected = stats.binomtest(12, 40).proportion_ci(method="wilson")
    assert (float(lower), float(upper)) == pytest.approx((expected.low, expected.high))


def test_reliability_of_honest_probabilities() -> None:
    draw = np.random.default_rng(2)
    stated = draw.uniform(0, 1, 20_000)
    happened = draw.uniform(0, 1, 20_000) < stated
    found = reliability(stated, happened, 20)
    assert found.number.sum() == 20_000
    inside = (found.lower <= found.stated) & (found.stated <= found.upper)
    assert inside.mean() >= 0.85
    assert expected_calibration_error(found) < 0.02
    assert abs(calibration_z(stated, happened)) < 3
    assert calibration_z(stated * 0.9, happened) > 10


@pytest.mark.parametrize("truth", ["power", "multiplicative", "shin"])
def test_methods_are_ranked_right_on_a_market_of_known_bias(truth: str) -> None:
    """Results drawn from one method's probabilities: that method must come out best."""
    draw = np.random.default_rng(6)
    implied = draw.dirichlet([4, 2, 1], 40_000) * 1.10
    prices = 1 / implied[(implied < 0.95).all(axis=1) & (implied > 0.03).all(axis=1)]
    fair = {method: remove_margin(prices, method).probabilities for method in STORED}
    cumulated = fair[truth].cumsum(axis=1)
    won = (cumulated < draw.uniform(0, 1, (len(prices), 1))).sum(axis=1)
    losses = {method: log_losses(p, won) for method, p in fair.items()}
    known = np.isfinite(np.stack(list(losses.values()))).all(axis=0)
    assert min(losses, key=lambda method: mean_loss(losses[method][known])) == truth
    others = compare_methods(losses, truth)
    assert truth not in others
    assert all(found.mean > 0 for found in others.values())
