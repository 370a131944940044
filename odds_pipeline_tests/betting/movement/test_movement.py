"""Opening and closing, steam, lead and lag, convergence, best books."""

import numpy as np
import pytest

from odds_pipeline.betting.movement.best_books import best_book_frequency
from odds_pipeline.betting.movement.convergence import convergence, mincer_zarnowitz
from odds_pipeline.betting.movement.lead_lag import component_share, first_movers, lead_lag
from odds_pipeline.betting.movement.series import logit, opening_and_closing
from odds_pipeline.betting.movement.steam import find_moves, steam

NAN = np.nan


def test_opening_and_closing_are_before_the_start() -> None:
    times = [0, 10, 20, 30]
    prices = [[NAN, 2.0, 2.1, 1.5], [1.9, NAN, NAN, 3.0], [NAN, NAN, NAN, 2.0]]
    found = opening_and_closing(times, prices, start=30)
    assert found.opening.tolist()[:2] == [2.0, 1.9]
    assert found.closing.tolist()[:2] == [2.1, 1.9]
    assert found.opening_place.tolist() == [1, 0, -1]
    assert found.closing_place.tolist() == [2, 0, -1]
    assert np.isnan([found.opening[2], found.closing[2]]).all()


def test_logit_counts_a_change_at_the_same_number() -> None:
    assert logit([0.5, 0.75]).tolist() == pytest.approx([0.0, np.log(3)])
    assert np.isnan(logit([0.0, 1.0, NAN])).all()


def rising(book_times: list[float], books: int) -> tuple[np.ndarray, np.ndarray]:
    """Each book's price: flat, then up 0.2 at its own time, over a minute grid of its updates."""
    grid = np.arange(0.0, 3600.0, 60.0)
    levels = np.zeros((books, len(grid)))
    for book, time in enumerate(book_times):
        levels[book, grid >= time] = 0.2
    return np.broadcast_to(grid, levels.shape), levels


def test_steam_names_its_books_in_order() -> None:
    times, levels = rising([600, 660, 900, 9999], 4)
    found = steam(find_moves(times, levels, 0.05), books=3, within=600, sampled_every=60)
    assert found.reason == ""
    assert found.episodes is not None
    (episode,) = found.episodes
    assert episode.books == (0, 1, 2)
    assert episode.times == (600, 660, 900)
    assert (episode.first_book, episode.direction, episode.begin, episode.end) == (0, 1, 600, 900)
    assert episode.size == pytest.approx(0.2)


@pytest.mark.parametrize(("second", "third"), [(660, 1500), (9999, 700)])
def test_too_few_or_too_late_is_no_steam(second: float, third: float) -> None:
    times, levels = rising([600, second, third], 3)
    found = steam(find_moves(times, levels, 0.05), books=3, within=600, sampled_every=60)
    assert found.episodes == ()


def test_opposite_moves_are_no_steam() -> None:
    times, levels = rising([600, 660, 720], 3)
    levels[1] *= -1
    assert steam(find_moves(times, levels), 3, 600, 60).episodes == ()


def test_a_window_within_the_sampling_is_not_observable() -> None:
    times, levels = rising([600, 660, 720], 3)
    found = steam(find_moves(times, levels), books=3, within=600, sampled_every=1800)
    assert found.episodes is None
    assert found.reason == "not observable: prices seen every 1800 s, window 600 s"


def test_small_moves_and_gaps() -> None:
    moves = find_moves([0, 60, 120, 180], [[0.0, 0.01, NAN, 0.3], [NAN, NAN, NAN, NAN]], 0.05)
    assert moves.times.tolist() == [180]
    assert moves.sizes.tolist() == pytest.approx([0.29])
    assert find_moves([0, 60], np.zeros((2, 2))).times.tolist() == []


