"""How bets end, and what they pay."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.betting.settlement import (
    HALF_LOSS,
    HALF_WIN,
    LOSS,
    PUSH,
    WIN,
    parlay_factor,
    parlay_price,
    profit,
    settle_spread,
    settle_three_way,
    settle_total,
    settle_two_way,
)

QUARTERS = st.integers(-60, 60).map(lambda quarters: quarters / 4)


def test_money_lines() -> None:
    assert settle_two_way([3, 0, -1]).tolist() == [WIN, PUSH, LOSS]
    assert settle_three_way([3, 0, -1]).tolist() == [WIN, LOSS, LOSS]
    assert settle_three_way([3, 0, -1], on_draw=True).tolist() == [LOSS, WIN, LOSS]


@pytest.mark.parametrize(
    ("margin", "point", "result"),
    [
        (4, -3.5, WIN),
        (3, -3.5, LOSS),
        (3, -3.0, PUSH),
        (-3, 3.5, WIN),
        (0, -0.25, HALF_LOSS),
        (0, 0.25, HALF_WIN),
        (1, -0.75, HALF_WIN),
        (1, -1.25, HALF_LOSS),
        (2, -1.25, WIN),
        (-1, 0.75, HALF_LOSS),
    ],
)
def test_spreads_and_quarter_lines(margin: int, point: float, result: float) -> None:
    assert settle_spread(margin, point) == result


def test_totals() -> None:
    assert settle_total([221, 220, 219], 220).tolist() == [WIN, PUSH, LOSS]
    assert settle_total([221, 220, 219], 220, over=False).tolist() == [LOSS, PUSH, WIN]
    assert settle_total([3, 2, 3], [2.75, 2.25, 3.25]).tolist() == [HALF_WIN, HALF_LOSS, HALF_LOSS]
    assert settle_total(2, 2.25, over=False) == HALF_WIN


@given(st.integers(-40, 40), QUARTERS)
def test_both_sides_of_a_spread_mirror_each_other(margin: int, point: float) -> None:
    assert settle_spread(margin, point) == -settle_spread(-margin, -point)


@given(st.integers(-40, 40), QUARTERS)
def test_a_quarter_line_is_two_half_stakes(margin: int, point: float) -> None:
    if point % 0.5:
        halves = [settle_spread(margin, point + shift) for shift in (-0.25, 0.25)]
        assert settle_spread(margin, point) == sum(halves) / 2


def test_a_missing_score_is_pending_never_a_loss() -> None:
    results = [
        settle_two_way(np.nan),
        settle_three_way(np.nan),
        settle_three_way(np.nan, on_draw=True),
        settle_spread(np.nan, -3.5),
        settle_total(np.nan, 220.5, over=False),
    ]
    assert np.isnan(results).all()
    assert np.isnan(profit(results[0], 2.0))


def test_profits() -> None:
    results = [WIN, HALF_WIN, PUSH, HALF_LOSS, LOSS]
    assert profit(results, 1.9, 100).tolist() == pytest.approx([90, 45, 0, -50, -100])
    assert profit(WIN, 3.0, 10, commission=0.05) == pytest.approx(19.0)
    assert profit(LOSS, 3.0, 10, commission=0.05) == -10
    assert profit(LOSS, 3.0, 10, void=True) == 0


def test_parlays() -> None:
    prices = [2.0, 1.9, 3.0]
    assert parlay_price(prices) == pytest.approx(11.4)
    assert parlay_factor([WIN, WIN, WIN], prices) == pytest.approx(11.4)
    assert parlay_factor([WIN, PUSH, WIN], prices) == pytest.approx(6.0)
    assert parlay_factor([WIN, HALF_WIN, WIN], prices) == pytest.approx(2 * 1.45 * 3)
    assert parlay_factor([WIN, HALF_LOSS, WIN], prices) == pytest.approx(3.0)
    assert parlay_factor([WIN, LOSS, WIN], prices) == 0.0
    assert parlay_factor([WIN, LOSS, WIN], prices, void=[False, True, False]) == pytest.approx(6.0)
    assert parlay_factor([np.nan, LOSS, WIN], prices) == 0.0
    assert np.isnan(parlay_factor([np.nan, WIN, WIN], prices))
    assert parlay_factor([LOSS, LOSS, WIN], prices, void=True) == 1.0


def test_a_point_that_no_book_has_is_refused() -> None:
    with pytest.raises(ValueError, match=r"multiple of 0\.25"):
        settle_spread(3, -3.3)
