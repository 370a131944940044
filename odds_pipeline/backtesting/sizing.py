"""How much is staked: an amount of money, a share of the bankroll, or both added up.

Belongs here: the ways of sizing. Does not belong here: Kelly's formulas (``betting.kelly``),
fitting stakes to what is free and to limits (``bankroll``).

A stake is ``amount + share * bankroll``, where the bankroll is free money and open stakes at the
decision. Everything but the bankroll is known beforehand, which is what makes runs fast.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.betting.kelly.simultaneous import simultaneous_kelly
from odds_pipeline.betting.kelly.single import kelly_fraction
from odds_pipeline.betting.kelly.states import EXACT, independent_states
from odds_pipeline.betting.odds_arrays import after_commission

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Sized(NamedTuple):
    """Of each bet, or one value for all: money, and a share of the bankroll."""

    amount: Floats
    share: Floats


_NOTHING: Floats = np.zeros(1)


@dataclass(frozen=True)
class Candidates:
    """Bets to be sized, in the order of their slates: arrays of one length.

    Args:
        rows: the offer of each bet.
        offered: price of each offer.
        probability: chance of winning by the strategy.
        weight: share of the stake of a group made together; one value where all have the same.
        book: number of the book of each offer.
        shares: commission, by book.
        begins: the first bet of each moment of decision, and the number of bets at the end.
    """

    rows: Ints
    offered: Floats
    probability: Floats
    weight: Floats
    book: Ints
    shares: Floats
    begins: Ints

    @property
    def price(self) -> Floats:
        """Of each bet: a stake is decided at the price that was seen, whatever is paid later."""
        return self.offered[self.rows]

    @property
    def commission(self) -> Floats:
        """Of each bet."""
        return self.shares[self.book[self.rows]]


class Sizing(Protocol):
    """A way of sizing."""

    def sized(self, bets: Candidates) -> Sized:
        """Stakes before they are fitted to the bankroll."""
        ...


@dataclass(frozen=True, slots=True)
class Flat:
    """The same money on every bet."""

    amount: float = 100.0

    def sized(self, bets: Candidates) -> Sized:
        """See ``Sizing``."""
        return Sized(self.amount * bets.weight, _NOTHING)


@dataclass(frozen=True, slots=True)
class Percentage:
    """The same share of the bankroll on every bet."""

    share: float = 0.01

    def sized(self, bets: Candidates) -> Sized:
        """See ``Sizing``."""
        return Sized(_NOTHING, self.share * bets.weight)


@dataclass(frozen=True, slots=True)
class Kelly:
    """A fraction of Kelly's share, each bet for itself.

    A quarter (the default) grows about 44 % as fast as full Kelly, for a quarter of its swings.
    Where a strategy has no opinion on the chance nothing is staked, groups included.
    """

    fraction: float = 0.25
    cap: float = 0.05

    def sized(self, bets: Candidates) -> Sized:
        """See ``Sizing``."""
        share = kelly_fraction(
            bets.probability,
            bets.price,
            commission=bets.commission,
            fraction=self.fraction,
            cap=self.cap,
        )
        return Sized(_NOTHING, np.nan_to_num(share) * bets.weight)


@dataclass(frozen=True, slots=True)
class SimultaneousKelly:
    """Kelly over all bets of a slate at once, taken as independent; a fraction of the answer.

    The joint answer is exact for a dozen bets; of a larger slate the dozen with the greatest
    Kelly shares is sized, since the number of joint results doubles with each bet.
    """

    fraction: float = 0.25
    cap: float = 0.05

    def sized(self, bets: Candidates) -> Sized:
        """See ``Sizing``."""
        price, commission = bets.price, bets.commission
        alone = np.nan_to_num(kelly_fraction(bets.probability, price, commission=commission))
        prices = after_commission(price, commission)
        share = np.zeros(len(alone))
        for places in _slates(bets.begins):
            chosen = places[np.argsort(-alone[places], kind="stable")][:EXACT]
            chosen = chosen[alone[chosen] > 0.0]
            if len(chosen):
                share[chosen] = self._joint(bets.probability[chosen], prices[chosen])
        return Sized(_NOTHING, share * bets.weight)

    def _joint(self, chances: Floats, prices: Floats) -> Floats:
        states = independent_states(chances, prices)
        found = simultaneous_kelly(states).stakes
        return np.minimum(self.fraction * found, self.cap)


def _slates(begins: Ints) -> list[Ints]:
    """Positions of each slate."""
    return [np.arange(first, last) for first, last in pairwise(begins)]
