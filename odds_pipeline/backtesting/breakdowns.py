"""A run cut by what distinguishes its bets: book, market, price, month, time to start.

Belongs here: the cuts. Does not belong here: figures of the whole (``figures``). A cut is a look
for what to ask next: of many parts some do well by luck.
"""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from odds_pipeline.backtesting.engine import Backtest
from odds_pipeline.backtesting.figures import settled

if TYPE_CHECKING:
    import pandas as pd

PRICES = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0, np.inf)
HOURS = (-np.inf, 1.0, 3.0, 12.0, 24.0, 72.0, np.inf)
COLUMNS = ("breakdown", "part", "bets", "won", "wagered", "profit", "roi", "clv")


def breakdowns(of: Backtest) -> "pd.DataFrame":
    """One row a part of each cut that has bets: the ``COLUMNS``.

    ``won`` counts bets with a profit, ``clv`` is the expected profit a unit by the closing fair
    chances of the bets that have one (before commission), NaN of none. Bets are the settled ones;
    months are those of the settlement, in UTC.
    """
    import pandas as pd

    bets = settled(of)
    offer = of.tape.offered.iloc[bets.row].reset_index(drop=True)
    worth = of.tape.closing_chance[bets.row] * bets.price - 1.0
    known = np.isfinite(worth)
    values = pd.DataFrame(
        {
            "bets": 1,
            "won": bets.profit > 0.0,
            "wagered": bets.stake,
            "profit": bets.profit,
            "worth": np.where(known, worth * bets.stake, 0.0),
            "valued": np.where(known, bets.stake, 0.0),
        }
    )
    hours = (offer["commence_time"] - offer["decision_time"]).dt.total_seconds() / 3_600
    months = bets.day.astype("datetime64[D]").astype("datetime64[M]").astype(str)
    cuts = {
        "bookmaker": offer["bookmaker_key"].astype(object),
        "market": offer["market_key"].astype(object),
        "price": pd.Series(pd.cut(bets.price, PRICES, right=False, labels=_labels(PRICES, ""))),
        "month": pd.Series(months),
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
