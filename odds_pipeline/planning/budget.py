"""Who may spend how much: the ranks of purposes, floor, reserves and pacing.

Belongs here: pure rules on credits. Does not belong here: what was spent (``storage.ledger``),
what a call costs (``rate_cards``).

A month's credits are guarded in layers. Nobody spends the floor. What is kept for a purpose is
touched by it and by those of a higher rank only: healing and backfills, which can wait, have what
is left when closing captures and live collection have theirs.

Units: the provider's credits; UTC times; a month is a calendar month.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

WARN_AT = 0.8
# What a refusal begins with, and the gap's reason: nothing may be spent, or not for this purpose.
QUOTA, RESERVE = "quota", "reserve"


class Purpose(StrEnum):
    """What credits are spent on; the first is worth the most."""

    CLOSING = "closing"
    LIVE = "live"
    SCORES = "scores"
    HEAL = "heal"
    BACKFILL = "backfill"


@dataclass(frozen=True, slots=True)
class Budget:
    """A key's month.

    Args:
        quota: credits of the plan.
        floor: credits that nobody spends.
        reserves: credits kept for a purpose, from all that are worth less.
    """

    quota: float
    floor: float = 0.0
    reserves: Mapping[Purpose, float] = field(default_factory=dict)

    def limit(self, purpose: Purpose) -> float:
        """Credits up to which this purpose may bring the month's total; never below 0."""
        ranks = list(Purpose)
        kept = sum(self.reserves.get(higher, 0.0) for higher in ranks[: ranks.index(purpose)])
        return max(0.0, self.quota - self.floor - kept)

    def refusal(self, purpose: Purpose, spent: float, reserved: float, cost: float) -> str | None:
        """Why a call may not be made; ``None`` when it may. A free call always may.

        Args:
            purpose: what it is for.
            spent: credits spent this month.
            reserved: credits set aside for calls in flight.
            cost: credits it costs at most.
        """
        after = spent + reserved + cost
        if not cost or after <= self.limit(purpose):
            return None
        told = f"{spent:g} of {self.quota:g} are spent and {reserved:g} reserved this month"
        if after > self.quota - self.floor:
            floor = f", {self.floor:g} are the floor" if self.floor else ""
            return f"{QUOTA}: {told}{floor}"
        kept = self.quota - self.floor - self.limit(purpose)
        return f"{RESERVE}: {told}, {kept:g} are kept for what is worth more than {purpose}"

    def warning(self, used: float) -> str | None:
        """What to say once four fifths are used; ``None`` before."""
        if not self.quota or used < WARN_AT * self.quota:
            return None
        return f"{used / self.quota:.0%} of the month's {self.quota:,g} credits are used"


def month_begin(now: datetime) -> datetime:
    """When the month of credits began: the 1st, UTC."""
    at = now.astimezone(UTC)
    return datetime(at.year, at.month, 1, tzinfo=UTC)


def month_end(now: datetime) -> datetime:
    """When the credits are reset: the 1st of next month, UTC."""
    begin = month_begin(now)
    year, month = (begin.year + 1, 1) if begin.month == 12 else (begin.year, begin.month + 1)
    return datetime(year, month, 1, tzinfo=UTC)


def month_left(now: datetime) -> float:
    """Share of the month that lies ahead: reserves shrink with it, as what they are kept for."""
    begin, end = month_begin(now), month_end(now)
    return (end - now) / (end - begin)


def calls_today(wanted: Sequence[int], days_left: int, credits: float, cost: float) -> int:
    """How many captures today may have, if the credits are to last until the reset.

    Today gets its part of what is left in proportion to how much its games want of all that the
    rest of the month is expected to want: days whose games are known as they are, later ones like
    their mean. What a quiet day leaves is the busier ones'.

    Args:
        wanted: captures that the full plan wants on each known day, today's first.
        days_left: UTC days until the reset, today included.
        credits: what may still be spent on captures.
        cost: credits of one capture.
    """
    if not wanted or not wanted[0] or not cost:
        return wanted[0] if wanted else 0
    known = wanted[:days_left]
    expected = sum(known) * days_left / len(known)
    affordable = int(max(0.0, credits) // cost)
    if expected <= affordable:
        return wanted[0]
    return min(wanted[0], affordable, max(1, round(affordable * wanted[0] / expected)))
