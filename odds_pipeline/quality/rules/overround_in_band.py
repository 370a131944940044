"""Margins no book of that class would take. Fractions: 0.05 is 5 %.

The bands are the usual ones (retail 2-15 %) widened on evidence from about 21,000 recorded
markets: genuine retail margins lie in 0.1-15.7 % (5 of 19,914 above 15 %), sharp ones in 1.9-6 %,
three-way and in-play ones reach further up, and an exchange's back side has no ceiling, since
nobody may be offering: half of those above 10 % are above 50 %, up to 96 %.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from odds_pipeline.catalog.bookmakers import BookClass, book_class
from odds_pipeline.catalog.markets import FEATURED
from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule
from odds_pipeline.quality.reliability import OVERROUND, judgeable

if TYPE_CHECKING:
    import pandas as pd

LOWEST = {BookClass.RETAIL: 0.0, BookClass.SHARP: 0.0, BookClass.EXCHANGE: -0.02}
HIGHEST = {BookClass.RETAIL: 0.15, BookClass.SHARP: 0.10, BookClass.EXCHANGE: math.inf}
# Added to the highest for each of: a third outcome, in play, not a featured market.
ALLOWANCE = 0.05
ROUNDING = 1e-9


@rule(issue_type="overround_out_of_band", severity=Severity.WARNING, needs=Needs.MARKETS)
def overround_in_band(markets: pd.DataFrame) -> pd.DataFrame:
    """The margin of one book's one complete market lies in the band of the book's class.

    Below it the book would pay its bettors to bet; above it a price is stale, swapped or
    misread, or nobody is offering. Lay markets, fields of many participants and incomplete
    markets are not judged, nor prices of different books together (as aggregates have them).
    """
    markets = markets[judgeable(markets, OVERROUND)].copy()
    classes = {key: book_class(key) for key in markets["bookmaker_key"].dropna().unique()}
    of_class = markets["bookmaker_key"].map({key: c.value for key, c in classes.items()})
    wider = (
        (markets["outcomes"] == 3).astype(float)
        + markets["in_play"].astype(float)
        + (~markets["market_key"].isin(FEATURED)).astype(float)
    )
    markets["lowest"] = of_class.map({c.value: low for c, low in LOWEST.items()}).astype(float)
    markets["highest"] = of_class.map({c.value: high for c, high in HIGHEST.items()}).astype(float)
    markets["highest"] += ALLOWANCE * wider
    low, high = markets["lowest"] - ROUNDING, markets["highest"] + ROUNDING
    bad = markets[~markets["overround"].between(low, high)]
    described = [
        f"{market} {_named(who)}{_named(line)}has an overround of {overround:.2%}, "
        f"outside {lowest:.0%} to {highest:.0%}"
        for market, who, line, overround, lowest, highest in zip(
            *(bad[c] for c in ("market_key", "description", "line", "overround")),
            *(bad[c] for c in ("lowest", "highest")),
            strict=True,
        )
    ]
    evidence = ["overround", "lowest", "highest", "outcomes", "line", "description", "in_play"]
    return issues_of(bad, described, evidence)


def _named(part: object) -> str:
    """The part followed by a blank, or nothing when it is missing."""
    return "" if part is None or part != part else f"{part} "
