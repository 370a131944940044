"""P-values of several tests, corrected for their number: Holm and Benjamini-Hochberg.

Belongs here: corrections that need p-values alone. Does not belong here: the tests.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Floats = NDArray[np.float64]


def holm(p_values: ArrayLike) -> Floats:
    """P-values that hold the chance of any false alarm, in the order given.

    Source: Holm, A Simple Sequentially Rejective Multiple Test Procedure (1979).
    """
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    stepped = values[order] * (len(values) - np.arange(len(values)))
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return corrected


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """P-values that hold the share of false alarms among all alarms, in the order given."""
    values = np.asarray(p_values, dtype=np.float64)
    return np.asarray(stats.false_discovery_control(values), dtype=np.float64)
