"""Whether a yield could be luck, and how many bets it takes to know.

Belongs here: tests of one record of bets, chances of runs and of ruin. Does not belong here: tests
that know of other strategies tried (``backtesting.significance``).

Probabilities are one-sided: the chance of doing at least as well without skill.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats


@dataclass(frozen=True, slots=True)
class Tested:
    """A test's statistic and the chance of at least that without skill."""

    statistic: float
    p_value: float


def yield_test(bets: int, average_odds: float, yield_: float) -> Tested:
    """Buchdahl's t test of a level-stakes record from three figures.

    t = sqrt(n) (r - 1) / sqrt(r (o - r)) with r = 1 + yield; n - 1 degrees of freedom. Source:
    J. Buchdahl, Squares & Sharps, Suckers & Sharks (2016).

    Args:
        bets: how many, at level stakes.
        average_odds: their mean decimal odds.
        yield_: profit a unit staked.

    Raises:
        ValueError: fewer than two bets, or a return that such odds cannot give.
    """
    returned = 1.0 + yield_
    if bets < 2 or not 0.0 < returned < average_odds:
        raise ValueError(f"{bets} bets at {average_odds} cannot return {returned} a unit")
    t = np.sqrt(bets) * yield_ / np.sqrt(returned * (average_odds - returned))
    return Tested(float(t), float(stats.t.sf(t, bets - 1)))


def profit_test(
    stakes: ArrayLike, odds: ArrayLike, probabilities: ArrayLike, profit: float
) -> Tested:
    """Test a profit against what bets are worth by fair probabilities, each bet with its own.

    The profit without skill has the mean sum s (d p - 1) and the variance sum s^2 d^2 p (1 - p);
    by the closing line's fair probabilities this is the test against the closing line.

    Args:
        stakes: money staked, one entry a bet; independent bets.
        odds: decimal odds taken.
        probabilities: fair chance of winning.
        profit: what they came to.

    Raises:
        ValueError: different lengths, or probabilities outside (0, 1).
    """
    staked, decimal, fair = (np.asarray(a, dtype=np.float64) for a in (stakes, odds, probabilities))
    if not staked.shape == decimal.shape == fair.shape or not staked.size:
        raise ValueError("stakes, odds and probabilities: one entry a bet each")
    if not ((fair > 0.0) & (fair < 1.0)).all():
        raise ValueError("a fair probability lies between 0 and 1")
    mean = np.sum(staked * (decimal * fair - 1.0))
    deviation = np.sqrt(np.sum(staked**2 * decimal**2 * fair * (1.0 - fair)))
    z = float((profit - mean) / deviation)
    return Tested(z, float(stats.norm.sf(z)))


def bets_needed(
    edge: float, deviation: float, significance: float = 0.05, power: float = 0.8
) -> int:
    """How many independent bets it takes to show an edge.

    Args:
        edge: expected profit a unit staked.
        deviation: standard deviation of a bet's profit a unit staked: sqrt(d^2 p (1 - p)).
        significance: chance of a false alarm, two-sided.
        power: chance of noticing the edge.

    Raises:
        ValueError: no edge, or no spread.
    """
    if edge <= 0.0 or deviation <= 0.0:
        raise ValueError("without an edge no number of bets is enough")
    quantiles = stats.norm.isf(significance / 2.0) + stats.norm.ppf(power)
    return int(np.ceil((quantiles * deviation / edge) ** 2))


def ruin_probability(win: float, odds: float, units: int) -> float:
    """Chance of ever losing a bankroll of so many level stakes.

    At even money (q / p)^units; at other odds x^units with the root x in (0, 1) of
    p x^d - x + q = 0.

    Args:
        win: chance of winning a bet.
        odds: decimal odds.
        units: stakes in the bankroll.
    """
    if not 0.0 <= win <= 1.0 or odds <= 1.0 or units < 1:
        raise ValueError("a chance in [0, 1], odds above 1 and at least one unit")
    if win * odds <= 1.0:
        return 1.0
    if win == 1.0:
        return 0.0

    def root(x: float) -> float:
        return float(win * x**odds - x + (1.0 - win))

    lowest = (1.0 / (win * odds)) ** (1.0 / (odds - 1.0))
    return float(optimize.brentq(root, 0.0, lowest) ** units)


def losing_run_probability(loss: float, bets: int, length: int) -> float:
    """Chance that so many bets hold a run of at least ``length`` losses: exact recursion.

    Args:
        loss: chance of losing one bet.
        bets: how many.
        length: of the run, at least 1.
    """
    if not 0.0 <= loss <= 1.0 or length < 1 or bets < 0:
        raise ValueError("a chance in [0, 1], a run of at least 1 and no fewer than 0 bets")
    # free[n]: no such run within n bets; the run that ends it follows a win.
    free = np.ones(bets + 1)
    for n in range(length, bets + 1):
        before = 1.0 if n == length else free[n - length - 1] * (1.0 - loss)
        free[n] = free[n - 1] - before * loss**length
    return float(1.0 - free[bets])
