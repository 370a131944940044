"""A run cut by what distinguishes its bets: book, market, price, month, time to start.

Belongs here: the cuts. Does not belong here: figures of the whole (``figures``). A cut is a look
for what to ask next: of many parts some do well by luck.
"""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

PRICES = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0, np.inf)
HOURS = (-np.inf, 1.0, 3.0, 12.0, 24.0, 72.0, np.inf)
COLUMNS = ("breakdown", "part", "bets", "won", "wagered", "profit", "roi", "clv")


def breakdowns(bets: "pd.DataFrame") -> "pd.DataFrame":
    """One row a part of each cut that has settled bets: the ``COLUMNS``.

    ``won`` counts bets with a profit, ``clv`` is the expected profit a unit by the closing fair
    chances of the bets that have one (before commission), NaN of none. Months are those of the
    settlement, in UTC.

    Args:
        bets: as ``engine.Backtest.bets``.
    """
    import pandas as pd

    done = bets[bets["profit"].notna() & ~bets["void"].astype(bool)].reset_index(drop=True)
    worth = done["closing_chance"] * done["price"] - 1.0
    values = pd.DataFrame(
        {
            "bets": 1,
            "won": done["profit"] > 0.0,
            "wagered": done["stake"],
            "profit": done["profit"],
            "worth": (worth * done["stake"]).fillna(0.0),
            "valued": done["stake"].where(worth.notna(), 0.0),
        }
    )
    hours = (done["commence_time"] - done["decision_time"]).dt.total_seconds() / 3_600
    cuts = {
        "bookmaker": done["bookmaker_key"].astype(object),
        "market": done["market_key"].astype(object),
        "price": pd.cut(done["price"], PRICES, right=False, labels=_labels(PRICES, "")),
        "month": done["settled_at"].dt.strftime("%Y-%m"),
        "hours to start": pd.cut(hours, HOURS, labels=_labels(HOURS, " h")),
    }
    parts = []
    for name, part in cuts.items():
        summed = values.groupby(part, observed=True).sum()
        parts.append(summed.assign(breakdown=name, part=summed.index.astype(str)))
    every = pd.concat(parts, ignore_index=True)
    every["roi"] = every["profit"] / every["wagered"]
    every["clv"] = (every["worth"] / every["valued"]).where(every["valued"] > 0.0)
    return every[list(COLUMNS)].astype({"bets": "int64", "won": "int64"})


def _labels(edges: "tuple[float, ...]", unit: str) -> "list[str]":
    labels = []
    for low, high in pairwise(edges):
        if np.isinf(low):
            labels.append(f"up to {high:g}{unit}")
        elif np.isinf(high):
            labels.append(f"{low:g}{unit} and more")
        else:
            labels.append(f"{low:g} to {high:g}{unit}")
    return labels
