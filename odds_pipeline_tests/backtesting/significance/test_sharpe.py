"""The values that the papers print."""

import numpy as np
import pytest
from scipy import stats

from odds_pipeline.backtesting.significance.sharpe import (
    Shape,
    deflated_sharpe,
    expected_best,
    probabilistic_sharpe,
    shape,
)

A_DAY = 2.5 / 250**0.5
VARIANCE = 0.5 / 250


def test_probabilistic_ratios_of_the_paper() -> None:
    hedge_fund = Shape(0.458, 24, -2.448, 10.164)
    assert probabilistic_sharpe(hedge_fund) == pytest.approx(0.91336, abs=5e-6)
    assert probabilistic_sharpe(Shape(0.458, 24)) == pytest.approx(0.98167, abs=5e-6)
    longer = Shape(0.458, 36, -2.448, 10.164)
    assert probabilistic_sharpe(longer) == pytest.approx(0.9535, abs=5e-5)


@pytest.mark.parametrize(
    ("trials", "skewness", "kurtosis", "deflated"),
    [(100, -3.0, 10.0, 0.90040), (46, -3.0, 10.0, 0.95050), (88, 0.0, 3.0, 0.95049)],
)
def test_deflated_ratios_of_the_paper(
    trials: int, skewness: float, kurtosis: float, deflated: float
) -> None:
    of = Shape(A_DAY, 1250, skewness, kurtosis)
    assert deflated_sharpe(of, trials, VARIANCE) == pytest.approx(deflated, abs=5e-6)


def test_what_the_best_of_many_shows_by_luck() -> None:
    assert expected_best(100, VARIANCE) == pytest.approx(0.11317, abs=5e-6)
    assert expected_best(1, VARIANCE) == 0.0
    with pytest.raises(ValueError, match="trial"):
        expected_best(0, VARIANCE)


def test_shape_is_that_of_scipy() -> None:
    series = np.array([0.1, -0.2, 0.05, 0.3, -0.05])
    found = shape(series)
    assert found.ratio == pytest.approx(series.mean() / series.std(ddof=1))
    assert found.skewness == pytest.approx(stats.skew(series))
    assert found.kurtosis == pytest.approx(stats.kurtosis(series) + 3.0)
    assert np.isnan(shape(np.zeros(4)).ratio)
