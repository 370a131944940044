"""What the other books say of the same market at the same time.

Belongs here: bringing a market's books together. Does not belong here: judging (``rules``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.reliability import PEERS, judgeable

if TYPE_CHECKING:
    import pandas as pd

SAME_LINE = ["event_id", "snapshot_time", "market_key", "description", "line"]


def with_peers(markets: pd.DataFrame, fewest: int) -> pd.DataFrame:
    """Pre-match markets of books, each with the median of all books that stand beside it.

    What ``reliability`` says is not to be compared (exchanges, lay markets, figures over many
    books) takes no part.

    Args:
        markets: columns of ``Needs.MARKETS``.
        fewest: books that must state the same line, the judged one among them.

    Returns:
        Those rows with ``books`` and ``median`` (probability). A median of at least four is not
        moved by one that is wrong.
    """
    rows = comparable(markets)
    beside = rows.groupby(SAME_LINE, dropna=False, sort=False)["probability"]
    rows = rows.assign(books=beside.transform("size"), median=beside.transform("median"))
    return rows[rows["books"] >= fewest]


def comparable(markets: pd.DataFrame) -> pd.DataFrame:
    """Pre-match markets that can be held against each other."""
    return markets[judgeable(markets, PEERS) & ~markets["in_play"].astype(bool)]
