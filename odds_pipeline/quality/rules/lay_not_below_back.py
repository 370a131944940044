"""An exchange's two sides of the same outcome. Decimal odds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 0.005


@rule(issue_type="lay_below_back", severity=Severity.ERROR, needs=Needs.MARKETS)
def lay_not_below_back(markets: pd.DataFrame) -> pd.DataFrame:
    """An outcome can be laid at no lower price than it can be backed at, at one exchange.

    Otherwise the two markets were swapped: a lay price is what others pay, never one to back at.
    """
    key = ["event_id", "snapshot_time", "bookmaker_key"]
    prices = ["first_price", "second_price"]
    back = markets[markets["market_key"] == "h2h"]
    lay = markets[markets["market_key"] == "h2h_lay"][[*key, *prices]]
    both = back.merge(lay, on=key, suffixes=("", "_lay"))
    crossed = (both["first_price_lay"] < both["first_price"] - TOLERANCE) | (
        both["second_price_lay"] < both["second_price"] - TOLERANCE
    )
    bad = both[crossed]
    described = [
        f"back at {one:g} and {two:g}, lay at {lay_one:g} and {lay_two:g}"
        for one, two, lay_one, lay_two in zip(
            *(bad[name] for name in (*prices, *(f"{price}_lay" for price in prices))), strict=True
        )
    ]
    return issues_of(bad, described, [*prices, *(f"{price}_lay" for price in prices)])
