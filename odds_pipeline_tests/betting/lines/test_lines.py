"""Distributions of scores, their means, fitting, and ladders."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from odds_pipeline.betting.expected_value import fair_price
from odds_pipeline.betting.lines.distribution import ScoreDistribution, handicap_of_total
from odds_pipeline.betting.lines.fitting import (
    fit_key_numbers,
    fit_sd,
    key_numbers_from_push_rates,
)
from odds_pipeline.betting.lines.known import known_distribution
from odds_pipeline.betting.lines.ladder import fit_ladder
from odds_pipeline.betting.lines.mean import solve_mean
from odds_pipeline.betting.lines.move import move_cover
from odds_pipeline.betting.odds_arrays import american_from_decimal
from odds_pipeline.betting.settlement import settle_spread

NFL = known_distribution("americanfootball_nfl", "spreads")
NBA = known_distribution("basketball_nba", "spreads")
HANDICAPS = st.integers(-80, 80).map(lambda quarters: quarters / 4)


def scores_of(distribution: ScoreDistribution, mean: float) -> dict[int, float]:
    """The distribution by another route: every score's mass from scipy's normal."""
    low, high = int(mean - 12 * distribution.sd), int(mean + 12 * distribution.sd)
    masses = {}
    for score in range(low, high + 1):
        edges = norm.cdf([score - 0.5, score + 0.5], mean, distribution.sd)
        masses[score] = (edges[1] - edges[0]) * distribution.key_numbers.get(abs(score), 1.0)
    if not distribution.ties:
        masses[0] = 0.0
    total = sum(masses.values())
    return {score: mass / total for score, mass in masses.items()}


@pytest.mark.parametrize("distribution", [NFL, NBA, ScoreDistribution(12.0)])
@pytest.mark.parametrize(
    ("mean", "handicap"), [(3.2, -3.0), (-6.5, 6.5), (0.0, 0.25), (13.5, -9.75)]
)
def test_chances_are_settlements_weighted_by_scores(
    distribution: ScoreDistribution, mean: float, handicap: float
) -> None:
    scores = scores_of(distribution, mean)
    results = settle_spread(np.array(list(scores)), handicap)
    weights = np.array(list(scores.values()))
    found = distribution.chances(mean, handicap)
    assert found.win == pytest.approx((weights * np.maximum(results, 0)).sum(), abs=1e-12)
    assert found.loss == pytest.approx((weights * np.maximum(-results, 0)).sum(), abs=1e-12)
    assert found.win + found.push + found.loss == pytest.approx(1.0, abs=1e-12)


@given(st.floats(0.02, 0.98), HANDICAPS, st.sampled_from([NFL, NBA, ScoreDistribution(13.2)]))
@settings(max_examples=60, deadline=None)
def test_the_mean_gives_the_chance_back(
    cover: float, handicap: float, distribution: ScoreDistribution
) -> None:
    mean = solve_mean(distribution, cover, handicap)
    win, _, loss = distribution.chances(mean, handicap)
    assert win / (win + loss) == pytest.approx(cover, abs=1e-12)


def test_the_other_side_is_the_mirror() -> None:
    covers, lines = np.linspace(0.1, 0.9, 9), np.arange(-4, 5) / 2
    for distribution in (NFL, NBA):
        assert distribution is not None
        mean = solve_mean(distribution, covers, lines)
        other = solve_mean(distribution, 1 - covers, -lines)
        assert other == pytest.approx(-mean, abs=1e-9)


def test_totals_are_handicaps_on_the_sum() -> None:
    totals = known_distribution("basketball_nba", "totals")
    assert totals is not None
    over = handicap_of_total(220.5, True)
    assert over == -220.5
    assert handicap_of_total(220.5, False) == 220.5
    mean = solve_mean(totals, 0.53, over)
    assert totals.chances(mean, over).win == pytest.approx(0.53, abs=1e-12)
    assert totals.chances(-mean, 220.5).win == pytest.approx(0.47, abs=1e-12)
    assert totals.chances(mean, -223.5).win < 0.53


def test_half_a_point_across_an_integer_in_the_nba() -> None:
    even = ScoreDistribution(12.0).chances(5.0, -5.0)
    assert even.push == pytest.approx(0.0332, abs=5e-5)
    better = ScoreDistribution(12.0).chances(5.0, -4.5)
    assert better.win - 0.5 == pytest.approx(0.0166, abs=5e-5)
    assert american_from_decimal(fair_price(better.win)) == -107


@pytest.mark.parametrize(("line", "rate"), [(3, 0.0909), (4, 0.0441), (6, 0.0405), (7, 0.0723)])
def test_nfl_key_numbers(line: int, rate: float) -> None:
    assert NFL is not None
    for side in (-line, line):
        mean = solve_mean(NFL, 0.5, side)
        assert NFL.chances(mean, side).push == pytest.approx(rate, abs=1e-9)
    plain = ScoreDistribution(13.3)
    assert plain.chances(line, -line).push == pytest.approx(0.030, abs=1e-3)


def test_nfl_scores_lie_around_the_line_as_measured() -> None:
    assert NFL is not None
    spread = []
    for line in (3.0, 7.0, 6.0, 4.0, 10.0, 14.0):
        scores = scores_of(NFL, float(solve_mean(NFL, 0.5, -line)))
        spread.append(sum(mass * (score - line) ** 2 for score, mass in scores.items()))
    assert np.sqrt(np.mean(spread) - 1 / 12) == pytest.approx(13.30, abs=1e-6)


def test_fitting_finds_the_distribution_that_games_were_drawn_from() -> None:
    draw = np.random.default_rng(1)
    truth = key_numbers_from_push_rates({3: 0.09, 7: 0.07}, 13.0)
    lines = draw.choice(np.arange(-10, 10.5, 0.5), 6_000)
    found = truth.scores(solve_mean(truth, 0.5, -lines))
    cumulated = np.cumsum(found.masses, axis=1)
    places = (cumulated < draw.random((len(lines), 1)) * cumulated[:, -1:]).sum(axis=1)
    margins = found.scores[np.arange(len(lines)), places]
    fitted = fit_key_numbers(margins, lines)
    numbers = np.array([3.0, 7.0, 5.0])
    rates = fitted.chances(solve_mean(fitted, 0.5, -numbers), -numbers).push
    true = truth.chances(solve_mean(truth, 0.5, -numbers), -numbers).push
    assert rates == pytest.approx(true, abs=0.012)
    assert fit_sd(margins, lines) == pytest.approx(13.0, abs=0.3)


def test_fitting_leaves_out_what_is_missing() -> None:
    assert fit_sd([3, np.nan, -3], [0, 0, 0]) == pytest.approx(np.sqrt(9 - 1 / 12))
    with pytest.raises(ValueError, match="at least two games"):
        fit_sd([3, np.nan], [0, 0])


def test_a_ladder_gives_its_own_lines_back_and_prices_between() -> None:
    truth = ScoreDistribution(11.2, ties=False)
    lines = np.array([-9.5, -6.5, -4.0, -2.5, 0.5, 3.0])
    win, _, loss = truth.chances(4.1, lines)
    ladder = fit_ladder(ScoreDistribution(12.5, ties=False), lines, win / (win + loss))
    assert ladder.distribution.sd == pytest.approx(11.2, abs=1e-4)
    assert ladder.means == pytest.approx(4.1, abs=1e-4)
    for line in (-12.0, -5.0, -3.25, 1.0, 6.5):
        for part, true in zip(ladder.chances(line), truth.chances(4.1, line), strict=True):
            assert part == pytest.approx(float(true), abs=1e-5)
    noisy = win / (win + loss) + np.array([0.01, -0.01, 0.005, 0, 0.004, -0.006])
    back = fit_ladder(ScoreDistribution(12.5, ties=False), lines[::-1], noisy[::-1])
    again = back.chances(lines)
    assert again.win / (again.win + again.loss) == pytest.approx(noisy, abs=1e-10)


def test_a_ladder_of_one_line_keeps_the_usual_width() -> None:
    ladder = fit_ladder(ScoreDistribution(12.0), [-3.5, np.nan], [0.5, 0.4])
    assert ladder.distribution.sd == 12.0
    assert ladder.chances(-3.5).win == pytest.approx(0.5, abs=1e-12)


def test_books_with_different_lines_move_to_a_common_one() -> None:
    assert NFL is not None
    lines = np.array([-2.5, -3.0, -3.5, -3.25])
    covers = [w / (w + loss) for w, _, loss in (NFL.chances(3.6, line) for line in lines)]
    common = move_cover(NFL, covers, lines, -3.0)
    assert common == pytest.approx(float(covers[1]), abs=1e-12)
    assert move_cover(NFL, 0.5, -3.0, -3.0) == pytest.approx(0.5, abs=1e-12)
    assert np.isnan(move_cover(NFL, 0.5, np.nan, -3.0))


def test_wrong_questions_are_named() -> None:
    with pytest.raises(ValueError, match="at least one usable line"):
        fit_ladder(ScoreDistribution(12.0), [np.nan], [0.5])
    with pytest.raises(ValueError, match=r"multiple of 0\.25"):
        solve_mean(ScoreDistribution(12.0), 0.5, -3.3)
    with pytest.raises(ValueError, match="must be positive"):
        ScoreDistribution(0.0)
    assert np.isnan(solve_mean(ScoreDistribution(12.0), [0.0, 1.0, np.nan], -3.5)).all()
    assert np.isnan(ScoreDistribution(12.0).chances(np.nan, [-3.5, 2.0]).win).all()
    assert known_distribution("curling", "spreads") is None
