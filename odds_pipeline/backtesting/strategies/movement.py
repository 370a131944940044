"""Follow prices that moved between one decision of an event and the next."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.backtesting.boards import Boards, boards
from odds_pipeline.backtesting.strategy import Parameters, Picks, Strategy
from odds_pipeline.betting.margin_removal.multiplicative import multiplicative

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


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


class SteamFollowerStrategy(Strategy):
    """Back a side that several books shortened since the last decision, where it is highest."""

    name: ClassVar[str] = "steam"
    summary: ClassVar[str] = "Sides that several books shortened since the last decision."
    parameters_class = SteamParameters

    def opportunities(self, offers: "pd.DataFrame") -> Picks:
        """See ``Strategy``; it needs two or more decisions an event."""
        of = boards(offers, self.parameters.market)
        later, earlier = _steps(of)
        if not len(later):
            return Picks.single([])
        fair = _fair(of)
        moved = fair[later] - fair[earlier]
        books = (np.nan_to_num(moved) >= self.parameters.min_move).sum(axis=1)
        step, side = np.nonzero(books >= self.parameters.min_books)
        return _at_best(of, later[step], side)


class ClosingLineFollowerStrategy(Strategy):
    """Back what one book has shortened since the first decision: where its close may be heading."""

    name: ClassVar[str] = "closing_line_follower"
    summary: ClassVar[str] = "Sides that one book has shortened since the first decision."
    parameters_class = FollowerParameters

    def opportunities(self, offers: "pd.DataFrame") -> Picks:
        """See ``Strategy``; it needs two or more decisions an event."""
        of = boards(offers, self.parameters.market)
        if self.parameters.bookmaker not in of.books:
            return Picks.single([])
        fair = _fair(of)[:, of.books.index(self.parameters.bookmaker)]
        first = _first(of)
        moved = np.nan_to_num(fair - fair[first])
        board, side = np.nonzero(moved >= self.parameters.min_move)
        return _at_best(of, board, side)


def _fair(of: Boards) -> Floats:
    """Each book's own margin-free probabilities, (boards, books, outcomes)."""
    sides = np.where(np.isfinite(of.prices[:, :, 2:]).any(axis=1, keepdims=True), 3, 2)
    two = multiplicative(of.prices[:, :, :2]).probabilities
    three = multiplicative(of.prices).probabilities
    padded = np.concatenate([two, np.full((*two.shape[:2], 1), np.nan)], axis=2)
    return np.where(sides == 3, three, padded)


def _steps(of: Boards) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each board that follows another one of its event, and that one."""
    order = np.lexsort((of.decision_time, of.event))
    same = of.event[order[1:]] == of.event[order[:-1]]
    return order[1:][same], order[:-1][same]


def _first(of: Boards) -> NDArray[np.int64]:
    """The first board of each board's event."""
    order = np.lexsort((of.decision_time, of.event))
    event = of.event[order]
    starts = np.flatnonzero(np.diff(event, prepend=-1))
    first = np.empty(len(order), dtype=np.int64)
    first[order] = np.repeat(order[starts], np.diff(np.append(starts, len(order))))
    return first


def _at_best(of: Boards, board: NDArray[np.int64], side: NDArray[np.int64]) -> Picks:
    """The highest price of a side on each board."""
    prices = np.nan_to_num(of.prices[board, :, side], nan=-np.inf)
    rows = of.rows[board, prices.argmax(axis=1), side] if len(board) else board
    return Picks.single(rows[rows >= 0])
