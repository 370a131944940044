"""What bets were worth against the closing price, at their own number.

Belongs here: finding each bet's closing market. Does not belong here: the measure
(``betting.closing_line_value``), which bets (``edge_statistics``).

Judged by is the first sharp book whose close can say it, else the bet's own book. Main and
alternate lines are one family: the bet's own number if it closed, else the nearest one, moved to
the bet's by the distribution of scores where that is known.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.closing_line_value import NO_CLOSE, closing_line_value
from odds_pipeline.betting.lines.distribution import handicap_of_total
from odds_pipeline.betting.lines.known import known_distribution
from odds_pipeline.services.market.results import TOTALS
from odds_pipeline.services.market.terms import Terms

if TYPE_CHECKING:
    import pandas as pd

ALTERNATE = "alternate_"
_MARKET = ["event_id", "market_key", "description", "bookmaker_key", "line", "capture_time"]
_VALUES = ("clv", "price_ratio", "points_gained")
_BET = ["event_id", "family", "description", "outcome_name"]


def closing_values(bets: "pd.DataFrame", closes: "pd.DataFrame", terms: Terms) -> "pd.DataFrame":
    """Closing line value of each bet, or why there is none.

    Args:
        bets: columns ``event_id``, ``market_key``, ``description``, ``bookmaker_key``,
            ``outcome_name``, ``point``, ``price``; the index means nothing.
        closes: closing prices, columns of ``closing_prices``.
        terms: the sharp books and the margin removal.

    Returns:
        One row a bet in order: ``clv`` (expected profit of a unit at the close's fair price),
        ``price_ratio`` (price by closing price at the bet's number, minus 1), ``points_gained``,
        ``line_moved``, ``clv_reason``.
    """
    import pandas as pd

    rows, prices = _markets(closes)
    matched = _matched(bets.reset_index(drop=True).reset_index(names="bet"), rows, terms)
    columns: dict[str, NDArray[Any]] = {
        **{name: np.full(len(bets), np.nan) for name in _VALUES},
        "line_moved": np.full(len(bets), None, dtype=object),
        "clv_reason": np.full(len(bets), NO_CLOSE, dtype=object),
    }
    for (size, sport, family), own in matched.groupby(["size", "sport_key", "family"]):
        table = prices[int(str(size))][own["board"].to_numpy(dtype=np.int64)]
        value = closing_line_value(
            own["price"].to_numpy(dtype=np.float64),
            table,
            _handicap(own, "point"),
            _handicap(own, "close_point"),
            own["side"].to_numpy(dtype=np.int64),
            known_distribution(str(sport), str(family)),
            terms.method,
        )
        at, known = own["bet"].to_numpy(dtype=np.int64), value.reason == ""
        measures = (value.no_vig, value.price_ratio, value.points)
        for name, measure in zip(_VALUES, measures, strict=True):
            columns[name][at] = np.where(known, measure, np.nan)
        columns["line_moved"][at[known]] = value.moved[known]
        columns["clv_reason"][at] = value.reason
        columns["clv_reason"][at[known]] = None
    return pd.DataFrame(columns).astype({"line_moved": "boolean"})


def _markets(closes: "pd.DataFrame") -> "tuple[pd.DataFrame, dict[int, Floats]]":
    """Outcomes of whole closing markets, and by number of outcomes the prices of each board."""
    rows = closes.dropna(subset=["fair_probability"])
    rows = rows.sort_values([*_MARKET, "outcome_name"], kind="stable").reset_index(drop=True)
    boards = rows.groupby(_MARKET, dropna=False, sort=False)
    sizes = boards["price"].transform("size").to_numpy(dtype=np.int64)
    rows = rows.assign(
        family=rows["market_key"].str.removeprefix(ALTERNATE),
        size=sizes,
        side=boards.cumcount().to_numpy(dtype=np.int64),
        board=np.zeros(len(rows), dtype=np.int64),
    )
    prices: dict[int, Floats] = {}
    for size in np.unique(sizes):
        own = np.flatnonzero(sizes == size)
        prices[int(size)] = rows["price"].to_numpy(dtype=np.float64)[own].reshape(-1, size)
        rows.loc[own, "board"] = np.arange(len(own)) // size
    return rows, prices


def _matched(bets: "pd.DataFrame", rows: "pd.DataFrame", terms: Terms) -> "pd.DataFrame":
    """The close that judges each bet: one row a bet that has any."""
    bets = bets.assign(family=bets["market_key"].str.removeprefix(ALTERNATE))
    wanted = rows[[*_BET, "sport_key", "size", "board", "side", "bookmaker_key", "point"]]
    wanted = wanted.rename(columns={"bookmaker_key": "judge", "point": "close_point"})
    text = {"description": "str"}
    pairs = bets.astype(text).merge(wanted.astype(text), on=_BET)
    ranks = {book: rank for rank, book in enumerate(terms.sharp)}
    rank = pairs["judge"].map(ranks).astype("float64")
    rank = rank.mask(rank.isna() & (pairs["judge"] == pairs["bookmaker_key"]), len(ranks))
    away = (pairs["point"] - pairs["close_point"]).abs().fillna(0.0)
    known = [
        known_distribution(str(sport), str(family)) is not None
        for sport, family in zip(pairs["sport_key"], pairs["family"], strict=True)
    ]
    pairs = pairs.assign(rank=rank, away=away, unsaid=(away > 0) & ~np.array(known, dtype=bool))
    best = pairs.dropna(subset=["rank"]).sort_values(["bet", "unsaid", "rank", "away", "board"])
    return best.drop_duplicates("bet")


def _handicap(rows: "pd.DataFrame", point: str) -> Floats:
    """Points as handicaps of the backed side; NaN where no bet can be settled on one."""
    line = rows[point].to_numpy(dtype=np.float64)
    line = np.where(np.mod(4.0 * line, 1.0) == 0.0, line, np.nan)
    total = rows["family"].isin(TOTALS).to_numpy(dtype=bool)
    over = rows["outcome_name"].eq("Over").to_numpy(dtype=bool)
    return np.asarray(np.where(total, handicap_of_total(line, over), line))
