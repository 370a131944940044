"""Probabilities that no other book shares. Fractions: 0.1 is 10 points of probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.peers import with_peers
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

FEWEST_BOOKS = 4
FAR = 0.10
MIRRORED = 0.03


@rule(
    issue_type="far_from_peers",
    severity=Severity.WARNING,
    needs=Needs.MARKETS,
    limit=FAR,
    unit="probability",
)
def far_from_peers(markets: pd.DataFrame) -> pd.DataFrame:
    """A book's probability lies more than 10 points from the median of at least four books.

    The margin is out of it. One side was left standing while the market moved, a digit is wrong,
    or prices of another game stand here. Before the start only.
    """
    rows = with_peers(markets, FEWEST_BOOKS)
    bad = rows[(rows["probability"] - rows["median"]).abs() > FAR]
    return _issues(bad, "the books beside it")


@rule(
    issue_type="swapped_outcomes",
    severity=Severity.ERROR,
    needs=Needs.MARKETS,
    limit=MIRRORED,
    unit="probability",
)
def swapped_outcomes(markets: pd.DataFrame) -> pd.DataFrame:
    """A book gives each side the other's price: its probability is one minus the others' median.

    Judged where the two differ by more than twice the tolerance of 3 points, so that an even
    market, which looks alike both ways, is left alone; two-way markets of at least four books.
    """
    rows = with_peers(markets[markets["outcomes"] == 2], FEWEST_BOOKS)
    mirrored = (rows["probability"] - (1 - rows["median"])).abs()
    apart = (rows["probability"] - rows["median"]).abs()
    bad = rows[(mirrored <= MIRRORED) & (apart > 2 * MIRRORED) & (apart > 2 * mirrored)]
    return _issues(bad, "the others, which fit the other way round")


def _issues(bad: pd.DataFrame, whom: str) -> pd.DataFrame:
    described = [
        f"{market} puts its first side at {own:.1%}, against {median:.1%} of {whom}"
        for market, own, median in zip(
            bad["market_key"], bad["probability"], bad["median"], strict=True
        )
    ]
    evidence = ["probability", "median", "books", "line", "first_price", "second_price"]
    return issues_of(bad, described, [*evidence, "description"])