def test_first_movers_leave_ties_out() -> None:
    times, levels = rising([600, 660, 900], 3)
    alone = steam(find_moves(times, levels), 3, 600, 60).episodes
    times, levels = rising([600, 600, 900], 3)
    tied = steam(find_moves(times, levels), 3, 600, 60).episodes
    assert alone is not None
    assert tied is not None
    found = first_movers([*alone, *tied], 4)
    assert found.first.tolist() == [1, 0, 0, 0]
    assert found.joined.tolist() == [2, 2, 2, 0]
    assert found.tied == 1
    assert found.median_lag[:3].tolist() == [0.0, 30.0, 300.0]
    assert np.isnan(found.median_lag[3])


def follower(seed: int = 4, steps: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """A random walk, and a book that copies it one step later with a little noise."""
    draw = np.random.default_rng(seed)
    leader = np.cumsum(draw.normal(0, 0.05, steps))
    copy = np.concatenate([[0.0], leader[:-1]]) + draw.normal(0, 0.007, steps)
    return leader, copy


def test_a_follower_lags_by_its_delay() -> None:
    leader, copy = follower()
    found = lead_lag(leader, copy, 5)
    assert found.lag == 1
    assert found.correlation == pytest.approx(0.980, abs=0.01)
    assert lead_lag(copy, leader, 5).lag == -1
    assert component_share(leader, copy) > 0.85
    assert component_share(copy, leader) < 0.15


def test_equal_books_share_the_discovery() -> None:
    draw = np.random.default_rng(8)
    truth = np.cumsum(draw.normal(0, 0.05, 4000))
    one, other = (truth + draw.normal(0, 0.03, 4000) for _ in range(2))
    assert component_share(one, other) == pytest.approx(0.5, abs=0.1)
    assert lead_lag(one, other, 3).lag == 0


def test_what_never_moved_has_no_lag() -> None:
    found = lead_lag(np.zeros(30), np.zeros(30), 2)
    assert np.isnan(found.correlation)
    with pytest.raises(ValueError, match="too short"):
        lead_lag([0, 1, 2], [0, 1, 2], 2)
    with pytest.raises(ValueError, match="too few"):
        component_share([0, 1, 2], [0, 1, 2])


def test_convergence_by_hours() -> None:
    hours = [30, 20, 2, 1, 0.5, 0.5]
    early = [0.6, 0.58, 0.52, 0.51, 0.5, NAN]
    found = convergence(hours, early, 0.5, [0, 3, 24, 48])
    assert found.prices.tolist() == [3, 1, 1]
    assert found.distance.tolist() == pytest.approx([0.01, 0.08, 0.1])
    assert found.hours.tolist() == pytest.approx([3.5 / 3, 20, 30])


def test_regression_finds_overshooting_openings() -> None:
    draw = np.random.default_rng(3)
    close = draw.uniform(0.2, 0.8, 500)
    early = 0.5 + 1.25 * (close - 0.5) + draw.normal(0, 0.005, 500)
    found = mincer_zarnowitz(early, close)
    assert found.slope == pytest.approx(0.8, abs=4 * found.slope_error + 2e-3)
    assert found.intercept == pytest.approx(0.1, abs=5e-3)
    assert found.pairs == 500
    exact = mincer_zarnowitz([0.1, 0.5, 0.7], [0.1, 0.5, 0.7])
    assert (exact.slope, exact.intercept) == pytest.approx((1.0, 0.0), abs=1e-12)
    with pytest.raises(ValueError, match="three pairs"):
        mincer_zarnowitz([0.1, NAN], [0.1, 0.2])


def test_best_books_are_counted_where_there_is_a_choice() -> None:
    prices = [
        [[2.0, 1.9], [2.1, 1.9], [NAN, NAN]],
        [[2.0, 1.9], [NAN, 1.8], [NAN, NAN]],
    ]
    found = best_book_frequency(prices)
    assert found.offered.tolist() == [3, 3, 0]
    assert found.best.tolist() == [2, 2, 0]
    assert found.alone.tolist() == [1, 1, 0]
    assert found.share[:2].tolist() == pytest.approx([2 / 3, 2 / 3])
    assert np.isnan(found.share[2])
