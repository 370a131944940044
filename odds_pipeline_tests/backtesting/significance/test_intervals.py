"""Intervals by event-day, corrected p-values and walk-forward splits."""

from datetime import date, timedelta

import numpy as np
import pytest

from odds_pipeline.backtesting.significance.intervals import yield_interval
from odds_pipeline.backtesting.significance.many_tests import benjamini_hochberg, holm
from odds_pipeline.backtesting.significance.walk_forward import Split, walk_forward


def test_an_interval_covers_the_truth_as_often_as_it_says() -> None:
    """Yields of 2 % with stakes that differ by day; 95 % intervals over 300 records."""
    generator = np.random.default_rng(11)
    covered = 0
    for seed in range(300):
        stakes = generator.integers(1, 12, 120).astype(float)
        profits = generator.normal(0.02 * stakes, np.sqrt(stakes))
        interval = yield_interval(profits, stakes, draws=400, seed=seed)
        assert interval.low <= interval.value <= interval.high
        covered += interval.low <= 0.02 <= interval.high
    assert 270 <= covered <= 297


def test_the_same_seed_gives_the_same_interval() -> None:
    profits, stakes = np.array([1.0, -2.0, 0.5, 3.0]), np.ones(4)
    once = yield_interval(profits, stakes, draws=100, seed=5)
    assert once == yield_interval(profits, stakes, draws=100, seed=5)
    assert once != yield_interval(profits, stakes, draws=100, seed=6)
    with pytest.raises(ValueError, match="two days"):
        yield_interval([1.0], [1.0])


def test_corrected_p_values() -> None:
    """Holm's by hand; Benjamini and Hochberg's own table of 1995, of which four are significant."""
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    paper = [
        *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
        *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
    ]
    assert (benjamini_hochberg(paper) <= 0.05).sum() == 4
    assert (holm(paper) <= 0.05).sum() == 3


def test_training_ends_an_embargo_before_what_judges_it() -> None:
    first, last = date(2026, 1, 1), date(2026, 3, 31)
    moving = list(walk_forward(first, last, 30, 20, 5, grow=False))
    assert moving[0] == Split(
        date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 5), date(2026, 2, 25)
    )
    for split in moving:
        assert split.test_begin - split.train_end == timedelta(days=5)
        assert split.train_end - split.train_begin == timedelta(days=30)
    judged = [
        split.test_begin + timedelta(days=n)
        for split in moving
        for n in range((split.test_end - split.test_begin).days)
    ]
    assert judged == [date(2026, 2, 5) + timedelta(days=n) for n in range(len(judged))]
    assert judged[-1] == last
    growing = list(walk_forward(first, last, 30, 20, 5, grow=True))
    assert {split.train_begin for split in growing} == {first}
    with pytest.raises(ValueError, match="day"):
        next(walk_forward(first, last, 0, 20, 5, grow=True))
