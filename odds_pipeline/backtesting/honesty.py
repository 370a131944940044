"""What a run's figures are worth: intervals, chances, and how many runs there were.

Belongs here: the one summary that every result carries. Does not belong here: each statistic
(``significance``, ``betting.yield_test``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from odds_pipeline.backtesting.engine import Backtest
from odds_pipeline.backtesting.figures import daily_returns, settled_bets
from odds_pipeline.backtesting.significance.intervals import yield_interval
from odds_pipeline.backtesting.significance.sharpe import (
    deflated_sharpe,
    probabilistic_sharpe,
    shape,
)
from odds_pipeline.betting.yield_test import bets_needed, profit_test

ENOUGH_DAYS = 2


@dataclass(frozen=True, slots=True)
class Honesty:
    """Of one run; NaN where too little was bet to say.

    Args:
        roi_low: lower end of the 95 % interval of the yield, by event-day.
        roi_high: its upper end.
        p_value: chance of such a profit or more, were every bet fair at its price.
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
    daily_sharpe: float
    probabilistic_sharpe: float
    deflated_sharpe: float
    trials: int
    bets_needed: int
    days: int


def honesty(of: Backtest, earlier: Sequence[float], seed: int = 0) -> Honesty:
    """Weigh a run.

    Args:
        of: the run.
        earlier: the daily Sharpe ratio of every run made before on the same data.
        seed: of the bootstrap.
    """
    settled = settled_bets(of)
    trials = len(earlier) + 1
    if settled.empty:
        return Honesty(np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, trials, 0, 0)
    stake, profit, price = (settled[name].to_numpy() for name in ("stake", "profit", "price"))
    by_day = settled.groupby(settled["settled_at"].dt.floor("D"))[["profit", "stake"]].sum()
    found = shape(daily_returns(of))
    interval = None
    if len(by_day) >= ENOUGH_DAYS:
        interval = yield_interval(by_day["profit"], by_day["stake"], seed=seed)
    # Fair at its price: what a bet without any edge and without a margin would do.
    tested = profit_test(stake, price, 1.0 / price, float(profit.sum()))
    rate = float(profit.sum() / stake.sum())
    unit = profit / stake
    ratios = np.array([*earlier, found.ratio])
    known = ratios[np.isfinite(ratios)]
    variance = float(known.var(ddof=1)) if len(known) > 1 else 0.0
    measured = np.isfinite(found.ratio)
    return Honesty(
        roi_low=np.nan if interval is None else interval.low,
        roi_high=np.nan if interval is None else interval.high,
        p_value=tested.p_value,
        daily_sharpe=found.ratio,
        probabilistic_sharpe=probabilistic_sharpe(found) if measured else np.nan,
        deflated_sharpe=deflated_sharpe(found, trials, variance) if measured else np.nan,
        trials=trials,
        bets_needed=bets_needed(rate, float(unit.std())) if rate > 0.0 < unit.std() else 0,
        days=len(by_day),
    )
