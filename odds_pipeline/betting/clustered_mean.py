"""The mean of values of which some belong together, and how sure it is.

Belongs here: means over bets or markets whose games several share. Does not belong here: what is
averaged. Units: those of the values.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

Z_95 = 1.959963984540054  # of the normal: 95 % lie within so many standard errors


class ClusteredMean(NamedTuple):
    """A mean with its 95 % interval; NaN error and ends with fewer than two clusters.

    Args:
        mean: of the values.
        error: its standard error.
        low: lower end.
        high: upper end.
        clusters: how many independent groups there are.
    """

    mean: float
    error: float
    low: float
    high: float
    clusters: int


def clustered_mean(values: ArrayLike, clusters: ArrayLike) -> ClusteredMean:
    """Mean with an interval that counts each cluster once, however many values it has.

    The standard error is sqrt(g/(g-1) sum_c (sum_i in c (x_i - m))^2) / n, the cluster-robust one
    of Liang & Zeger (1986) with the small-sample factor for g clusters.

    Args:
        values: shape (n,); NaN is left out.
        clusters: what each value belongs to, such as its event; shape (n,).

    Raises:
        ValueError: the shapes differ.
    """
    value, cluster = np.asarray(values, dtype=np.float64), np.asarray(clusters)
    if value.ndim != 1 or value.shape != cluster.shape:
        raise ValueError(f"{value.shape} values need as many clusters, not {cluster.shape}")
    known = np.isfinite(value)
    value = value[known]
    if not len(value):
        return ClusteredMean(np.nan, np.nan, np.nan, np.nan, 0)
    _, place = np.unique(cluster[known], return_inverse=True)
    mean = float(value.mean())
    sums = np.bincount(place, value - mean)
    groups = len(sums)
    if groups < 2:
        return ClusteredMean(mean, np.nan, np.nan, np.nan, groups)
    error = float(np.sqrt(groups / (groups - 1) * (sums**2).sum()) / len(value))
    return ClusteredMean(mean, error, mean - Z_95 * error, mean + Z_95 * error, groups)
