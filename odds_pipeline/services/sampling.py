"""What live collection should capture now, by the sampling mode and within the budget.

Belongs here: the tick, which reads what is known, plans ahead and says what is due. Does not
belong here: policies and budgets (``planning``), making the calls (``collect``).

A tick calls nobody. Units: the provider's credits; UTC times.
"""

from dataclasses import dataclass
from datetime import datetime

from odds_pipeline.planning.budget import Purpose
from odds_pipeline.services.platform import Platform
from odds_pipeline.settings import SamplingMode


@dataclass(frozen=True, slots=True)
class Due:
    """One capture to make now: where, why in words, what pays for it and what it costs at most."""

    sport_key: str
    slot_time: datetime
    why: str
    purpose: Purpose
    credits: int


@dataclass(frozen=True, slots=True)
class Tick:
    """What is due now, the reason in words, and when there is something to do again."""

    due: tuple[Due, ...]
    reason: str
    next_at: datetime | None


def tick(platform: Platform, mode: SamplingMode) -> Tick:
    """Plan ahead by the mode's policy, and say which captures are due now."""
    raise NotImplementedError
