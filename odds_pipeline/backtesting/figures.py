"""A run's figures.

Belongs here: summing a ledger up. Does not belong here: the formulas (``betting``), corrections
for what else was tried (``significance``, ``honesty``).

Money in the run's currency; rates as shares (0.05 is 5 %).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.backtesting.engine import Backtest
from odds_pipeline.betting.daily_returns import daily_sums, sharpe_ratio, sortino_ratio
from odds_pipeline.betting.expected_value import expected_value
from odds_pipeline.betting.performance import drawdown, equity, longest_losing_run, tally

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of the settled bets; what has no value is NaN.

    Args:
        strategy_name: of the strategy.
        total_bets: made and settled, voids left out.
        winning_bets: with a profit (half wins too).
        losing_bets: with a loss (half losses too).
        pushes: stake back.
        voids: bets that never stood; in no other count.
        pending_bets: not settled.
        total_wagered: turnover of the settled bets, pushes included.
        total_profit: after commission.
        roi: profit a unit wagered, also called yield.
        return_on_bankroll: profit over the bankroll at the beginning.
        max_drawdown: deepest fall of the equity, in money.
        max_drawdown_percent: deepest fall as a share of the height before, 0 to 1.
        sharpe_ratio: of daily returns on the first bankroll, for a year of 365 days.
        sortino_ratio: the same with losses alone as risk.
        win_rate: won of won and lost.
        average_odds: mean decimal price.
        profit_factor: money won over money lost.
        longest_losing_run: losses in a row.
        expected_profit: by the strategy's own chances, of the bets that have one.
        final_bankroll: settled money at the end.
    """

    strategy_name: str
    total_bets: int
    winning_bets: int
    losing_bets: int
    pushes: int
    voids: int
    pending_bets: int
    total_wagered: float
    total_profit: float
    roi: float
    return_on_bankroll: float
    max_drawdown: float
    max_drawdown_percent: float
    sharpe_ratio: float
    sortino_ratio: float
    win_rate: float
    average_odds: float
    profit_factor: float
    longest_losing_run: int
    expected_profit: float
    final_bankroll: float


def figures(of: Backtest) -> Figures:
    """Sum a run up."""
    settled = settled_bets(of)
    stakes, profits = _column(settled, "stake"), _column(settled, "profit")
    counted = tally(stakes, profits)
    curve = equity(profits, of.bankroll)
    fall = drawdown(curve)
    returns = daily_returns(of)
    void = of.bets["void"].to_numpy(dtype=np.bool_)
    return Figures(
        strategy_name=of.strategy,
        total_bets=counted.bets,
        winning_bets=counted.won,
        losing_bets=counted.lost,
        pushes=counted.pushed,
        voids=int(void.sum()),
        pending_bets=int((of.bets["profit"].isna()).sum()),
        total_wagered=counted.turnover,
        total_profit=counted.profit,
        roi=counted.yield_,
        return_on_bankroll=counted.profit / of.bankroll,
        max_drawdown=fall.amount,
        max_drawdown_percent=fall.share,
        sharpe_ratio=sharpe_ratio(returns),
        sortino_ratio=sortino_ratio(returns),
        win_rate=counted.hit_rate,
        average_odds=float(_column(settled, "price").mean()) if counted.bets else np.nan,
        profit_factor=counted.profit_factor,
        longest_losing_run=longest_losing_run(profits),
        expected_profit=_expected(settled),
        final_bankroll=float(curve[-1]),
    )


def settled_bets(of: Backtest) -> "pd.DataFrame":
    """The ledger's settled bets, voids left out, in the order of their settlement."""
    done = of.bets["profit"].notna() & ~of.bets["void"].astype(bool)
    return of.bets[done].sort_values("settled_at", kind="stable").reset_index(drop=True)


def daily_returns(of: Backtest) -> Floats:
    """Profit of each day, from the first settlement to the last, over the first bankroll."""
    settled = settled_bets(of)
    if not len(settled):
        return np.zeros(0)
    days = settled["settled_at"].dt.tz_localize(None).to_numpy().astype("datetime64[D]")
    return daily_sums(_column(settled, "profit"), days)[1] / of.bankroll


def _expected(settled: "pd.DataFrame") -> float:
    chance = _column(settled, "probability")
    known = np.isfinite(chance)
    if not known.any():
        return np.nan
    price, stake = _column(settled, "price"), _column(settled, "stake")
    return float(np.sum((stake * expected_value(chance, price))[known]))


def _column(frame: "pd.DataFrame", name: str) -> Floats:
    return frame[name].to_numpy(dtype=np.float64)
