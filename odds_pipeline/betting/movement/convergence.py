"""How prices approach the close, and whether the early ones were biased."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats, Ints


class Convergence(NamedTuple):
    """Distance from the close by time to the start, one entry a bin that is not empty.

    Args:
        hours: mean hours before the start.
        distance: mean absolute difference of the probability from the closing one.
        prices: how many.
    """

    hours: Floats
    distance: Floats
    prices: Ints


class Regression(NamedTuple):
    """A line through pairs, with standard errors that allow for unequal variances.

    Args:
        intercept: 0 if the early probability was not biased.
        slope: 1 if it moved neither too far nor too little.
        intercept_error: standard error.
        slope_error: standard error.
        pairs: how many.
    """

    intercept: float
    slope: float
    intercept_error: float
    slope_error: float
    pairs: int


def convergence(
    hours: ArrayLike, probabilities: ArrayLike, closing: ArrayLike, edges: ArrayLike
) -> Convergence:
    """Mean distance to the close, by hours to the start.

    Args:
        hours: before the start, any shape.
        probabilities: no-vig, the same shape.
        closing: no-vig at the close, broadcast to it.
        edges: of the bins of hours, ascending.
    """
    when, early, close = np.broadcast_arrays(
        *(np.asarray(one, dtype=np.float64) for one in (hours, probabilities, closing))
    )
    known = np.isfinite(when) & np.isfinite(early) & np.isfinite(close)
    when, off = when[known], np.abs(early - close)[known]
    bins = np.asarray(edges, dtype=np.float64)
    places = np.digitize(when, bins) - 1
    inside = (places >= 0) & (places < len(bins) - 1)
    places, when, off = places[inside], when[inside], off[inside]
    count = np.bincount(places, minlength=len(bins) - 1)
    filled = count > 0
    sums = (np.bincount(places, part, minlength=len(bins) - 1)[filled] for part in (when, off))
    mean_hours, mean_off = (total / count[filled] for total in sums)
    return Convergence(mean_hours, mean_off, count[filled])


def mincer_zarnowitz(early: ArrayLike, later: ArrayLike) -> Regression:
    """Regress later probabilities (or results) on early ones (Mincer & Zarnowitz 1969).

    Args:
        early: what was stated first, shape (k,).
        later: the close, or 1 and 0 for what happened, shape (k,).

    Raises:
        ValueError: fewer than three pairs.
    """
    stated, found = (np.asarray(one, dtype=np.float64) for one in (early, later))
    known = np.isfinite(stated) & np.isfinite(found)
    stated, found = stated[known], found[known]
    if len(stated) < 3:
        raise ValueError("a regression needs at least three pairs")
    design = np.stack([np.ones_like(stated), stated], axis=1)
    inverse = np.linalg.pinv(design.T @ design)
    line = inverse @ design.T @ found
    off = found - design @ line
    spread = inverse @ (design * (off * off)[:, None]).T @ design @ inverse  # White (1980)
    errors = np.sqrt(np.diag(spread))
    return Regression(
        float(line[0]), float(line[1]), float(errors[0]), float(errors[1]), len(stated)
    )
