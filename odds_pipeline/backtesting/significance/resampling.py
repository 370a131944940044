"""Days drawn again: how often each day appears in each draw.

Belongs here: the draws. Does not belong here: what is computed of them. A draw is kept as counts,
so that a statistic that is a sum over days is one matrix product.
"""

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]


def independent_days(days: int, draws: int, seed: int) -> Counts:
    """Days drawn one by one with replacement: (draws, days) counts; each row sums to ``days``."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(days, np.full(days, 1.0 / days), size=draws).astype(np.float64)


def stationary_blocks(days: int, draws: int, mean_length: float, seed: int) -> Counts:
    """Runs of days drawn with replacement, of geometric length, around the end to the beginning.

    Keeps what neighbouring days have in common. Source: Politis and Romano, The Stationary
    Bootstrap (1994).

    Args:
        days: length of the series.
        draws: how many.
        mean_length: mean run, in days, at least 1.
        seed: the same seed gives the same draws.

    Raises:
        ValueError: a mean length below 1.
    """
    if mean_length < 1.0:
        raise ValueError("a block has at least one day")
    generator = np.random.default_rng(seed)
    fresh = generator.random((draws, days)) < 1.0 / mean_length
    fresh[:, 0] = True
    starts = generator.integers(0, days, size=(draws, days))
    step = np.arange(days)
    since = step - np.maximum.accumulate(np.where(fresh, step, 0), axis=1)
    begun = np.take_along_axis(starts, step - since, axis=1)
    chosen = (begun + since) % days
    flat = chosen + days * np.arange(draws)[:, None]
    counts = np.bincount(flat.ravel(), minlength=draws * days)
    return counts.reshape(draws, days).astype(np.float64)
