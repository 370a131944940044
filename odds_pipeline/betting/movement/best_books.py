"""Which books have the best price, and how often."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats, Ints


class BestBooks(NamedTuple):
    """How often each book had the best price of an outcome.

    Args:
        offered: prices each book had, shape (books,).
        best: how many of them no other book beat, shape (books,).
        alone: how many of them no other book equalled, shape (books,).
        share: best by offered; NaN for a book that never had a price.
    """

    offered: Ints
    best: Ints
    alone: Ints
    share: Floats


def best_book_frequency(prices: ArrayLike) -> BestBooks:
    """Count best prices over captures and outcomes.

    Only prices at the same point and seen at the same time can be compared; an outcome that one
    book alone offers is left out.

    Args:
        prices: decimal odds, shape (..., books, n); NaN for an absent price.
    """
    decimal = np.asarray(prices, dtype=np.float64)
    table = np.moveaxis(decimal, -2, -1).reshape(-1, decimal.shape[-2])
    offered = np.isfinite(table) & (table > 1.0)
    compared = offered & (offered.sum(axis=1, keepdims=True) > 1)
    top = np.where(compared, table, -np.inf).max(axis=1, keepdims=True)
    best = compared & (table == top)
    alone = best & (best.sum(axis=1, keepdims=True) == 1)
    counts = compared.sum(axis=0)
    share = np.where(counts > 0, best.sum(axis=0) / np.maximum(counts, 1), np.nan)
    return BestBooks(counts, best.sum(axis=0), alone.sum(axis=0), share)
