"""Follow prices that moved between one decision of an event and the next."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.backtesting.boards import OUTCOMES, Boards, boards
from odds_pipeline.backtesting.strategy import Parameters, Picks, ThresholdStrategy
from odds_pipeline.betting.margin_removal.multiplicative import multiplicative

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SteamParameters(Parameters):
    """Parameters.

    Args:
        min_books: books that moved the same way, at least.
        min_move: of the margin-free probability, at least.
        market: a market without lines.
    """

    min_books: int = 3
    min_move: float = 0.02
    market: str = "h2h"


@dataclass(frozen=True, slots=True)
class FollowerParameters(Parameters):
    """Parameters.

    Args:
        bookmaker: the book whose line is followed.
        min_move: of its margin-free probability since the event's first decision, at least.
        market: a market without lines.
    """

    bookmaker: str = "pinnacle"
    min_move: float = 0.02
    market: str = "h2h"


class Moved(NamedTuple):
    """By how much margin-free chances rose: of some boards, (boards, books, 3) or (boards, 3)."""

    of: Boards
    board: Ints
    rise: Floats


class SteamFollowerStrategy(ThresholdStrategy[Moved]):
    """Back a side that several books shortened since the last decision, where it is highest.

    It needs two or more decisions an event.
    """

    name: ClassVar[str] = "steam"
    summary: ClassVar[str] = "Sides that several books shortened since the last decision."
    parameters_class = SteamParameters
    thresholds = frozenset({"min_books", "min_move"})

    def candidates(self, offers: "pd.DataFrame") -> Moved:
        """Every board that follows another one of its event, by book."""
        of = boards(offers, self.parameters.market)
        later, earlier = _steps(of)
        fair = _fair(of)
        return Moved(of, later, np.nan_to_num(fair[later] - fair[earlier]))

    def chosen(self, candidates: Moved) -> Picks:
        """Sides that enough books moved far enough."""
        books = (candidates.rise >= self.parameters.min_move).sum(axis=1)
        step, side = np.nonzero(books >= self.parameters.min_books)
        return _at_best(candidates.of, candidates.board[step], side)


class ClosingLineFollowerStrategy(ThresholdStrategy[Moved]):
    """Back what one book has shortened since the first decision: where its close may be heading.

    It needs two or more decisions an event.
    """

    name: ClassVar[str] = "closing_line_follower"
    summary: ClassVar[str] = "Sides that one book has shortened since the first decision."
    parameters_class = FollowerParameters
    thresholds = frozenset({"min_move"})

    def candidates(self, offers: "pd.DataFrame") -> Moved:
        """Every board, against the first one of its event."""
        of = boards(offers, self.parameters.market)
        every = np.arange(len(of.event))
        if self.parameters.bookmaker not in of.books:
            return Moved(of, every, np.full((len(every), OUTCOMES), -np.inf))
        fair = _fair(of)[:, of.books.index(self.parameters.bookmaker)]
        return Moved(of, every, np.nan_to_num(fair - fair[_first(of)]))

    def chosen(self, candidates: Moved) -> Picks:
        """Sides that the book moved far enough."""
        board, side = np.nonzero(candidates.rise >= self.parameters.min_move)
        return _at_best(candidates.of, candidates.board[board], side)


def _fair(of: Boards) -> Floats:
    """Each book's own margin-free probabilities, (boards, books, outcomes)."""
    sides = np.where(np.isfinite(of.prices[:, :, 2:]).any(axis=1, keepdims=True), 3, 2)
    two = multiplicative(of.prices[:, :, :2]).probabilities
    three = multiplicative(of.prices).probabilities
    padded = np.concatenate([two, np.full((*two.shape[:2], 1), np.nan)], axis=2)
    return np.where(sides == 3, three, padded)


def _steps(of: Boards) -> tuple[Ints, Ints]:
    """Each board that follows another one of its event, and that one."""
    order = np.lexsort((of.decision_time, of.event))
    same = of.event[order[1:]] == of.event[order[:-1]]
    return order[1:][same], order[:-1][same]


def _first(of: Boards) -> Ints:
    """The first board of each board's event."""
    order = np.lexsort((of.decision_time, of.event))
    event = of.event[order]
    starts = np.flatnonzero(np.diff(event, prepend=-1))
    first = np.empty(len(order), dtype=np.int64)
    first[order] = np.repeat(order[starts], np.diff(np.append(starts, len(order))))
    return first


def _at_best(of: Boards, board: Ints, side: Ints) -> Picks:
    """The highest price of a side on each board."""
    prices = np.nan_to_num(of.prices[board, :, side], nan=-np.inf)
    rows = of.rows[board, prices.argmax(axis=1), side] if len(board) else board
    return Picks.single(rows[rows >= 0])
