"""What each book's markets were worth to a bettor on a day of captures.

Belongs here: counting over the day's boards. Does not belong here: what a board is worth
(``fair``), how it moved (``movements``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from odds_pipeline.betting.margin import overround
from odds_pipeline.services.market.boards import Boards, boards
from odds_pipeline.services.market.fair import Bools, fair_of
from odds_pipeline.services.market.movements import changes, states
from odds_pipeline.services.market.steam_moves import steam_moves
from odds_pipeline.services.market.terms import Terms, terms_of
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import pricings, readers, scorecards
from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.numbers import numbers
from odds_pipeline.storage.pricings import Captured

if TYPE_CHECKING:
    import pandas as pd

TOGETHER = 400  # events of moments that are read at once
CARD = ["bookmaker_key", "market_key"]


@dataclass(frozen=True, slots=True)
class BookScored:
    """One book over all its markets of a day; shares are fractions.

    ``first_moves`` of ``steam_moves`` it began alone; both are ``None`` where captures cannot tell.
    """

    bookmaker_key: str
    mean_overround: float
    best_share: float
    uptime: float
    median_age_seconds: float
    moves: int
    steam_moves: int | None
    first_moves: int | None


@dataclass(frozen=True, slots=True)
class DayScored:
    """A day's scorecards; ``boards`` counts whole markets, one a book and capture."""

    boards: int
    mean_overround: float | None
    books: tuple[BookScored, ...]

    @property
    def margins(self) -> dict[str, float]:
        """Mean overround by bookmaker key."""
        return {book.bookmaker_key: book.mean_overround for book in self.books}


def score_day(platform: Platform, day: date) -> DayScored:
    """Make the scorecards of a UTC day of captures; doing it again makes the same.

    Args:
        platform: its database and settings are used.
        day: UTC day of the captures.
    """
    import pandas as pd

    terms = terms_of(platform.settings)
    with transaction(platform.engine) as conn:
        judged, moved = [], []
        here = _captured(conn, day, terms)
        for one in _boards(conn, here, terms):
            judged.append(_judged(one, terms))
            moved.append(states(one, terms))
        if not judged:
            scorecards.replace(conn, day, pd.DataFrame(), numbers(conn, [], []))
            return DayScored(0, None, ())
        found = pd.concat(moved, ignore_index=True)
        parts = steam_moves(found, {one.event_id: one.sport_key for one in here})
        rows = _cards(pd.concat(judged, ignore_index=True), found, parts)
        scorecards.replace(conn, day, rows, numbers(conn, [], []))
    return _summary(rows)


def _captured(conn: Connection, day: date, terms: Terms) -> list[Captured]:
    moments = pricings.waiting(conn, day, terms.reach, again=True)
    return [one for one in pricings.captured(conn, moments) if not one.gone]


def _boards(conn: Connection, here: Sequence[Captured], terms: Terms) -> Iterator[Boards]:
    for begin in range(0, len(here), TOGETHER):
        asked = [(one.event_id, one.capture_time) for one in here[begin : begin + TOGETHER]]
        yield from boards(readers.odds_at_each(conn, asked, max_age=terms.reach))


def _judged(one: Boards, terms: Terms) -> "pd.DataFrame":
    """One row a board: a book's one market at one capture."""
    import pandas as pd

    fair = fair_of(one, terms)
    best = np.nanmax(one.prices, axis=1, keepdims=True)
    rows, books = np.nonzero(one.offered)
    keys = one.keys.take(rows).reset_index(drop=True)
    leading: Bools = one.prices >= best
    return pd.DataFrame(
        {
            "event_id": keys["event_id"],
            "capture_time": keys["capture_time"],
            "market_key": keys["market_key"],
            "bookmaker_key": np.array(one.books, dtype=object)[books],
            "overround": overround(one.prices)[rows, books],
            "age": one.ages[rows, books],
            "stale": ~fair.fresh[rows, books],
            "best": leading[rows, books].sum(axis=1),
            "outcomes": one.prices.shape[2],
        }
    )


def _cards(judged: "pd.DataFrame", moved: "pd.DataFrame", parts: "pd.DataFrame") -> "pd.DataFrame":
    """One row a book and market."""
    card = judged.groupby(CARD, sort=True)
    rows = card.agg(
        boards=("age", "size"),
        mean_overround=("overround", "mean"),
        median_age_seconds=("age", "median"),
        p95_age_seconds=("age", lambda ages: ages.quantile(0.95)),
        stale_share=("stale", "mean"),
        best=("best", "sum"),
        outcomes=("outcomes", "sum"),
    )
    shown = judged.drop_duplicates(["event_id", "capture_time", *CARD]).groupby(CARD).size()
    anywhere = judged.drop_duplicates(["event_id", "capture_time", "market_key"])
    rows = rows.assign(
        uptime=shown
        / rows.index.get_level_values("market_key").map(
            anywhere.groupby("market_key").size().to_dict()
        ),
        best_share=rows["best"] / rows["outcomes"],
        moves=changes(moved).groupby(CARD)["moves"].sum(),
    )
    return rows.join(_firsts(parts)).reset_index()


def _firsts(parts: "pd.DataFrame") -> "pd.DataFrame":
    """By book and market: moves of several books, those it began, how far behind it followed."""
    told = parts.dropna(subset=["lags"])
    told = told.assign(steam_moves=told["lags"].map(len))
    counted = told.astype({"first_moves": "int64"}).groupby(CARD)[["steam_moves", "first_moves"]]
    lags = told.explode("lags").dropna(subset=["lags"]).astype({"lags": "float64"})
    return counted.sum().assign(median_lag_seconds=lags.groupby(CARD)["lags"].median())


def _summary(rows: "pd.DataFrame") -> DayScored:
    total = int(rows["boards"].sum())
    books = []
    for key, own in rows.groupby("bookmaker_key", sort=True):
        weights = own["boards"]
        mean = {
            name: float(np.average(own[name], weights=weights))
            for name in ("mean_overround", "best_share", "uptime", "median_age_seconds")
        }
        books.append(
            BookScored(
                bookmaker_key=str(key),
                moves=int(own["moves"].sum()),
                steam_moves=_count(own["steam_moves"]),
                first_moves=_count(own["first_moves"]),
                **mean,
            )
        )
    margin = float(np.average(rows["mean_overround"], weights=rows["boards"]))
    return DayScored(total, margin, tuple(books))


def _count(told: "pd.Series[float]") -> int | None:
    return int(told.sum()) if told.notna().any() else None
