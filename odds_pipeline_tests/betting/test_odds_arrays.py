"""Array odds conversion agrees with the scalars and survives bad rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.betting import odds, odds_arrays

PRICES = st.lists(st.integers(100, 1_000_000).flatmap(lambda a: st.sampled_from((a, -a))))


@given(PRICES)
def test_arrays_agree_with_scalars(prices: list[int]) -> None:
    decimals = odds_arrays.decimal_from_american(prices)
    assert decimals.tolist() == [odds.decimal_from_american(price) for price in prices]
    back = odds_arrays.american_from_decimal(decimals)
    assert back.tolist() == [odds.american_from_decimal(d) for d in decimals.tolist()]
    implied = odds_arrays.implied_probability(decimals)
    assert implied.tolist() == [odds.implied_probability(d) for d in decimals.tolist()]


def test_bad_prices_become_nan_or_masked_and_keep_the_shape() -> None:
    decimals = odds_arrays.decimal_from_american([[8.0, -110.0], [np.nan, np.inf]])
    assert decimals.shape == (2, 2)
    assert np.isnan(decimals).tolist() == [[True, False], [True, True]]
    american = odds_arrays.american_from_decimal([1.0, 0.5, np.nan, 2.0, 1.5])
    assert american.mask.tolist() == [True, True, True, False, False]
    assert american.compressed().tolist() == [100, -200]
    assert np.isnan(odds_arrays.implied_probability([0.9, np.nan])).all()


def test_asian_forms() -> None:
    assert odds_arrays.decimal_from_hong_kong([0.5, 1.0, 0.0]).tolist()[:2] == [1.5, 2.0]
    assert odds_arrays.decimal_from_indonesian([1.5, -2.0]).tolist() == [2.5, 1.5]
    assert odds_arrays.decimal_from_malay([0.5, -0.5, 1.0, -1.0]).tolist() == [1.5, 3.0, 2.0, 2.0]
    assert np.isnan(odds_arrays.decimal_from_hong_kong([0.0, -1.0, np.inf])).all()
    assert np.isnan(odds_arrays.decimal_from_indonesian([0.5, 0.0])).all()
    assert np.isnan(odds_arrays.decimal_from_malay([0.0, 1.2, -1.2, np.nan])).all()


def test_cents_can_be_subtracted() -> None:
    scale = odds_arrays.cents(odds_arrays.decimal_from_american([-105, 120, 100, -100]))
    assert scale.tolist() == pytest.approx([-5.0, 20.0, 0.0, 0.0], abs=1e-12)
    assert np.isnan(odds_arrays.cents([1.0, np.nan])).all()


def test_commission_is_taken_from_winnings() -> None:
    assert odds_arrays.after_commission(3.0, 0.05) == pytest.approx(2.9, abs=1e-15)


def test_fair_odds_of_probabilities() -> None:
    assert odds_arrays.decimal_from_probability([0.25, 1.0]).tolist() == [4.0, 1.0]
    assert np.isnan(odds_arrays.decimal_from_probability([0.0, -0.1, 1.1, np.nan])).all()


def test_decimals_stored_in_fewer_places_would_lose_american_prices() -> None:
    size = np.arange(101, 10_001)
    prices = np.concatenate([size, -size])
    decimals = odds_arrays.decimal_from_american(prices)

    def lost(places: int) -> int:
        back = odds_arrays.american_from_decimal(np.round(decimals, places))
        return int((back.filled(0) != prices).sum())

    assert [lost(places) for places in (2, 3, 4, 5, 6)] == [9801, 9378, 8100, 4675, 0]
