"""One fair price out of many books.

Belongs here: pooling the fair probabilities of several books. Does not belong here: removing their
margins first (``margin_removal``), which books are fresh (``freshness``), exchanges (``exchange``).

Units and shapes: probabilities (..., books, n), margins removed *before* pooling, every book at
the same point; a book that has no price, is stale or excluded is NaN. Results are (..., n) and sum
to 1; NaN where no book is left. Never pool prices, American or decimal: their mean is no price.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Bools, Floats, Ints

Pool = Callable[[Floats], Floats]  # (..., books, n) -> (..., n)


def books_used(probabilities: ArrayLike) -> Ints:
    """How many books of each market have all their outcomes, shape (...)."""
    return np.asarray(_present(_floats(probabilities)).sum(axis=-1, dtype=np.int64))


def linear_pool(probabilities: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Weighted mean of the probabilities.

    Args:
        probabilities: shape (..., books, n).
        weights: shape (books,), not negative; equal without.

    Raises:
        ValueError: negative weights, or not one for each book.
    """
    fair = _floats(probabilities)
    shares = _shares(fair, weights)
    return np.asarray((np.where(shares > 0.0, fair, 0.0) * shares).sum(axis=-2)) + _none(shares)


def log_pool(probabilities: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Weighted geometric mean of the probabilities, scaled to sum to 1.

    For two outcomes the weighted mean of the logits; externally Bayesian (Genest 1984).

    Args:
        probabilities: shape (..., books, n).
        weights: shape (books,), not negative; equal without.

    Raises:
        ValueError: negative weights, or not one for each book.
    """
    fair = _floats(probabilities)
    shares = _shares(fair, weights)
    logs = np.log(np.where(shares > 0.0, fair, 1.0))
    pooled = np.exp((logs * shares).sum(axis=-2)) + _none(shares)
    return np.asarray(pooled / pooled.sum(axis=-1, keepdims=True))


def median_pool(probabilities: ArrayLike) -> Floats:
    """Median of each outcome over the books, scaled to sum to 1: one wild book cannot move it."""
    fair = _floats(probabilities)
    present = _present(fair)
    ordered = np.sort(np.where(present[..., None], fair, np.inf), axis=-2)
    count = present.sum(axis=-1)[..., None, None]
    middle = [np.maximum((count - 1) // 2, 0), np.maximum(count // 2, 0)]
    low, high = (
        np.take_along_axis(ordered, np.minimum(place, fair.shape[-2] - 1), axis=-2)
        for place in middle
    )
    median = np.where(count > 0, 0.5 * (low + np.where(count > 0, high, 0.0)), np.nan)[..., 0, :]
    return np.asarray(median / median.sum(axis=-1, keepdims=True))


def sharp_anchor(probabilities: ArrayLike) -> tuple[Floats, Ints]:
    """The first book that has a price, the sharpest one given first.

    Returns:
        Probabilities (..., n), and which book they are of, shape (...); -1 where none has a price.
    """
    fair = _floats(probabilities)
    present = _present(fair)
    first = np.asarray(present.argmax(axis=-1))
    anchor = np.take_along_axis(fair, first[..., None, None], axis=-2)[..., 0, :]
    found = np.asarray(present.any(axis=-1))
    return np.where(found[..., None], anchor, np.nan), np.where(found, first, -1)


def leave_one_out(probabilities: ArrayLike, pool: Pool) -> Floats:
    """For each book the consensus of the others, shape (..., books, n).

    A book must not be part of the consensus its own price is judged against, else its edge is
    biased to 0. NaN for a book that would be judged by nobody.

    Args:
        probabilities: shape (..., books, n).
        pool: such as ``log_pool``, with weights bound by ``functools.partial``.
    """
    fair = _floats(probabilities)
    judged = np.empty_like(fair)
    for book in range(fair.shape[-2]):
        others = fair.copy()
        others[..., book, :] = np.nan
        judged[..., book, :] = pool(others)
    return judged


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _present(fair: Floats) -> Bools:
    return np.asarray(np.isfinite(fair).all(axis=-1))


def _shares(fair: Floats, weights: ArrayLike | None) -> Floats:
    """Weights of the books that have a price, scaled to sum to 1; shape (..., books, 1)."""
    books = fair.shape[-2]
    given = np.ones(books) if weights is None else _floats(weights)
    if given.shape != (books,):
        raise ValueError(f"{books} books need as many weights, not shape {given.shape}")
    if not (given >= 0.0).all():
        raise ValueError("weights must not be negative")
    shares = np.where(_present(fair), given, 0.0)
    total = shares.sum(axis=-1, keepdims=True)
    return np.asarray((shares / np.where(total > 0.0, total, 1.0))[..., None])


def _none(shares: Floats) -> Floats:
    """0 where a book is left to speak for a market, else NaN; shape (..., 1)."""
    return np.where(shares.sum(axis=-2) > 0.0, 0.0, np.nan)
