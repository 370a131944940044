"""Array odds conversion agrees with the scalars and survives bad rows."""

import numpy as np
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
