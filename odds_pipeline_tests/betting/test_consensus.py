"""One fair price out of many books, which of them may speak, and exchanges."""

from functools import partial

import numpy as np
import pytest

from odds_pipeline.betting.consensus import (
    Pool,
    books_used,
    leave_one_out,
    linear_pool,
    log_pool,
    median_pool,
    sharp_anchor,
)
from odds_pipeline.betting.exchange import exchange_band
from odds_pipeline.betting.freshness import freshness, frozen
from odds_pipeline.betting.margin_removal.methods import remove_margin
from odds_pipeline.betting.odds_arrays import decimal_from_american

BOOKS = decimal_from_american([[-118, 107], [-120, 105], [-125, 105], [-122, 102]])
FAIR = remove_margin(BOOKS, "power").probabilities
WEIGHTS = [0.5, 0.3, 0.1, 0.1]
POOLS = [linear_pool, log_pool, median_pool]


def test_worked_consensus() -> None:
    assert linear_pool(FAIR, WEIGHTS)[0] == pytest.approx(0.529740, abs=5e-7)
    assert log_pool(FAIR, WEIGHTS)[0] == pytest.approx(0.529740, abs=5e-7)
    assert linear_pool(FAIR, WEIGHTS)[0] != pytest.approx(log_pool(FAIR, WEIGHTS)[0], abs=1e-7)
    assert sharp_anchor(FAIR)[0][0] == pytest.approx(0.529427, abs=5e-7)
    assert median_pool(FAIR)[0] == pytest.approx(0.529353, abs=5e-7)


def test_the_log_pool_of_two_outcomes_is_the_mean_of_logits() -> None:
    logits = np.log(FAIR[:, 0] / FAIR[:, 1])
    mean = np.average(logits, weights=WEIGHTS)
    assert log_pool(FAIR, WEIGHTS)[0] == pytest.approx(1 / (1 + np.exp(-mean)), abs=1e-14)


@pytest.mark.parametrize("pool", POOLS)
def test_absent_books_do_not_speak(pool: Pool) -> None:
    draw = np.random.default_rng(1)
    fair = draw.dirichlet(np.ones(3), (5, 6))
    gaps = fair.copy()
    gaps[:, 4:, 1] = np.nan
    assert pool(gaps) == pytest.approx(pool(fair[:, :4]), abs=1e-14)
    assert pool(gaps).sum(axis=-1) == pytest.approx(1.0, abs=1e-12)
    assert books_used(gaps).tolist() == [4] * 5
    assert np.isnan(pool(np.full((2, 3, 2), np.nan))).all()


@pytest.mark.parametrize("pool", POOLS)
def test_the_order_of_books_does_not_matter(pool: Pool) -> None:
    fair = np.random.default_rng(1).dirichlet(np.ones(3), 7)
    assert pool(fair[::-1]) == pytest.approx(pool(fair), abs=1e-14)


@pytest.mark.parametrize("count", [1, 2, 3, 6, 7])
def test_the_median_is_numpys(count: int) -> None:
    fair = np.random.default_rng(1).dirichlet(np.ones(3), count)
    middle = np.median(fair, axis=0)
    assert median_pool(fair) == pytest.approx(middle / middle.sum(), abs=1e-15)


def test_the_anchor_falls_to_the_next_book() -> None:
    fair = np.stack([FAIR, FAIR, np.full_like(FAIR, np.nan)])
    fair[1, 0] = np.nan
    anchor, book = sharp_anchor(fair)
    assert book.tolist() == [0, 1, -1]
    assert anchor[1].tolist() == FAIR[1].tolist()
    assert np.isnan(anchor[2]).all()


@pytest.mark.parametrize("pool", [*POOLS, partial(log_pool, weights=WEIGHTS)])
def test_a_book_is_not_judged_by_itself(pool: Pool) -> None:
    judged = leave_one_out(FAIR, pool)
    moved = FAIR.copy()
    moved[2] = [0.9, 0.1]
    after = leave_one_out(moved, pool)
    assert after[2].tolist() == judged[2].tolist()
    assert (after[[0, 1, 3], 0] >= judged[[0, 1, 3], 0]).all()
    assert np.isnan(leave_one_out(FAIR[:1], median_pool)).all()


def test_wrong_weights_are_named() -> None:
    with pytest.raises(ValueError, match="4 books need as many weights"):
        log_pool(FAIR, [1.0])
    with pytest.raises(ValueError, match="negative"):
        log_pool(FAIR, [1, 1, 1, -1])


def test_a_market_whose_only_books_weigh_nothing_has_no_consensus() -> None:
    assert np.isnan(linear_pool(FAIR, [0, 0, 0, 0])).all()


def test_stale_books_are_counted_and_future_ones_flagged() -> None:
    found = freshness(np.array([[10, 901, -60, np.nan, -1], [0, 0, 0, 0, 0]]), 900)
    assert found.fresh.tolist() == [[True, False, False, False, True], [True] * 5]
    assert found.stale.tolist() == [1, 0]
    assert found.from_the_future[0].tolist() == [False, False, True, False, False]


def test_frozen_books() -> None:
    assert frozen([True, True, True, False]).tolist() == [False, False, False, True]
    assert not frozen([True, True, False, False]).any()


def test_worked_exchange_band() -> None:
    band = exchange_band(2.10, 2.14, 0.02)
    assert band.back_break_even == pytest.approx(0.481232, abs=5e-7)
    assert band.lay_break_even == pytest.approx(0.462264, abs=5e-7)
    assert band.mid == pytest.approx(0.471748, abs=5e-7)
    assert exchange_band(2.10, 2.14).mid == pytest.approx(0.471740, abs=5e-7)
    assert np.isnan(exchange_band(1.0, 2.0).mid)
    with pytest.raises(ValueError, match="commission"):
        exchange_band(2.1, 2.14, 1.0)
