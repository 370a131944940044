"""What the closing line said of each offer: its fair chance at the offer's own number.

Belongs here: matching offers with closes. Does not belong here: finding the closes
(``storage.readers.closing_lines``), other measures of closing line value
(``betting.closing_line_value``). Strategies never see any of it.

A close is fair once its book's margin is removed (power method). The sharp books of the catalog
speak for an outcome where they have it; elsewhere the mean of all books does.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.backtesting.boards import OUTCOMES, boards
from odds_pipeline.betting.margin_removal.methods import remove_margin
from odds_pipeline.catalog.bookmakers import BOOKMAKERS, BookClass

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
COLUMNS = (
    "event_id",
    "home_team",
    "away_team",
    "bookmaker_key",
    "market_key",
    "outcome_name",
    "point",
    "price",
)
_NUMBER = ["event_id", "market_key", "outcome_name", "point"]


def closing_chances(offered: "pd.DataFrame", closes: "pd.DataFrame") -> Floats:
    """The closing fair chance of each offer; NaN where no book closed at its own number.

    Args:
        offered: what was on offer; see ``offers``.
        closes: closing prices with the ``COLUMNS``; decimal odds, NaN where there is none.

    Raises:
        ValueError: a column is missing.
    """
    missing = [name for name in COLUMNS if name not in closes]
    if missing:
        raise ValueError(f"closing lines lack {', '.join(missing)}")
    priced = closes[closes["price"] > 1.0].reset_index(drop=True)
    said = priced.assign(chance=_fair(priced))
    said = said[said["chance"].notna()]
    sharp = said["bookmaker_key"].isin(_SHARP)
    pooled = _mean(said[sharp]).combine_first(_mean(said))
    asked = offered[_NUMBER].assign(point=numbered(offered))
    return asked.join(pooled, on=_NUMBER)["chance"].to_numpy(dtype=np.float64)


_SHARP: Sequence[str] = [
    book.key for book in BOOKMAKERS.values() if book.book_class is BookClass.SHARP
]


def _mean(said: "pd.DataFrame") -> "pd.Series":
    return said.assign(point=numbered(said)).groupby(_NUMBER)["chance"].mean()


def numbered(frame: "pd.DataFrame") -> "pd.Series":
    """Points that compare equal where there is none."""
    return frame["point"].astype("float64").fillna(np.inf) + 0.0


def _fair(closes: "pd.DataFrame") -> Floats:
    """Of each closing price, with its own book's margin removed."""
    fair = np.full(len(closes), np.nan)
    moment = closes.assign(decision_time=np.datetime64(0, "us"))
    for market in closes["market_key"].unique():
        of = boards(moment, market)
        priced = np.isfinite(of.prices)
        three = priced.all(axis=2)
        two = priced[:, :, :2].all(axis=2) & ~priced[:, :, 2]
        for which, outcomes in ((three, OUTCOMES), (two, 2)):
            if which.any():
                chances = remove_margin(of.prices[which][:, :outcomes]).probabilities
                fair[of.rows[which][:, :outcomes]] = chances
    return fair
