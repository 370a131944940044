"""One backtest: a strategy decides, bets are made as money allows, events settle them.

Belongs here: the order of things, and the ledger. Does not belong here: each step (its own
module), what the result is worth (``figures``, ``significance``).
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.backtesting.bankroll import Money, Staker, Walk, walk, walk_by_hand
from odds_pipeline.backtesting.costs import Costs
from odds_pipeline.backtesting.grading import DRAW, Graded, grade
from odds_pipeline.backtesting.offers import offers
from odds_pipeline.backtesting.results import results
from odds_pipeline.backtesting.sizing import Candidates, Flat, Sizing
from odds_pipeline.backtesting.strategy import Opportunity, Picks, Strategy
from odds_pipeline.betting.settlement import profit

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
INITIAL_BANKROLL = 10_000.0
_MARKET = ["decision_time", "event_id", "market_key", "bookmaker_key"]


@dataclass(frozen=True, slots=True)
class Run:
    """How a backtest is run.

    Args:
        bankroll: money at the beginning.
        sizing: how much is staked, where the strategy leaves that open.
        costs: what stands between a price and money won.
        seed: of what is drawn (rejected bets); the same seed gives the same run, bit for bit.
    """

    bankroll: float = INITIAL_BANKROLL
    sizing: Sizing = field(default_factory=Flat)
    costs: Costs = field(default_factory=Costs)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a run came to.

    Args:
        strategy: its name.
        bets: one row a bet that was made, in the order of decisions: the offer's columns, and
            probability, stake, result (share of the stake, NaN while pending), void, profit,
            settled_at, bankroll (at the decision) and group.
        bankroll: money at the beginning.
        wanted: how many bets the strategy named, and how many of those the books refused.
        refused: of these, refused by the book.
    """

    strategy: str
    bets: "pd.DataFrame"
    bankroll: float
    wanted: int
    refused: int


def backtest(
    strategy: Strategy, quotes: "pd.DataFrame", ended: "pd.DataFrame", run: Run | None = None
) -> Backtest:
    """Run a strategy over decisions, and settle its bets.

    Args:
        strategy: sees ``offers.offers(quotes)`` and nothing else.
        quotes: what was on offer at the decisions; see ``offers``.
        ended: how the events ended; see ``results``.
        run: bankroll, sizing, costs and seed.

    Raises:
        ValueError: frames that lack something, a pick outside the offers or of an unknown kind, or
            an event settled before it was bet on.
    """
    how = run or Run()
    offered = offers(quotes)
    picks = _in_order(strategy.opportunities(offered), len(offered))
    accepted = how.costs.accepted(picks.group, how.seed)
    taken = _take(picks, np.flatnonzero(accepted))
    bets = offered.iloc[taken.rows].reset_index(drop=True)
    graded = grade(bets, results(ended), _three_way(offered)[taken.rows])
    money = _money(strategy, bets, taken, graded, how)
    ledger = _ledger(bets, taken, graded, money, how)
    return Backtest(strategy.name, ledger, how.bankroll, len(picks.rows), int((~accepted).sum()))


def _in_order(picks: Picks, count: int) -> Picks:
    """By decision (offers are in that order), groups together and numbered as they come."""
    rows = picks.rows
    if len(rows) and (rows.min() < 0 or rows.max() >= count):
        raise ValueError("a strategy picked an offer that does not exist")
    place = np.arange(len(rows))
    first = place.copy()
    grouped = picks.group >= 0
    if grouped.any():
        lowest = np.full(int(picks.group.max()) + 1, len(rows))
        np.minimum.at(lowest, picks.group[grouped], place[grouped])
        first[grouped] = lowest[picks.group[grouped]]
    moments = rows[first] if len(rows) else rows
    return _take(picks, np.lexsort((rows, first, moments)))


def _take(picks: Picks, places: Ints) -> Picks:
    return Picks(
        picks.rows[places], picks.probability[places], picks.weight[places], picks.group[places]
    )


def _three_way(offered: "pd.DataFrame") -> NDArray[np.bool_]:
    """Of each offer, whether its book prices the draw in that market."""
    draws = (offered["outcome_name"] == DRAW).groupby([offered[name] for name in _MARKET])
    return draws.transform("any").to_numpy(dtype=np.bool_)


def _money(
    strategy: Strategy, bets: "pd.DataFrame", picks: Picks, graded: Graded, how: Run
) -> Money:
    commission = how.costs.commission(bets["bookmaker_key"])
    moments = _integers(bets["decision_time"])
    begins = np.flatnonzero(np.diff(moments, prepend=-1))
    of = _walk_of(bets, picks, graded, commission, how, begins, moments)
    smallest, step = how.costs.smallest_stake, how.costs.step
    if strategy.sizes_itself:
        return walk_by_hand(of, _staker(strategy, bets, picks), how.bankroll, smallest, step)
    slate = np.zeros(len(bets), dtype=np.int64)
    slate[begins[1:]] = 1
    candidates = Candidates(
        bets["price"].to_numpy(dtype=np.float64),
        picks.probability,
        commission,
        picks.weight,
        np.cumsum(slate),
    )
    amount, share = how.sizing.sized(candidates)
    return walk(of, amount, share, how.bankroll, smallest, step)


def _walk_of(
    bets: "pd.DataFrame",
    picks: Picks,
    graded: Graded,
    commission: Floats,
    how: Run,
    begins: Ints,
    moments: Ints,
) -> Walk:
    ended = graded.void | np.isfinite(graded.result)
    settled = np.flatnonzero(ended & graded.settled_at.notna().to_numpy())
    at = _integers(graded.settled_at)[settled]
    early = at <= moments[settled]
    if early.any():
        first = bets.iloc[settled[early][0]]
        raise ValueError(
            f"event {first['event_id']} was settled before the bet of {first['decision_time']}"
        )
    order = np.argsort(at, kind="stable")
    gained = profit(graded.result, bets["price"], 1.0, commission, graded.void)
    return Walk(
        np.append(begins, len(bets)),
        moments[begins],
        settled[order],
        at[order],
        1.0 + np.nan_to_num(gained),
        how.costs.limit(bets["bookmaker_key"]),
        picks.group,
    )


def _staker(strategy: Strategy, bets: "pd.DataFrame", picks: Picks) -> Staker:
    prices = bets["price"].to_numpy(dtype=np.float64)

    def stake(place: int, bankroll: float) -> float:
        opportunity = Opportunity(
            int(picks.rows[place]),
            float(prices[place]),
            float(picks.probability[place]),
            None if picks.group[place] < 0 else str(picks.group[place]),
            float(picks.weight[place]),
        )
        return float(strategy.calculate_stake(bankroll, opportunity) or 0.0)

    return stake


def _ledger(
    bets: "pd.DataFrame", picks: Picks, graded: Graded, money: Money, how: Run
) -> "pd.DataFrame":
    commission = how.costs.commission(bets["bookmaker_key"])
    gained = profit(graded.result, bets["price"], money.stakes, commission, graded.void)
    ledger = bets.assign(
        probability=picks.probability,
        stake=money.stakes,
        result=graded.result,
        void=graded.void,
        profit=gained,
        settled_at=graded.settled_at.array,
        bankroll=money.bankroll,
        group=picks.group,
    )
    return ledger[money.stakes > 0.0].reset_index(drop=True)


def _integers(moments: "pd.Series") -> Ints:
    """Times as integers of one unit, whatever unit the column has."""
    return np.asarray(moments.dt.as_unit("us").astype("int64"), dtype=np.int64)
