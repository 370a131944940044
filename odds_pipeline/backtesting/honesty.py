"""What a run's figures are worth: intervals, chances, and how many runs there were.

Belongs here: the one summary that every result carries. Does not belong here: each statistic
(``significance``, ``betting.yield_test``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.backtesting.engine import Backtest
from odds_pipeline.backtesting.figures import Settled, daily_returns, settled
from odds_pipeline.backtesting.significance.intervals import yield_interval
from odds_pipeline.backtesting.significance.sharpe import (
    deflated_sharpe,
    probabilistic_sharpe,
    shape,
)
from odds_pipeline.betting.expected_value import expected_value
from odds_pipeline.betting.odds_arrays import after_commission
from odds_pipeline.betting.yield_test import bets_needed, profit_test

Floats = NDArray[np.float64]
ENOUGH_DAYS = 2


@dataclass(frozen=True, slots=True)
class Honesty:
    """Of one run; NaN where too little was bet to say.

    Args:
        roi_low: lower end of the 95 % interval of the yield, by event-day.
        roi_high: its upper end.
        p_value: chance of such a profit or more, were every bet fair at its price.
        clv: expected profit a unit staked by the closing fair chances, of the bets that have one.
        clv_bets: how many have one.
        clv_moved: of these, by a close at another number, moved to that of the bet.
        expected_at_close: expected profit of these bets, in money.
        actual_at_close: what these bets came to.
        p_value_close: chance of ``actual_at_close`` or more, were the closing line right.
        daily_sharpe: Sharpe ratio by day, not annual.
        probabilistic_sharpe: chance that the true ratio is above 0.
        deflated_sharpe: chance that it is above what the best of all trials shows by luck.
        trials: runs ever made on this data, this one included.
        bets_needed: bets it takes to tell this yield from 0 (5 %, noticed in 80 %); 0 without a
            positive yield.
        days: UTC days with settled bets.
    """

    roi_low: float
    roi_high: float
    p_value: float
    clv: float
    clv_bets: int
    clv_moved: int
    expected_at_close: float
    actual_at_close: float
    p_value_close: float
    daily_sharpe: float
    probabilistic_sharpe: float
    deflated_sharpe: float
    trials: int
    bets_needed: int
    days: int


class AtClose(NamedTuple):
    """What the closing line says of a run; see ``Honesty``."""

    clv: float
    clv_bets: int
    clv_moved: int
    expected_at_close: float
    actual_at_close: float
    p_value_close: float


def honesty(of: Backtest, earlier: Sequence[float], seed: int = 0) -> Honesty:
    """Weigh a run.

    Args:
        of: the run.
        earlier: the daily Sharpe ratio of every run made before on the same data; NaN of one that
            has none.
        seed: of the bootstrap.

    Raises:
        ValueError: closing prices that lack a column.
    """
    bets = settled(of)
    trials = len(earlier) + 1
    at_close = against_close(of, bets)
    if not len(bets.stake):
        return Honesty(
            roi_low=np.nan,
            roi_high=np.nan,
            p_value=np.nan,
            **at_close._asdict(),
            daily_sharpe=np.nan,
            probabilistic_sharpe=np.nan,
            deflated_sharpe=np.nan,
            trials=trials,
            bets_needed=0,
            days=0,
        )
    found = shape(daily_returns(bets, of.bankroll))
    low, high = roi_interval(bets, seed)
    ratios = np.array([*earlier, found.ratio])
    measured = np.isfinite(found.ratio)
    return Honesty(
        roi_low=low,
        roi_high=high,
        p_value=against_price(bets),
        **at_close._asdict(),
        daily_sharpe=found.ratio,
        probabilistic_sharpe=probabilistic_sharpe(found) if measured else np.nan,
        deflated_sharpe=deflated_sharpe(found, trials, variance(ratios)) if measured else np.nan,
        trials=trials,
        bets_needed=needed(bets),
        days=len(np.unique(bets.day)),
    )


def roi_interval(bets: Settled, seed: int) -> tuple[float, float]:
    """The 95 % interval of the yield, by event-day; NaN of fewer than two days."""
    days, place = np.unique(bets.day, return_inverse=True)
    if len(days) < ENOUGH_DAYS:
        return np.nan, np.nan
    profit, stake = (np.bincount(place, weights=each) for each in (bets.profit, bets.stake))
    found = yield_interval(profit, stake, seed=seed)
    return found.low, found.high


def against_price(bets: Settled) -> float:
    """Chance of such a profit or more by bets that are fair at their prices.

    What bets without any edge and without a margin would do.
    """
    return profit_test(bets.stake, bets.price, 1.0 / bets.price, float(bets.profit.sum())).p_value


def against_close(of: Backtest, bets: Settled) -> AtClose:
    """What the closing line says; pushes are left out of the chances, commission is paid."""
    chance = of.tape.closing.chance[bets.row]
    known = (chance > 0.0) & (chance < 1.0)
    if not known.any():
        return AtClose(np.nan, 0, 0, np.nan, np.nan, np.nan)
    net = after_commission(bets.price, of.commission[of.tape.book[bets.row]])
    stake, fair, price = bets.stake[known], chance[known], net[known]
    expected = float(np.sum(stake * expected_value(fair, price)))
    actual = float(bets.profit[known].sum())
    return AtClose(
        expected / float(stake.sum()),
        int(known.sum()),
        int(of.tape.closing.moved[bets.row[known]].sum()),
        expected,
        actual,
        profit_test(stake, price, fair, actual).p_value,
    )


def variance(ratios: Floats) -> float:
    """Of the ratios that are known; 0 of fewer than two."""
    known = ratios[np.isfinite(ratios)]
    return float(known.var(ddof=1)) if len(known) > 1 else 0.0


def needed(bets: Settled) -> int:
    """Bets it takes to tell this yield from 0; 0 without a positive one."""
    rate, spread = bets.profit.sum() / bets.stake.sum(), (bets.profit / bets.stake).std()
    return bets_needed(float(rate), float(spread)) if rate > 0.0 < spread else 0
