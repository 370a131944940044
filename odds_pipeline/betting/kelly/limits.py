"""From a Kelly share to money that may be staked.

Belongs here: the limits of a bettor and a bookmaker, in the order in which they hold. Does not
belong here: the share itself (``single``, ``exclusive``, ``simultaneous``).

Units: money; limits of the bettor as shares of the bankroll.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats, Texts

PER_BET, PER_EVENT, PER_DAY = "per bet", "per event", "per day"
FLOOR, MINIMUM, MAXIMUM = "bankroll floor", "book's minimum", "book's maximum"


@dataclass(frozen=True, slots=True)
class Limits:
    """A bettor's limits, shares of the bankroll unless they say money.

    Args:
        per_bet: of one bet.
        per_event: of all bets on one event.
        per_day: of all bets of the day, those placed before included.
        floor: money that is never staked.
    """

    per_bet: float = 1.0
    per_event: float = 1.0
    per_day: float = 1.0
    floor: float = 0.0

    def __post_init__(self) -> None:
        for name in ("per_bet", "per_event", "per_day"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} must lie from 0 to 1, not {getattr(self, name):g}")


@dataclass(frozen=True, slots=True)
class LimitedStakes:
    """Money to stake.

    Args:
        stakes: shape (bets,).
        held_by: the last limit that lowered each stake; empty text where none did. A stake that an
            event's, the day's or the floor's limit lowered was scaled with the others under it,
            which is not the optimum under that limit (``simultaneous_kelly`` finds that).
    """

    stakes: Floats
    held_by: Texts


def limited_stakes(
    shares: ArrayLike,
    events: ArrayLike,
    bankroll: float,
    limits: Limits,
    placed_today: float = 0.0,
    minimum: ArrayLike = 0.0,
    maximum: ArrayLike = np.inf,
    step: ArrayLike = 0.01,
) -> LimitedStakes:
    """Apply limits in order: bet, event, day, floor, then the book's own.

    A stake is rounded down to the book's step, never up past a limit; below the book's minimum it
    is 0.

    Args:
        shares: of the bankroll after the Kelly fraction, shape (bets,); not negative.
        events: which bets are on one event, any labels, shape (bets,).
        bankroll: money.
        limits: of the bettor.
        placed_today: money staked today before.
        minimum: of the book, money, a number or shape (bets,).
        maximum: of the book, money.
        step: smallest unit of money the book takes.

    Raises:
        ValueError: a negative share, or a step that is not positive.
    """
    asked = np.asarray(shares, dtype=np.float64)
    steps = np.broadcast_to(np.asarray(step, dtype=np.float64), asked.shape)
    if not (asked >= 0.0).all() or not (steps > 0.0).all():
        raise ValueError("shares must not be negative, and a step must be positive")
    held = np.full(asked.shape, "", dtype="<U16")
    stakes = bankroll * asked
    stakes = _lower(stakes, np.minimum(stakes, bankroll * limits.per_bet), PER_BET, held)
    _, group = np.unique(np.asarray(events), return_inverse=True)
    of_event = np.asarray(np.bincount(group, stakes, minlength=1)[group], dtype=np.float64)
    stakes = _lower(stakes, _scaled(stakes, of_event, bankroll * limits.per_event), PER_EVENT, held)
    for room, name in (
        (bankroll * limits.per_day - placed_today, PER_DAY),
        (bankroll - limits.floor, FLOOR),
    ):
        total = np.full(stakes.shape, stakes.sum())
        stakes = _lower(stakes, _scaled(stakes, total, max(room, 0.0)), name, held)
    stakes = _lower(stakes, np.minimum(stakes, np.asarray(maximum, np.float64)), MAXIMUM, held)
    rounded = np.floor(stakes / steps + 1e-9) * steps
    taken = (rounded > 0.0) & (rounded >= np.asarray(minimum, dtype=np.float64))
    held[(stakes > 0.0) & ~taken] = MINIMUM
    return LimitedStakes(np.where(taken, rounded, 0.0), held)


def _scaled(stakes: Floats, total: Floats, room: float) -> Floats:
    over = total > room
    return np.where(over, stakes * (room / np.where(over, total, 1.0)), stakes)


def _lower(before: Floats, after: Floats, name: str, held: Texts) -> Floats:
    held[after < before] = name
    return after
