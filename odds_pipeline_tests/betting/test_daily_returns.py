"""Bets summed to days, and ratios of a series, against their definitions."""

import math
import statistics

import numpy as np
import pytest

from odds_pipeline.betting.daily_returns import (
    calmar_ratio,
    daily_sums,
    sharpe_ratio,
    sortino_ratio,
)

SERIES = [0.02, -0.01, 0.0, 0.03, -0.02, 0.01]


def test_days_without_bets_count_as_nothing_won() -> None:
    days, sums = daily_sums([1.0, -2.0, 4.0], ["2026-01-03", "2026-01-01", "2026-01-03"])
    assert [str(day) for day in days] == ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert sums.tolist() == [-2.0, 0.0, 5.0]
    with pytest.raises(ValueError, match="entry a bet"):
        daily_sums([], [])


def test_ratios_are_as_defined() -> None:
    mean = statistics.mean(SERIES)
    assert sharpe_ratio(SERIES) == pytest.approx(mean / statistics.stdev(SERIES) * 365**0.5)
    downside = math.sqrt((0.01**2 + 0.02**2) / 6)
    assert sortino_ratio(SERIES, periods=1) == pytest.approx(mean / downside)
    assert calmar_ratio(SERIES) == pytest.approx(mean * 365 / 0.02)


def test_ratios_that_have_no_value() -> None:
    assert math.isnan(sharpe_ratio([0.01]))
    assert math.isnan(sharpe_ratio(np.full(5, 0.01)))
    assert sortino_ratio([0.01, 0.0]) == math.inf
    assert math.isnan(sortino_ratio([0.0, 0.0]))
    assert calmar_ratio([0.01, 0.02]) == math.inf
    assert math.isnan(calmar_ratio([]))
