"""One backtest: a strategy decides, bets are made as money allows, events settle them.

Belongs here: the order of things, and the ledger. Does not belong here: each step (its own
module), what the result is worth (``figures``, ``significance``).
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.backtesting.bankroll import Money, Staker, Walk, walk, walk_by_hand
from odds_pipeline.backtesting.costs import Costs
from odds_pipeline.backtesting.passes import endings, in_time, slates
from odds_pipeline.backtesting.sizing import Candidates, Flat, Sizing
from odds_pipeline.backtesting.strategy import Opportunity, Picks, Strategy
from odds_pipeline.backtesting.tape import NEVER, Tape

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
INITIAL_BANKROLL = 10_000.0
_NONE: Ints = np.zeros(0, dtype=np.int64)


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


class Ledger(NamedTuple):
    """The bets that were made, in the order of decisions: arrays of one length.

    Args:
        row: position of the offer on the tape.
        probability: chance of winning by the strategy; NaN without an opinion.
        stake: money.
        result: share of the stake won or lost; NaN while pending.
        void: whether the stake came back because the bet never stood.
        profit: money, after commission; NaN while pending.
        settled_at: microseconds since 1970, ``NEVER`` while pending.
        bankroll: free money and open stakes at the decision.
        group: bets of one number were made together; -1 for a bet on its own.
    """

    row: Ints
    probability: Floats
    stake: Floats
    result: Floats
    void: Bools
    profit: Floats
    settled_at: Ints
    bankroll: Floats
    group: Ints


@dataclass(frozen=True)
class Backtest:
    """What a run came to.

    Args:
        strategy: its name.
        tape: what was bet on.
        ledger: the bets that were made.
        bankroll: money at the beginning.
        commission: share of net winnings, by book of the tape.
        wanted: how many bets the strategy named.
        refused: of these, refused by the book, or gone when the bet reached it.
    """

    strategy: str
    tape: Tape
    ledger: Ledger
    bankroll: float
    commission: Floats
    wanted: int
    refused: int

    @cached_property
    def bets(self) -> "pd.DataFrame":
        """The ledger as a frame.

        The offer's columns (``price`` is what the bet was made at), those of ``Ledger`` but for
        ``row``, and ``closing_chance``: the fair chance by the closing line, NaN without one.
        """
        import pandas as pd

        columns = self.ledger._asdict()
        del columns["row"]
        columns["closing_chance"] = self.tape.closing_chance[self.ledger.row]
        columns["price"] = self.tape.paid[self.ledger.row]
        offer = self.tape.offered.iloc[self.ledger.row].reset_index(drop=True)
        moments = columns["settled_at"].astype("datetime64[us]")
        moments[self.ledger.settled_at == NEVER] = np.datetime64("NaT")
        columns["settled_at"] = pd.DatetimeIndex(moments).tz_localize("UTC")
        ledger: pd.DataFrame = offer.assign(**columns)
        return ledger


def backtest(
    strategy: Strategy,
    quotes: "pd.DataFrame",
    ended: "pd.DataFrame",
    run: Run | None = None,
    closes: "pd.DataFrame | None" = None,
    later: "pd.DataFrame | None" = None,
) -> Backtest:
    """Run a strategy over decisions, and settle its bets.

    Args:
        strategy: sees ``offers.offers(quotes)`` and nothing else.
        quotes: what was on offer at the decisions; see ``offers``.
        ended: how the events ended; see ``results``.
        run: bankroll, sizing, costs and seed.
        closes: closing prices, for the closing line value; see ``closing``.
        later: what was on offer when bets reached the books; see ``Tape``.

    Raises:
        ValueError: frames that lack something, a pick outside the offers or of an unknown kind, or
            an event settled before it was bet on.
    """
    on = Tape(quotes, ended, closes, later)
    return play(strategy, on, strategy.opportunities(on.offered), run or Run())


def play(strategy: Strategy, on: Tape, picks: Picks, how: Run) -> Backtest:
    """Make the bets that a strategy picked, as money allows, and settle them.

    Raises:
        ValueError: see ``backtest``.
    """
    named = _in_order(picks, len(on.price))
    taken = _accepted(named, on, how)
    known = on.graded(taken.rows)
    commission = how.costs.commission(on.books)
    price, result, void, settled_at, unit = endings(
        taken.rows, on.paid, known.result, known.void, known.settled_at, on.book, commission
    )
    # A stake is decided at the price that was seen, whatever is paid by the time it arrives.
    seen = price if on.paid is on.price else on.price[taken.rows]
    money = _money(strategy, on, taken, seen, _walk_of(on, taken, settled_at, unit, how), how)
    ledger = Ledger(
        taken.rows,
        taken.probability,
        money.stakes,
        result,
        void,
        money.stakes * unit,
        settled_at,
        money.bankroll,
        taken.group,
    )
    made = money.stakes > 0.0
    if not made.all():
        ledger = Ledger._make(column[made] for column in ledger)
    refused = len(named.rows) - len(taken.rows)
    return Backtest(strategy.name, on, ledger, how.bankroll, commission, len(named.rows), refused)


def _accepted(named: Picks, on: Tape, how: Run) -> Picks:
    """The bets that the books take; of those whose offer was gone none, nor of their groups."""
    if how.costs.rejected == 0.0 and on.paid is on.price:
        return named
    there = how.costs.accepted(named.group, how.seed) & np.isfinite(on.paid[named.rows])
    gone = named.group[~there & (named.group >= 0)]
    return _take(named, np.flatnonzero(there & ~np.isin(named.group, gone)))


def _in_order(picks: Picks, count: int) -> Picks:
    """By decision (offers are in that order), groups together and numbered as they come."""
    rows = picks.rows
    if len(rows) and (rows.min() < 0 or rows.max() >= count):
        raise ValueError("a strategy picked an offer that does not exist")
    grouped = picks.group >= 0
    if not grouped.any():
        return picks if _ascending(rows) else _take(picks, np.argsort(rows, kind="stable"))
    place = np.arange(len(rows))
    first = place.copy()
    lowest = np.full(int(picks.group.max()) + 1, len(rows))
    np.minimum.at(lowest, picks.group[grouped], place[grouped])
    first[grouped] = lowest[picks.group[grouped]]
    return _take(picks, np.lexsort((rows, first, rows[first])))


def _ascending(values: Ints) -> bool:
    return bool((values[1:] >= values[:-1]).all())


def _take(picks: Picks, places: Ints) -> Picks:
    return Picks(
        picks.rows[places], picks.probability[places], picks.weight[places], picks.group[places]
    )


def _walk_of(on: Tape, picks: Picks, settled_at: Ints, unit: Floats, how: Run) -> Walk:
    begins, placed_at = slates(picks.rows, on.moment)
    rising, count = in_time(settled_at, NEVER)
    order = _NONE if rising else np.argsort(settled_at, kind="stable")[:count]
    limits = how.costs.limit(on.books)[on.book[picks.rows]] if how.costs.limits else np.zeros(0)
    grouped = len(picks.group) > 0 and picks.group.max() >= 0
    return Walk(
        begins,
        placed_at,
        settled_at[:count] if rising else settled_at[order],
        order,
        unit,
        limits,
        picks.group if grouped else _NONE,
    )


def _money(strategy: Strategy, on: Tape, picks: Picks, price: Floats, of: Walk, how: Run) -> Money:
    smallest, step = how.costs.smallest_stake, how.costs.step
    if strategy.sizes_itself:
        return walk_by_hand(of, _staker(strategy, price, picks), how.bankroll, smallest, step)
    commission = np.zeros(len(price))
    if how.costs.commissions:
        commission = how.costs.commission(on.books)[on.book[picks.rows]]
    candidates = Candidates(price, picks.probability, commission, picks.weight, of.begins)
    amount, share = how.sizing.sized(candidates)
    return walk(of, amount, share, how.bankroll, smallest, step)


def _staker(strategy: Strategy, prices: Floats, picks: Picks) -> Staker:
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
