"""Whether an edge could be had: executable, stale or paper, and why not.

Belongs here: the rule. Does not belong here: how big an edge is (``betting``).

``paper``: it exists on paper only (commission or whole stakes take it, or it is too good to be
true). ``stale``: a price of it may be gone. Else it is ``executable``. Units: seconds, percent.
"""

from typing import NamedTuple

from odds_pipeline.services.market.boards import Floats
from odds_pipeline.services.market.terms import Terms

EXECUTABLE, STALE, PAPER = "executable", "stale", "paper"


class Verdict(NamedTuple):
    """The verdict, and the reason where it is not executable."""

    verdict: str
    reason: str | None


def of_bet(book: str, age: float, oldest: float, edge: float, terms: Terms) -> Verdict:
    """The verdict on one bet."""
    if edge > terms.unbelievable_value:
        return Verdict(PAPER, f"{edge:.1f} % is too good to be true: look at the price")
    if age > oldest:
        return Verdict(STALE, f"{book} was last read {age:.0f} s before")
    return Verdict(EXECUTABLE, None)


def of_legs(
    ages: Floats, oldest: float, edge: float, profit: float, sure: bool, terms: Terms
) -> Verdict:
    """The verdict on bets that belong together.

    Args:
        ages: of the legs.
        oldest: greatest age that is fresh.
        edge: percent of the total stake.
        profit: in the worst case, with whole stakes.
        sure: whether it claims a certain profit.
        terms: limits.
    """
    if sure and edge <= 0.0:
        return Verdict(PAPER, "only before commission")
    if sure and edge > terms.unbelievable:
        return Verdict(PAPER, f"{edge:.1f} % is too good to be true: look at the prices")
    if sure and profit <= 0.0:
        return Verdict(PAPER, "no whole stakes have a certain profit")
    if ages.max() > oldest:
        return Verdict(STALE, f"a leg was last read {ages.max():.0f} s before")
    if ages.max() - ages.min() > terms.greatest_skew:
        return Verdict(STALE, f"legs were read {ages.max() - ages.min():.0f} s apart")
    return Verdict(EXECUTABLE, None)
