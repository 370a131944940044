"""Which book moves first.

Belongs here: first movers of episodes, cross-correlation and price discovery between two books.
Does not belong here: finding the episodes (``steam``).
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats, Ints
from odds_pipeline.betting.movement.steam import Episode


class FirstMovers(NamedTuple):
    """How often each book was first.

    Args:
        first: episodes that each book began alone, shape (books,).
        joined: episodes that each book took part in, shape (books,).
        median_lag: seconds from the first move to each book's, shape (books,); NaN if never.
        tied: episodes whose first move several books share: who led is not observable.
    """

    first: Ints
    joined: Ints
    median_lag: Floats
    tied: int


class LeadLag(NamedTuple):
    """How one series follows another.

    Args:
        lag: steps by which the second follows the first (negative: leads it).
        correlation: of the changes at that lag; NaN where neither ever moved.
        by_lag: correlation at each lag from -max_lag to max_lag.
    """

    lag: int
    correlation: float
    by_lag: Floats


def first_movers(episodes: Iterable[Episode], books: int) -> FirstMovers:
    """Count who began, leaving out episodes whose beginning is shared.

    Args:
        episodes: from ``steam``.
        books: how many there are.
    """
    first, joined = np.zeros(books, np.int64), np.zeros(books, np.int64)
    lags: list[list[float]] = [[] for _ in range(books)]
    tied = 0
    for episode in episodes:
        leaders = episode.times.count(episode.begin)
        tied += leaders > 1
        first[episode.first_book] += leaders == 1
        for book, time in zip(episode.books, episode.times, strict=True):
            joined[book] += 1
            lags[book].append(time - episode.begin)
    median = np.array([np.median(found) if found else np.nan for found in lags])
    return FirstMovers(first, joined, median, int(tied))


def lead_lag(first: ArrayLike, second: ArrayLike, max_lag: int) -> LeadLag:
    """Cross-correlation of the changes of two series sampled together.

    Args:
        first: logits, shape (t,), evenly sampled.
        second: the same of the other book.
        max_lag: largest lag looked at, in steps.

    Raises:
        ValueError: different lengths, or too few steps for the lag.
    """
    one, other = (np.diff(np.asarray(series, dtype=np.float64)) for series in (first, second))
    if one.shape != other.shape or len(one) <= max_lag + 2:
        raise ValueError(f"series of {len(one)} and {len(other)} steps are too short for {max_lag}")
    lags = range(-max_lag, max_lag + 1)
    by_lag = np.array([_correlation(one, other, lag) for lag in lags])
    if np.isnan(by_lag).all():
        return LeadLag(0, float("nan"), by_lag)
    best = int(np.nanargmax(np.abs(by_lag)))
    return LeadLag(best - max_lag, float(by_lag[best]), by_lag)


def component_share(first: ArrayLike, second: ArrayLike, lags: int = 1) -> float:
    """First book's share of price discovery (Gonzalo & Granger 1995), 0 to 1 for ordinary pairs.

    An error-correction model of both logits with cointegration (1, -1): the book that does not
    adjust to the other's price is the one that makes it. share = a2 / (a2 - a1), a being the speeds
    of adjustment to first - second. NaN where neither adjusts.

    Args:
        first: logits, shape (t,), evenly sampled.
        second: the same of the other book.
        lags: past changes of both in the model.

    Raises:
        ValueError: too few steps.
    """
    one, other = (np.asarray(series, dtype=np.float64) for series in (first, second))
    changes = np.diff(np.stack([one, other], axis=1), axis=0)
    steps = len(changes) - lags
    if one.shape != other.shape or steps < 4 * lags + 4:
        raise ValueError(f"{len(one)} prices are too few for {lags} lags")
    past = [changes[lags - lag : len(changes) - lag] for lag in range(1, lags + 1)]
    error = (one - other)[lags:-1, None]
    design = np.hstack([error, np.ones_like(error), *past])
    speeds = np.linalg.lstsq(design, changes[lags:])[0][0]
    apart = speeds[1] - speeds[0]
    return float(speeds[1] / apart) if abs(apart) > 1e-12 else float("nan")


def _correlation(one: Floats, other: Floats, lag: int) -> float:
    early, late = (one, other) if lag >= 0 else (other, one)
    size = abs(lag)
    before, after = early[: len(early) - size], late[size:]
    known = np.isfinite(before) & np.isfinite(after)
    before, after = before[known], after[known]
    if len(before) < 3 or before.std() == 0.0 or after.std() == 0.0:
        return float("nan")
    return float(np.corrcoef(before, after)[0, 1])
