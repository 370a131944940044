"""Middles."""

import numpy as np
import pytest

from odds_pipeline.betting.lines.distribution import ScoreDistribution
from odds_pipeline.betting.lines.known import known_distribution
from odds_pipeline.betting.middles import middle_stakes, middle_value
from odds_pipeline.betting.odds_arrays import decimal_from_american
from odds_pipeline.betting.settlement import profit, settle_spread


@pytest.mark.parametrize(
    ("pair", "break_even"),
    [((-110, -110), 0.047619), ((-105, -110), 0.03600), ((100, -115), 0.03488)],
)
def test_worked_break_even(pair: tuple[int, int], break_even: float) -> None:
    found = middle_stakes(*decimal_from_american(pair))
    assert found.break_even == pytest.approx(break_even, abs=5e-6)
    loss, gain = -found.miss, found.hit
    assert loss / (loss + gain) == pytest.approx(float(found.break_even), abs=1e-12)


def test_an_arbitrage_at_two_numbers_cannot_lose() -> None:
    assert middle_stakes(2.1, 2.1).miss > 0
    assert middle_stakes(2.1, 2.1).break_even < 0


@pytest.mark.parametrize(
    "lines", [(-2.5, 3.5), (-3.0, 3.5), (-3.0, 4.0), (-6.5, 7.5), (-2.75, 3.25)]
)
def test_values_are_settlements_weighted_by_scores(lines: tuple[float, float]) -> None:
    distribution = known_distribution("americanfootball_nfl", "spreads")
    assert distribution is not None
    prices = (1.95, 1.9)
    found = middle_value(distribution, 3.4, lines, prices)
    every = distribution.scores(np.array([3.4]))
    weights = every.masses[0] / every.masses.sum()
    first, second = (
        settle_spread(every.scores[0], lines[0]),
        settle_spread(-every.scores[0], lines[1]),
    )
    stake = float(middle_stakes(*prices).first)
    total = profit(first, prices[0], stake) + profit(second, prices[1], 1 - stake)
    assert found.value == pytest.approx((weights * total).sum(), abs=1e-12)
    if lines != (-2.75, 3.25):  # of a quarter line half a stake wins
        assert found.hit == pytest.approx(weights[(first == 1) & (second == 1)].sum(), abs=1e-12)
        pushed = weights[(first == 0) | (second == 0)].sum()
        assert found.one_pushes == pytest.approx(pushed, abs=1e-12)


def test_lines_that_do_not_overlap_are_no_middle() -> None:
    found = middle_value(ScoreDistribution(12.0), 0.0, (-3.5, [3.5, 2.5]), (1.9, 1.9))
    assert np.isnan(found.hit).all()
    assert np.isnan(found.value).all()
