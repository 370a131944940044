"""One book's prices of one outcome through time."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats, Ints


class OpenClose(NamedTuple):
    """First and last prices before the start.

    Args:
        opening: first price, shape (...); NaN where there is none.
        closing: last price.
        opening_place: its place in time; -1 where there is none.
        closing_place: the same of the last.
    """

    opening: Floats
    closing: Floats
    opening_place: Ints
    closing_place: Ints


def logit(probabilities: ArrayLike) -> Floats:
    """ln(p / (1 - p)); NaN unless 0 < p < 1."""
    chance = np.asarray(probabilities, dtype=np.float64)
    possible = (chance > 0.0) & (chance < 1.0)
    safe = np.where(possible, chance, 0.5)
    return np.where(possible, np.log(safe) - np.log1p(-safe), np.nan)


def opening_and_closing(times: ArrayLike, prices: ArrayLike, start: float) -> OpenClose:
    """First and last price captured strictly before the start.

    Args:
        times: of the captures, ascending, shape (t,).
        prices: shape (..., t), NaN where none was offered.
        start: when the event really started.
    """
    when, price = np.asarray(times, dtype=np.float64), np.asarray(prices, dtype=np.float64)
    open_ = np.isfinite(price) & (when < start)
    found = open_.any(axis=-1)
    first = np.asarray(open_.argmax(axis=-1))
    last = np.asarray(open_.shape[-1] - 1 - open_[..., ::-1].argmax(axis=-1))
    ends = (np.take_along_axis(price, place[..., None], axis=-1)[..., 0] for place in (first, last))
    opening, closing = (np.where(found, end, np.nan) for end in ends)
    return OpenClose(opening, closing, np.where(found, first, -1), np.where(found, last, -1))
