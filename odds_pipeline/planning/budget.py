"""What a call may still spend, by what it is for. Units: the provider's credits."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """What credits are spent on; the first is worth the most."""

    CLOSING = "closing"
    LIVE = "live"
    SCORES = "scores"
    HEAL = "heal"
    BACKFILL = "backfill"


@dataclass(frozen=True, slots=True)
class Budget:
    """A key's month: its quota, the floor nobody touches, and what is kept for each purpose."""

    quota: float
    floor: float
    reserves: Mapping[Purpose, float]

    def refusal(self, purpose: Purpose, spent: float, reserved: float, cost: float) -> str | None:
        """Why a call may not be made; ``None`` when it may."""
        used = spent + reserved
        after = used + cost
        if after > self.quota - self.floor:
            return (
                f"quota: {used:g} of {self.quota:g} credits are used, {self.floor:g} are the floor"
            )
        rank = list(Purpose)
        kept = sum(self.reserves.get(higher, 0) for higher in rank[: rank.index(purpose)])
        if after > self.quota - self.floor - kept:
            return f"reserve: {kept:g} credits are kept for what is worth more than {purpose}"
        return None
