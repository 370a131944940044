"""Steam: several books move the same way within a short time."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats, Ints


class Moves(NamedTuple):
    """Moves of one outcome over all books, ascending in time.

    Args:
        times: shape (moves,).
        books: shape (moves,).
        sizes: change of the logit, signed, shape (moves,).
    """

    times: Floats
    books: Ints
    sizes: Floats


class Episode(NamedTuple):
    """One steam move.

    Args:
        begin: time of its first move.
        end: time of its last.
        direction: 1 up, -1 down.
        first_book: who moved first.
        books: who took part, in order.
        times: when each of them moved first.
        size: median change of the logit.
    """

    begin: float
    end: float
    direction: int
    first_book: int
    books: tuple[int, ...]
    times: tuple[float, ...]
    size: float


class Steam(NamedTuple):
    """Steam moves, or why they cannot be seen.

    Args:
        episodes: None where steam is not observable.
        reason: why not; empty where it is.
    """

    episodes: tuple[Episode, ...] | None
    reason: str


def find_moves(times: ArrayLike, logits: ArrayLike, smallest: float = 0.0) -> Moves:
    """Changes between a book's successive prices.

    Args:
        times: when each book changed its price (its own last update, not the capture), shape
            (books, t), ascending; or (t,) for one clock.
        logits: of the no-vig probability, shape (books, t); NaN where there was no price.
        smallest: change of the logit below which nothing moved.
    """
    levels = np.asarray(logits, dtype=np.float64)
    when = np.broadcast_to(np.asarray(times, dtype=np.float64), levels.shape)
    found: list[tuple[float, int, float]] = []
    for book, (clock, level) in enumerate(zip(when, levels, strict=True)):
        known = np.isfinite(level)
        change = np.diff(level[known])
        moved = np.abs(change) > max(smallest, 1e-12)
        stamps = clock[known][1:][moved]
        found += [(float(t), book, float(c)) for t, c in zip(stamps, change[moved], strict=True)]
    found.sort()
    columns = list(zip(*found, strict=True)) or [(), (), ()]
    return Moves(
        np.array(columns[0], np.float64),
        np.array(columns[1], np.int64),
        np.array(columns[2], np.float64),
    )


def steam(moves: Moves, books: int, within: float, sampled_every: float) -> Steam:
    """Episodes in which at least so many books move the same way within a time of the first.

    Args:
        moves: from ``find_moves``, each at least as large as a move must be.
        books: how many must take part.
        within: seconds from the first move.
        sampled_every: seconds between two looks at the prices. A window not longer than that holds
            one look at most: who moved first in it, and whether it was one move, cannot be seen.
    """
    if within <= sampled_every:
        reason = f"not observable: prices seen every {sampled_every:g} s, window {within:g} s"
        return Steam(None, reason)
    episodes: list[Episode] = []
    for direction in (1, -1):
        same = np.flatnonzero(np.sign(moves.sizes) == direction)
        place = 0
        while place < len(same):
            inside = same[place:][moves.times[same[place:]] <= moves.times[same[place]] + within]
            if len(np.unique(moves.books[inside])) < books:
                place += 1
                continue
            episodes.append(_episode(moves, inside, direction))
            place += len(inside)
    return Steam(tuple(sorted(episodes)), "")


def _episode(moves: Moves, inside: Ints, direction: int) -> Episode:
    first: dict[int, float] = {}
    for place in inside:
        first.setdefault(int(moves.books[place]), float(moves.times[place]))
    books, times = tuple(first), tuple(first.values())
    size = float(np.median(moves.sizes[inside]))
    return Episode(
        times[0], float(moves.times[inside[-1]]), direction, books[0], books, times, size
    )
