"""A run's figures.

Belongs here: summing a ledger up. Does not belong here: the formulas (``betting``), corrections
for what else was tried (``significance``, ``honesty``).

Money in the run's currency; rates as shares (0.05 is 5 %).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.backtesting.engine import Backtest
from odds_pipeline.backtesting.passes import profit_by_day, sums
from odds_pipeline.backtesting.tape import NEVER, Tape
from odds_pipeline.betting.daily_returns import sharpe_ratio, sortino_ratio
from odds_pipeline.betting.expected_value import expected_value

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DAY_US = 86_400_000_000


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
        max_drawdown: deepest fall of the equity, in money, bet by bet in the order of settlement;
            see ``Settled``.
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


@dataclass(frozen=True)
class Settled:
    """The settled bets, voids left out, in the order of their settlement: arrays of one length.

    Bets that are settled at one moment stand in the order of the ledger: by decision, event id,
    market, book, outcome and point.

    Args:
        tape: what was bet on.
        row: the offer on the tape.
        probability: chance of winning by the strategy.
        stake: money.
        profit: money, after commission.
    """

    tape: Tape
    row: Ints
    probability: Floats
    stake: Floats
    profit: Floats

    @cached_property
    def price(self) -> Floats:
        """What the bet was made at."""
        return self.tape.paid[self.row]

    @cached_property
    def day(self) -> Ints:
        """UTC day of the settlement, in days since 1970."""
        return self.tape.endings.settled_at[self.row] // DAY_US


def figures(of: Backtest, bets: Settled | None = None) -> Figures:
    """Sum a run up; its settled bets may be given where they were worked out before."""
    bets = bets or settled(of)
    count = len(bets.stake)
    found = sums(bets.stake, bets.profit, bets.row, of.tape.paid, of.bankroll)
    decided = found.won + found.lost
    returns = daily_returns(bets, of.bankroll)
    return Figures(
        strategy_name=of.strategy,
        total_bets=count,
        winning_bets=found.won,
        losing_bets=found.lost,
        pushes=count - decided,
        voids=0 if of.ledger.in_order else int(of.ledger.void.sum()),
        pending_bets=0 if of.ledger.in_order else int(np.isnan(of.ledger.profit).sum()),
        total_wagered=found.turnover,
        total_profit=found.profit,
        roi=found.profit / found.turnover if found.turnover else np.nan,
        return_on_bankroll=found.profit / of.bankroll,
        max_drawdown=found.fall,
        max_drawdown_percent=found.fall_share,
        sharpe_ratio=sharpe_ratio(returns),
        sortino_ratio=sortino_ratio(returns),
        win_rate=found.won / decided if decided else np.nan,
        average_odds=found.prices / count if count else np.nan,
        profit_factor=_factor(found.gained, found.given),
        longest_losing_run=found.losing_run,
        expected_profit=_expected(bets),
        final_bankroll=of.bankroll + found.profit,
    )


def _factor(gained: float, given: float) -> float:
    if given:
        return gained / given
    return np.inf if gained else np.nan


def settled(of: Backtest) -> Settled:
    """The settled bets of a run."""
    made = of.ledger
    if made.in_order:
        return Settled(of.tape, made.row, made.probability, made.stake, made.profit)
    done = np.flatnonzero((made.settled_at < NEVER) & ~made.void)
    order = done[np.argsort(made.settled_at[done], kind="stable")]
    return Settled(
        of.tape, made.row[order], made.probability[order], made.stake[order], made.profit[order]
    )


def daily_returns(bets: Settled, bankroll: float) -> Floats:
    """Profit of each day, from the first settlement to the last, over the first bankroll."""
    return daily_sums(bets, bets.profit) / bankroll


def daily_sums(bets: Settled, values: Floats) -> Floats:
    """Values of the settled bets by day, from the first settlement to the last."""
    if not len(bets.row):
        return np.zeros(0)
    return profit_by_day(bets.row, bets.tape.endings.settled_at, values, DAY_US)


def _expected(bets: Settled) -> float:
    known = np.isfinite(bets.probability)
    if not known.any():
        return np.nan
    return float(np.sum((bets.stake * expected_value(bets.probability, bets.price))[known]))
