"""What each key may still spend, and on what.

Belongs here: a key's budget by the settings and the time of the month, and what is left of it.
Does not belong here: the rule (``planning.budget``), entries (``storage.ledger``).

Reserves are kept for what is still to come, so they shrink evenly to nothing at the reset: what
was kept at the start of the month and not needed is there for all purposes at its end.

Units: the provider's credits; UTC times; a month is a calendar month.
"""

from dataclasses import dataclass
from typing import NamedTuple

from odds_pipeline.planning.budget import Budget, Purpose, month_left
from odds_pipeline.services.pauses import current_pause
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import ledger
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.ledger import Balance

PERCENT = 100


class Refusal(NamedTuple):
    """Why a call may not be paid: as a slot's gap has it, and in words."""

    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class Purse:
    """One key's month: its budget, and what is spent and set aside of it."""

    platform: Platform
    budget: Budget
    balance: Balance

    @property
    def used(self) -> float:
        """Credits spent or in flight."""
        return self.balance.spent + self.balance.reserved

    @property
    def left(self) -> float:
        """Credits that may still be spent on something."""
        return max(0.0, self.budget.quota - self.budget.floor - self.used)

    def refusal(self, purpose: Purpose, cost: float) -> Refusal | None:
        """Why this key does not pay for a call; ``None`` when it does."""
        balance = self.balance
        words = self.budget.refusal(purpose, balance.spent, balance.reserved, cost)
        if words is not None:
            return Refusal(words.partition(":")[0], words)
        pause = current_pause(self.platform)
        if pause is None:
            return None
        until = f"{pause.until:%Y-%m-%d %H:%M} UTC"
        return Refusal(f"breaker open until {until}", f"paused until {until}: {pause.reason}")


def budget_of(platform: Platform) -> Budget:
    """The budget of the platform's (first) key now."""
    settings, quota = platform.settings, platform.quota
    ahead = month_left(platform.now())
    return Budget(
        quota,
        quota * settings.credit_floor_percent / PERCENT,
        {
            Purpose.CLOSING: quota * settings.closing_reserve_percent / PERCENT * ahead,
            Purpose.LIVE: quota * settings.live_reserve_percent / PERCENT * ahead,
        },
    )


def purses(platform: Platform) -> tuple[Purse, ...]:
    """Each key's month, in the order in which the keys are tried."""
    found = []
    for keyed in platform.by_key():
        with transaction(platform.engine) as conn:
            balance = ledger.balance(conn, keyed.key_fingerprint)
        found.append(Purse(keyed, budget_of(keyed), balance))
    return tuple(found)


def refusal(of: tuple[Purse, ...], purpose: Purpose, cost: float) -> Refusal | None:
    """Why no key pays for a call now, by the first of them; ``None`` when one does."""
    reasons = [purse.refusal(purpose, cost) for purse in of]
    return None if None in reasons else reasons[0]
