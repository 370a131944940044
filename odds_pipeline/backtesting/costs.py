"""What stands between a price on a screen and money won.

Belongs here: commission, limits, refusals, coins. Does not belong here: margins, which are in the
prices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Costs:
    """Nothing by default; with everything at its default a run is free of costs.

    Args:
        commissions: share of net winnings, by bookmaker key.
        limits: greatest stake of one bet, by bookmaker key.
        rejected: share of bets that the book refuses, drawn with the run's seed.
        smallest_stake: a bet below it is not made.
        step: stakes are rounded down to whole steps; 0 leaves them as they are.
    """

    commissions: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    rejected: float = 0.0
    smallest_stake: float = 0.0
    step: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            ValueError: a share outside 0 to 1, or negative money.
        """
        shares = [self.rejected, *self.commissions.values()]
        if not all(0.0 <= share <= 1.0 for share in shares):
            raise ValueError("commissions and the rejected share lie from 0 to 1")
        money = [self.smallest_stake, self.step, *self.limits.values()]
        if not all(amount >= 0.0 for amount in money):  # nor is what is no number
            raise ValueError("limits, steps and the smallest stake are not negative")

    def commission(self, bookmakers: Sequence[str]) -> Floats:
        """Of each bookmaker."""
        return np.array([self.commissions.get(key, 0.0) for key in bookmakers], dtype=np.float64)

    def limit(self, bookmakers: Sequence[str]) -> Floats:
        """Of each bookmaker; infinite without one."""
        return np.array([self.limits.get(key, np.inf) for key in bookmakers], dtype=np.float64)

    def accepted(self, groups: NDArray[np.int64], seed: int) -> Bools:
        """Which bets the books take; a group is taken as one."""
        if self.rejected == 0.0:
            return np.ones(len(groups), dtype=np.bool_)
        generator = np.random.default_rng(seed)
        taken = generator.random(len(groups)) >= self.rejected
        grouped = groups >= 0
        if grouped.any():
            of_group = np.ones(int(groups.max()) + 1, dtype=np.bool_)
            np.logical_and.at(of_group, groups[grouped], taken[grouped])
            taken[grouped] = of_group[groups[grouped]]
        return taken
