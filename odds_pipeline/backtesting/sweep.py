"""A sweep: many parameters and stakes, in one pass over the same tape.

Belongs here: running every point. Does not belong here: which points there are (``grid``), what
the best one is worth (``sweep_honesty``).

What does not depend on the point is done once: offers are put in order and graded, and a strategy
whose parameters only cut a list of candidates (``ThresholdStrategy``) lists them once. Each point
then is a few operations on arrays, and equal to its single run.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.backtesting.engine import Backtest, Run, play
from odds_pipeline.backtesting.figures import (
    DAY_US,
    Figures,
    Settled,
    daily_returns,
    daily_sums,
    figures,
    settled,
)
from odds_pipeline.backtesting.honesty import AtClose, against_close, against_price
from odds_pipeline.backtesting.significance.sharpe import Shape, probabilistic_sharpe, shape
from odds_pipeline.backtesting.sizing import Sizing
from odds_pipeline.backtesting.strategy import Picks, Strategy, ThresholdStrategy
from odds_pipeline.backtesting.tape import NEVER, Tape

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Progress = Callable[[int, int], None]


class Point(NamedTuple):
    """One point of a grid: the strategy with its parameters, and how much it stakes."""

    strategy: Strategy
    sizing: Sizing


class Outcome(NamedTuple):
    """What a point came to.

    Args:
        figures: as of its single run.
        shape: of its daily returns, from its first settlement to its last.
        p_value: chance of such a profit or more, were every bet fair at its price.
        at_close: what the closing line says of it.
        probabilistic_sharpe: chance that the true ratio is above 0; NaN where it does not vary.
    """

    figures: Figures
    shape: Shape
    p_value: float
    at_close: AtClose
    probabilistic_sharpe: float


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a sweep came to.

    Args:
        outcomes: of each point, in the order given.
        first_day: UTC day of the first settlement of any point, in days since 1970.
        returns: (days, points) profit of each day over the first bankroll, 0 without bets.
        stakes: (days, points) money of the bets settled that day.
        horizon: most days from a bet to its settlement, rounded up.
        bankroll: money at the beginning, of each point.
    """

    outcomes: tuple[Outcome, ...]
    first_day: int
    returns: Floats
    stakes: Floats
    horizon: int
    bankroll: float


def sweep(points: Sequence[Point], on: Tape, how: Run, progress: Progress | None = None) -> Sweep:
    """Run every point.

    Args:
        points: at least one; all of one strategy.
        on: what is bet on.
        how: bankroll, costs and seed; the sizing is each point's.
        progress: called with how many points of how many are done.

    Raises:
        ValueError: see ``engine.backtest``.
    """
    outcomes: list[Outcome | None] = [None] * len(points)
    days: list[_Days | None] = [None] * len(points)
    horizon = 0
    for done, (place, picks) in enumerate(_picked(points, on), start=1):
        strategy, sizing = points[place]
        made = play(strategy, on, picks, replace(how, sizing=sizing))
        bets = settled(made)
        outcomes[place], days[place] = _outcome(made, bets), _by_day(bets)
        horizon = max(horizon, _horizon(made))
        if progress is not None:
            progress(done, len(points))
    first, returns, stakes = _matrices([each for each in days if each is not None], how.bankroll)
    found = tuple(each for each in outcomes if each is not None)
    return Sweep(found, first, returns, stakes, horizon, how.bankroll)


class _Days(NamedTuple):
    """Profits and stakes of a point from its first day of settlement on; -1 without bets."""

    first: int
    profit: Floats
    stake: Floats


def _picked(points: Sequence[Point], on: Tape) -> Iterator[tuple[int, Picks]]:
    """Each point's place and picks, so ordered that nothing is worked out twice."""
    alike: dict[object, list[int]] = {}
    for place, (strategy, _) in enumerate(points):
        key = strategy.listing if isinstance(strategy, ThresholdStrategy) else strategy.parameters
        alike.setdefault(key, []).append(place)
    for places in alike.values():
        first = points[places[0]].strategy
        listed = first.candidates(on.offered) if isinstance(first, ThresholdStrategy) else None
        same: dict[object, list[int]] = {}
        for place in places:
            same.setdefault(points[place].strategy.parameters, []).append(place)
        for equals in same.values():
            strategy = points[equals[0]].strategy
            if isinstance(strategy, ThresholdStrategy):
                picks = strategy.chosen(listed)
            else:
                picks = strategy.opportunities(on.offered)
            yield from ((place, picks) for place in equals)


def _outcome(made: Backtest, bets: Settled) -> Outcome:
    of = shape(daily_returns(bets, made.bankroll))
    measured = np.isfinite(of.ratio)
    return Outcome(
        figures(made, bets),
        of,
        against_price(bets) if len(bets.stake) else np.nan,
        against_close(made, bets),
        probabilistic_sharpe(of) if measured else np.nan,
    )


def _by_day(bets: Settled) -> _Days:
    if not len(bets.day):
        return _Days(-1, np.zeros(0), np.zeros(0))
    return _Days(int(bets.day[0]), daily_sums(bets, bets.profit), daily_sums(bets, bets.stake))


def _horizon(made: Backtest) -> int:
    waits = made.ledger.settled_at - made.tape.moment[made.ledger.row]
    waits = waits[made.ledger.settled_at < NEVER]
    return int(-(-waits.max() // DAY_US)) if len(waits) else 0


def _matrices(days: Sequence[_Days], bankroll: float) -> tuple[int, Floats, Floats]:
    with_bets = [each for each in days if each.first >= 0]
    if not with_bets:
        return 0, np.zeros((0, len(days))), np.zeros((0, len(days)))
    first = min(each.first for each in with_bets)
    count = max(each.first + len(each.profit) for each in with_bets) - first
    returns, stakes = np.zeros((count, len(days))), np.zeros((count, len(days)))
    for place, each in enumerate(days):
        if each.first >= 0:
            on = slice(each.first - first, each.first - first + len(each.profit))
            returns[on, place] = each.profit / bankroll
            stakes[on, place] = each.stake
    return first, returns, stakes
