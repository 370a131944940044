"""Which books are too old to believe.

Belongs here: age by a book's own statement, and books that stand still while others move. Does not
belong here: where the times come from (readers), pooling what is left (``consensus``).

Units: seconds.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Bools, Ints


class Freshness(NamedTuple):
    """Which books may speak, and how many may not.

    Args:
        fresh: shape (..., books).
        stale: how many books were too old, shape (...).
        from_the_future: books whose last update lies after the capture, shape (..., books); they
            are not fresh, and not clipped to age 0 either: their clock cannot be believed.
    """

    fresh: Bools
    stale: Ints
    from_the_future: Bools


def freshness(ages: ArrayLike, oldest: ArrayLike, clock_tolerance: float = 2.0) -> Freshness:
    """Judge books by the age of their prices.

    Args:
        ages: capture time minus last update, shape (..., books); NaN for an absent book.
        oldest: greatest age that is still fresh; broadcast against ``ages``.
        clock_tolerance: by how much a last update may lie in the future.
    """
    age = np.asarray(ages, dtype=np.float64)
    future = age < -clock_tolerance
    old = age > np.asarray(oldest, dtype=np.float64)
    fresh = np.isfinite(age) & ~future & ~old
    return Freshness(fresh, np.asarray(old.sum(axis=-1, dtype=np.int64)), future)


def frozen(moved: ArrayLike, others: int = 3) -> Bools:
    """Books that stood still while at least so many others moved, shape (..., books).

    Args:
        moved: whether each book's price changed in the period, shape (..., books).
        others: how many must have moved.
    """
    changed = np.asarray(moved, dtype=np.bool_)
    return np.asarray(~changed & (changed.sum(axis=-1, keepdims=True) >= others))
