"""Means of values that belong together: against the plain standard error, and by hand."""

import numpy as np
import pytest

from odds_pipeline.betting.clustered_mean import Z_95, clustered_mean


def test_values_of_their_own_have_the_plain_standard_error() -> None:
    values = np.random.default_rng(7).normal(size=50)
    found = clustered_mean(values, np.arange(50))
    plain = values.std(ddof=1) / np.sqrt(50)
    assert found.error == pytest.approx(plain, abs=1e-14)
    assert found.mean == pytest.approx(values.mean())
    assert found.clusters == 50
    assert (found.low, found.high) == pytest.approx(
        (values.mean() - Z_95 * plain, values.mean() + Z_95 * plain)
    )


def test_a_value_said_twice_counts_once() -> None:
    values = np.array([1.0, 2.0, 4.0, 9.0])
    once = clustered_mean(values, np.arange(4))
    twice = clustered_mean(np.repeat(values, 2), np.repeat(np.arange(4), 2))
    assert twice.error == pytest.approx(once.error, abs=1e-14)


def test_two_clusters_by_hand() -> None:
    """m = 2; sums of deviations -2 and 2; sqrt(2/1 * 8)/4 = 1."""
    assert clustered_mean([1.0, 1.0, 2.0, 4.0], ["a", "a", "b", "b"]).error == 1.0


def test_too_little_has_no_interval() -> None:
    assert np.isnan(clustered_mean([1.0, 3.0], ["a", "a"]).low)
    assert np.isnan(clustered_mean([np.nan], ["a"]).mean)
    with pytest.raises(ValueError, match="need as many clusters"):
        clustered_mean([1.0], ["a", "b"])
