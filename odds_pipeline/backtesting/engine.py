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
from odds_pipeline.backtesting.passes import order_of_settlement, slates
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
_NOTHING: Floats = np.zeros(0)


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


@dataclass(frozen=True)
class Ledger:
    """The bets that were made, in the order of decisions: arrays of one length.

    What the tape knows of an offer is looked up there when it is asked for.

    Args:
        tape: what was bet on.
        row: position of the offer on the tape.
        probability: chance of winning by the strategy; NaN without an opinion.
        stake: money.
        profit: money, after commission; NaN while pending.
        bankroll: free money and open stakes at the decision.
        group: bets of one number were made together; -1 for a bet on its own.
        in_order: whether every bet is settled, none void, and all in the order they stand in.
    """

    tape: Tape
    row: Ints
    probability: Floats
    stake: Floats
    profit: Floats
    bankroll: Floats
    group: Ints
    in_order: bool

    @cached_property
    def result(self) -> Floats:
        """Share of the stake won or lost; NaN while pending."""
        return self.tape.endings.result[self.row]

    @cached_property
    def void(self) -> Bools:
        """Whether the stake came back because the bet never stood."""
        return self.tape.endings.void[self.row]

    @cached_property
    def settled_at(self) -> Ints:
        """Microseconds since 1970, ``NEVER`` while pending."""
        return self.tape.endings.settled_at[self.row]


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

        The offer's columns (``price`` is what the bet was made at), those of ``Ledger``, and
        ``closing_chance``: the fair chance by the closing line, NaN without one.
        """
        import pandas as pd

        made = self.ledger
        moments = made.settled_at.astype("datetime64[us]")
        moments[made.settled_at == NEVER] = np.datetime64("NaT")
        offer = self.tape.offered.iloc[made.row].reset_index(drop=True)
        ledger: pd.DataFrame = offer.assign(
            probability=made.probability,
            stake=made.stake,
            result=made.result,
            void=made.void,
            profit=made.profit,
            settled_at=pd.DatetimeIndex(moments).tz_localize("UTC"),
            bankroll=made.bankroll,
            group=made.group,
            closing_chance=self.tape.closing.chance[made.row],
            price=self.tape.paid[made.row],
        )
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
    due = _due(on, taken)
    commission = how.costs.commission(on.books)
    ledger = _made(on, taken, _money(strategy, on, taken, due, commission, how), due.in_order)
    refused = len(named.rows) - len(taken.rows)
    return Backtest(strategy.name, on, ledger, how.bankroll, commission, len(named.rows), refused)


class _Due(NamedTuple):
    """The bets that are settled, in the order of it, and how many.

    ``places`` is empty where the first so many are, in their order; ``in_order`` says that all are,
    and none is void.
    """

    places: Ints
    settled: int
    in_order: bool


def _due(on: Tape, taken: Picks) -> _Due:
    rows, ends = taken.rows, on.graded(taken.rows)
    if on.in_order and not _grouped(taken):
        return _Due(_NONE, len(rows), in_order=True)
    rising, count, any_void = order_of_settlement(rows, ends.settled_at, ends.void, NEVER)
    if rising:
        return _Due(_NONE, count, count == len(rows) and not any_void)
    return _Due(np.argsort(ends.settled_at[rows], kind="stable")[:count], count, in_order=False)


def _made(on: Tape, taken: Picks, money: Money, in_order: bool) -> Ledger:
    """The bets that money was staked on."""
    staked = money.stakes > 0.0
    made = slice(None) if staked.all() else staked
    return Ledger(
        on,
        taken.rows[made],
        taken.probability[made],
        money.stakes[made],
        money.profit[made],
        money.bankroll[made],
        taken.group[made],
        in_order,
    )


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
    if not _grouped(picks):
        return picks if _ascending(rows) else _take(picks, np.argsort(rows, kind="stable"))
    place, grouped = np.arange(len(rows)), picks.group >= 0
    first = place.copy()
    lowest = np.full(int(picks.group.max()) + 1, len(rows))
    np.minimum.at(lowest, picks.group[grouped], place[grouped])
    first[grouped] = lowest[picks.group[grouped]]
    return _take(picks, np.lexsort((rows, first, rows[first])))


def _grouped(picks: Picks) -> bool:
    return bool(_once(picks.group).max(initial=-1) >= 0)


def _ascending(values: Ints) -> bool:
    return bool((values[1:] >= values[:-1]).all())


def _once(values: np.ndarray) -> np.ndarray:
    """One value in place of a column that holds the same throughout, as ``Picks.single`` makes."""
    return values[:1].copy() if values.strides == (0,) else values


def _take(picks: Picks, places: Ints) -> Picks:
    return Picks(
        picks.rows[places], picks.probability[places], picks.weight[places], picks.group[places]
    )


def _money(
    strategy: Strategy,
    on: Tape,
    picks: Picks,
    due: _Due,
    commission: Floats,
    how: Run,
) -> Money:
    """Walk through the bets."""
    costs = how.costs
    begins, placed_at = slates(picks.rows, on.moment)
    bets = Walk(
        begins,
        placed_at,
        picks.rows,
        on.endings.settled_at,
        due.places,
        due.settled,
        on.endings.gross,
        commission if costs.commissions else _NOTHING,
        on.book,
        costs.limit(on.books)[on.book[picks.rows]] if costs.limits else _NOTHING,
        picks.group if _grouped(picks) else _NONE,
    )
    if strategy.sizes_itself:
        staker = _staker(strategy, on.price[picks.rows], picks)
        return walk_by_hand(bets, staker, how.bankroll, costs.smallest_stake, costs.step)
    weight, chances = _once(picks.weight), picks.probability
    candidates = Candidates(picks.rows, on.price, chances, weight, on.book, commission, begins)
    amount, share = how.sizing.sized(candidates)
    return walk(bets, amount, share, how.bankroll, costs.smallest_stake, costs.step)


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
