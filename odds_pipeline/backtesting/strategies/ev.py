"""Back prices that are worth more than a sharp bookmaker's fair price says."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.backtesting.boards import OUTCOMES, Boards, boards
from odds_pipeline.backtesting.strategy import Parameters, Picks, ThresholdStrategy
from odds_pipeline.betting.expected_value import expected_value
from odds_pipeline.betting.margin_removal.methods import remove_margin

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class EVParameters(Parameters):
    """Parameters.

    Args:
        min_ev: expected profit a unit, at least.
        sharp_book: whose margin-free prices are taken for the truth.
        method: how its margin is removed.
        market: the market, at the sharp book's own line.
        books: keys of the books to bet at, comma separated; empty for all others.
        per_event: bet only on the greatest edge of an event at a decision.
    """

    min_ev: float = 0.03
    sharp_book: str = "pinnacle"
    method: str = "power"
    market: str = "h2h"
    books: str = ""
    per_event: bool = False


class Valued(NamedTuple):
    """The best price of each outcome, worth something or not: positions, edges, fair chances."""

    rows: Ints
    edge: Floats
    fair: Floats


class EVStrategy(ThresholdStrategy[Valued]):
    """Positive expected value against a sharp book, at the best price of the others."""

    name: ClassVar[str] = "ev"
    summary: ClassVar[str] = "Prices worth more than a sharp book's fair price."
    parameters_class = EVParameters
    thresholds = frozenset({"min_ev"})

    def candidates(self, offers: "pd.DataFrame") -> Valued:
        """The best price of each outcome; with ``per_event`` the greatest edge of each event."""
        of = boards(offers, self.parameters.market)
        if self.parameters.sharp_book not in of.books:
            return Valued(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
        fair = self._fair(of)
        value = expected_value(fair[:, None, :], of.prices)
        value[:, ~self._open(of), :] = np.nan
        value = np.nan_to_num(value, nan=-np.inf)
        best = np.argmax(value, axis=1)
        edge = np.take_along_axis(value, best[:, None, :], axis=1)[:, 0]
        priced = np.isfinite(edge)
        if self.parameters.per_event:
            priced &= _greatest(of, edge)
        board, side = np.nonzero(priced)
        rows = of.rows[board, best[board, side], side]
        order = np.argsort(rows)
        board, side = board[order], side[order]
        return Valued(rows[order], edge[board, side], fair[board, side])

    def chosen(self, candidates: Valued) -> Picks:
        """Those worth more than asked."""
        wanted = np.flatnonzero(candidates.edge > self.parameters.min_ev)
        return Picks.single(candidates.rows[wanted], candidates.fair[wanted])

    def _fair(self, of: Boards) -> Floats:
        sharp = of.prices[:, of.books.index(self.parameters.sharp_book), :]
        fair = np.full_like(sharp, np.nan)
        three = np.isfinite(sharp).all(axis=1)
        two = np.isfinite(sharp[:, :2]).all(axis=1) & ~three
        for rows, outcomes in ((three, OUTCOMES), (two, 2)):
            if rows.any():
                found = remove_margin(sharp[rows, :outcomes], self.parameters.method)
                fair[rows, :outcomes] = found.probabilities
        return fair

    def _open(self, of: Boards) -> NDArray[np.bool_]:
        """Which books may be bet at."""
        chosen = {key.strip() for key in self.parameters.books.split(",") if key.strip()}
        return np.array(
            [
                key != self.parameters.sharp_book and (not chosen or key in chosen)
                for key in of.books
            ]
        )


def _greatest(of: Boards, edge: Floats) -> NDArray[np.bool_]:
    """The greatest edge of each event at a decision; the first one of equals."""
    chosen = np.zeros(edge.shape, dtype=np.bool_)
    flat = edge.max(axis=1)
    order = np.lexsort((-flat, of.event, of.decision_time))
    event, moment = of.event[order], of.decision_time[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (event[1:] != event[:-1]) | (moment[1:] != moment[:-1])
    board = order[first]
    chosen[board, edge[board].argmax(axis=1)] = True
    return chosen
