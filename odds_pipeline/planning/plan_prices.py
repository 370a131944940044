"""What the provider's plans cost: data with a date.

Belongs here: the price list. Does not belong here: what calls cost (``rate_cards``). The provider
changes prices; the list says when it was read and by whom.

Units: credits a calendar month, US dollars a month.
"""

from datetime import date
from typing import NamedTuple

AS_OF = date(2026, 5, 30)
SOURCE = "an integrator's audit of the provider's pages; check before you buy"


class PlanPrice(NamedTuple):
    """One plan; ``history`` says whether it sells historical odds."""

    name: str
    credits: int
    dollars: int
    history: bool = True


PLANS = (
    PlanPrice("free", 500, 0, history=False),
    PlanPrice("20K", 20_000, 30),
    PlanPrice("100K", 100_000, 59),
    PlanPrice("5M", 5_000_000, 119),
    PlanPrice("15M", 15_000_000, 249),
)


def cheapest(credits: float, history: bool = False) -> PlanPrice | None:
    """The cheapest plan with so many credits a month; ``None`` where no plan has them."""
    return next(
        (plan for plan in PLANS if plan.credits >= credits and (plan.history or not history)), None
    )
