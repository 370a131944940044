"""What the closing line said of each offer: its fair chance at the offer's own number.

Belongs here: matching offers with closes, and moving a close to the number that was bet on. Does
not belong here: finding the closes (``storage.readers.closing_lines``), other measures of closing
line value (``betting.closing_line_value``). Strategies never see any of it.

A close is fair once its book's margin is removed (power method). The sharp books of the catalog
speak for an outcome where they have it; elsewhere the mean of all books does. Main and alternate
lines are one family. Where nobody closed at the offer's number, the nearest number that the sharp
books closed at, else any book, is moved to it by the distribution of scores, as values of edges
are; without a known distribution (``betting.lines.known``) there is no chance.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.backtesting.boards import OUTCOMES, boards
from odds_pipeline.backtesting.grading import OVER
from odds_pipeline.betting.lines.distribution import ScoreDistribution, handicap_of_total
from odds_pipeline.betting.lines.known import known_distribution
from odds_pipeline.betting.lines.mean import solve_mean
from odds_pipeline.betting.margin_removal.methods import remove_margin
from odds_pipeline.catalog.bookmakers import BOOKMAKERS, BookClass

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
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
_SIDE = ["event_id", "family", "outcome_name"]
_NUMBER = [*_SIDE, "point"]


class Closing(NamedTuple):
    """Of each offer: its closing fair chance, and whether the close was moved to its number."""

    chance: Floats
    moved: Bools


def closing_chances(offered: "pd.DataFrame", closes: "pd.DataFrame") -> Closing:
    """The closing fair chance of each offer, pushes aside; NaN where the close does not tell it.

    Args:
        offered: what was on offer; see ``offers``.
        closes: closing prices with the ``COLUMNS``; decimal odds, NaN where there is none. With
            ``sport_key``, closes are moved to numbers at which nobody closed.

    Raises:
        ValueError: a column is missing.
    """
    missing = [name for name in COLUMNS if name not in closes]
    if missing:
        raise ValueError(f"closing lines lack {', '.join(missing)}")
    priced = closes[closes["price"] > 1.0].reset_index(drop=True)
    said = _numbered(priced).assign(chance=_fair(priced))
    said = said[said["chance"].notna()]
    sharp = _mean(said[said["bookmaker_key"].isin(_SHARP)])
    pooled = sharp.combine_first(_mean(said))
    asked = _numbered(offered)[_NUMBER]
    chance = asked.join(pooled, on=_NUMBER)["chance"].to_numpy(dtype=np.float64).copy()
    moved = np.zeros(len(chance), dtype=np.bool_)
    lost = np.flatnonzero(np.isnan(chance) & np.isfinite(asked["point"].to_numpy()))
    if len(lost) and "sport_key" in priced:
        sports = priced.drop_duplicates("event_id").set_index("event_id")["sport_key"]
        chance[lost] = _moved(asked.iloc[lost], sharp, pooled, sports)
        moved[lost] = np.isfinite(chance[lost])
    return Closing(chance, moved)


_SHARP: Sequence[str] = [
    book.key for book in BOOKMAKERS.values() if book.book_class is BookClass.SHARP
]


def _mean(said: "pd.DataFrame") -> "pd.Series":
    return said.groupby(_NUMBER)["chance"].mean()


def _numbered(frame: "pd.DataFrame") -> "pd.DataFrame":
    """With points that compare equal where there is none, and the market's family."""
    family = frame["market_key"].str.removeprefix("alternate_")
    return frame.assign(point=numbered(frame), family=family)


def numbered(frame: "pd.DataFrame") -> "pd.Series":
    """Points that compare equal where there is none."""
    return frame["point"].astype("float64").fillna(np.inf) + 0.0


def _moved(
    asked: "pd.DataFrame", sharp: "pd.Series", pooled: "pd.Series", sports: "pd.Series"
) -> Floats:
    """Chances at numbers nobody closed at, by the nearest number somebody did; NaN without."""
    wanted = asked.drop_duplicates().reset_index(drop=True)
    pairs = wanted.merge(_judges(sharp, pooled), on=_SIDE)
    pairs = pairs.assign(
        away=(pairs["point"] - pairs["close_point"]).abs(),
        sport=pairs["event_id"].map(sports),
    )
    pairs = pairs.sort_values([*_NUMBER, "away", "close_point"]).drop_duplicates(_NUMBER)
    chance = np.full(len(pairs), np.nan)
    kinds = pairs[["sport", "family"]].drop_duplicates().itertuples(index=False, name=None)
    for sport, family in kinds:
        known = known_distribution(str(sport), str(family))
        if known is not None:
            own = ((pairs["sport"] == sport) & (pairs["family"] == family)).to_numpy()
            chance[own] = _at(known, pairs[own])
    found = pairs.assign(chance=chance).set_index(_NUMBER)["chance"]
    return asked.join(found, on=_NUMBER)["chance"].to_numpy(dtype=np.float64)


def _judges(sharp: "pd.Series", pooled: "pd.Series") -> "pd.DataFrame":
    """The numbers closed at and their chances, those of sharp books where a side has any."""
    every = pooled.reset_index()
    sides = sharp.reset_index()[_SIDE].drop_duplicates().assign(by_sharp=True)
    at_sharp = sharp.rename("sharp").reset_index()
    every = every.merge(sides, on=_SIDE, how="left").merge(at_sharp, on=_NUMBER, how="left")
    speaks = every["by_sharp"].isna() | every["sharp"].notna()
    numbers: pd.DataFrame = every.loc[speaks & np.isfinite(every["point"]), [*_NUMBER, "chance"]]
    return numbers.rename(columns={"point": "close_point", "chance": "said"})


def _at(known: ScoreDistribution, pairs: "pd.DataFrame") -> Floats:
    """Chances at the numbers asked for, given those at the closing numbers."""
    total = (pairs["family"] == "totals").to_numpy(dtype=np.bool_)
    over = (pairs["outcome_name"] == OVER).to_numpy(dtype=np.bool_)
    line, close = (
        np.where(total, handicap_of_total(points, over), points)
        for points in (_quarters(pairs["point"]), _quarters(pairs["close_point"]))
    )
    there = known.chances(solve_mean(known, pairs["said"].to_numpy(), close), line)
    return np.asarray(there.win / (there.win + there.loss))


def _quarters(points: "pd.Series") -> Floats:
    """Points that a bet can be settled on; NaN for others."""
    line = points.to_numpy(dtype=np.float64)
    return np.where(np.mod(4.0 * line, 1.0) == 0.0, line, np.nan)


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
