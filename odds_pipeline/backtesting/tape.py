"""Offers as arrays, and how a bet on each of them ends: read once, bet on many times.

Belongs here: what of a run does not depend on the strategy. Does not belong here: choosing bets
(strategies), money (``bankroll``).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.backtesting.closing import Closing, closing_chances, numbered
from odds_pipeline.backtesting.grading import DRAW, grade
from odds_pipeline.backtesting.offers import ORDER, offers
from odds_pipeline.backtesting.results import results

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
NEVER = int(np.iinfo(np.int64).max)
_MARKET = ("decision_time", "event_id", "market_key", "bookmaker_key")


@dataclass(frozen=True, slots=True)
class Endings:
    """How bets on the offers end: arrays of one length.

    Args:
        result: share of the stake won or lost, from 1 to -1; NaN while pending.
        void: whether the stake comes back because the bet never stood.
        settled_at: microseconds since 1970, ``NEVER`` while pending.
        gross: profit a unit staked before commission; NaN while pending.
    """

    result: Floats
    void: Bools
    settled_at: Ints
    gross: Floats


class Tape:
    """The offers of a run in the order of their decisions, and how bets on them end.

    ``price`` is what the strategy saw, ``paid`` what the bet is made at: another one where bets
    take time to reach the book, NaN where the offer was gone by then.

    A bet whose moment of settlement is not known is pending. Offers are graded when they are first
    bet on, and once. ``in_order`` says that bets on those graded are all settled, none void, and in
    the order of the offers.

    Args:
        quotes: what was on offer at the decisions; see ``offers``.
        ended: how the events ended; see ``results``.
        closes: closing prices, if they are known; see ``closing``.
        later: what was on offer when bets reached the books, under the ``decision_time`` of their
            decisions; without it bets are made at once.

    Raises:
        ValueError: frames that lack something, or a price captured after its decision.
    """

    def __init__(
        self,
        quotes: "pd.DataFrame",
        ended: "pd.DataFrame",
        closes: "pd.DataFrame | None" = None,
        later: "pd.DataFrame | None" = None,
    ) -> None:
        self.offered = offers(quotes)
        self.price: Floats = self.offered["price"].to_numpy(dtype=np.float64)
        self.paid = self.price if later is None else _paid(self.offered, later)
        self.moment = microseconds(self.offered["decision_time"])
        codes, names = self.offered["bookmaker_key"].factorize()
        self.book: Ints = np.asarray(codes, dtype=np.int64)
        self.books = tuple(map(str, names))
        self._closes = closes
        self.outcomes = results(ended)
        self._three_way = _three_way(self.offered)
        count = len(self.offered)
        self._graded = np.zeros(count, dtype=np.bool_)
        self._whole = False
        self.in_order = True
        self.endings = Endings(
            np.full(count, np.nan),
            np.zeros(count, dtype=np.bool_),
            np.full(count, NEVER),
            np.full(count, np.nan),
        )

    @cached_property
    def closing(self) -> Closing:
        """What the closing line said of each offer.

        Raises:
            ValueError: closing prices that lack a column.
        """
        if self._closes is None:
            count = len(self.price)
            return Closing(np.full(count, np.nan), np.zeros(count, dtype=np.bool_))
        return closing_chances(self.offered, self._closes)

    def graded(self, rows: Ints) -> Endings:
        """How bets on offers end, by offer; known of those asked for at least.

        Raises:
            ValueError: a market or outcome that no score settles, or an event that was settled
                before the offer.
        """
        if not self._whole and not self._graded[rows].all():
            self._grade(np.unique(rows[~self._graded[rows]]))
        return self.endings

    def _grade(self, rows: Ints) -> None:
        bets = self.offered.iloc[rows].reset_index(drop=True)
        graded = grade(bets, self.outcomes, self._three_way[rows])
        known = graded.settled_at.notna().to_numpy() & (graded.void | np.isfinite(graded.result))
        settled_at = np.where(known, microseconds(graded.settled_at), NEVER)
        early = settled_at <= self.moment[rows]
        if early.any():
            first = bets[early].iloc[0]
            raise ValueError(
                f"event {first['event_id']} was settled before the bet of {first['decision_time']}"
            )
        result, void = np.where(known, graded.result, np.nan), graded.void & known
        won = np.where(result > 0.0, result * (self.paid[rows] - 1.0), result)
        self.endings.result[rows], self.endings.void[rows] = result, void
        self.endings.settled_at[rows] = settled_at
        self.endings.gross[rows] = np.where(void, 0.0, won)
        self._graded[rows] = True
        self._whole = bool(self._graded.all())
        every = self.endings.settled_at[self._graded]
        settled = not void.any() and bool(every.max(initial=0) < NEVER)
        self.in_order &= settled and bool((every[1:] >= every[:-1]).all())


def microseconds(moments: "pd.Series") -> Ints:
    """Times as microseconds since 1970, whatever unit the column has."""
    return np.asarray(moments.dt.as_unit("us").astype("int64"), dtype=np.int64)


def _paid(offered: "pd.DataFrame", later: "pd.DataFrame") -> Floats:
    """The later price of each offer, at the same number; NaN where there is none."""
    prices = later[later["price"] > 1.0]
    if "in_play" in prices:
        prices = prices[~prices["in_play"].astype(bool)]
    there = prices.assign(point=numbered(prices)).drop_duplicates(ORDER).set_index(ORDER)["price"]
    asked = offered[ORDER].assign(point=numbered(offered))
    return asked.join(there, on=ORDER)["price"].to_numpy(dtype=np.float64)


def _three_way(offered: "pd.DataFrame") -> Bools:
    """Of each offer, whether its book prices the draw in that market.

    A book's market stands together in the offers' order.
    """
    drawn = (offered["outcome_name"] == DRAW).to_numpy(dtype=np.bool_)
    if not drawn.any():
        return drawn
    begins = np.zeros(len(offered), dtype=np.bool_)
    begins[0] = True
    for name in _MARKET:
        codes, _ = offered[name].factorize()
        begins[1:] |= codes[1:] != codes[:-1]
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.append(starts, len(offered)))
    return np.repeat(np.logical_or.reduceat(drawn, starts), lengths)
