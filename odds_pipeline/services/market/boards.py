"""Quotes of a moment as arrays: the markets of many events, each with every book that prices it.

Belongs here: reshaping frames of quotes. Does not belong here: mathematics (``betting``), what is
made of the arrays (``fair``, ``find``).

A *market* here is one event's market at one line with one set of outcomes: the two sides of a
spread of -3.5, the three outcomes of a result. A book belongs to it if it prices every one of
them; who prices a part, or other outcomes, stands elsewhere or nowhere. Markets of n outcomes lie
together in arrays of shape (markets, books, n); NaN is no price.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.catalog.bookmakers import AGGREGATES
from odds_pipeline.catalog.markets import MARKETS, OutcomeKind

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LAY, DRAW = "_lay", "Draw"
NO_TIME = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Boards:
    """Markets of n outcomes.

    Args:
        keys: one row a market: ``place`` (which of the asked moments, from 1), ``event_id``,
            ``market_key``, ``description``, ``line`` (the home side's or the total's; NaN where
            the market has none), ``capture_time``, ``commence_time``, ``home_team``, ``away_team``.
        books: bookmaker keys, the second axis.
        outcomes: names, shape (markets, n).
        points: shape (markets, n).
        prices: decimal odds, shape (markets, books, n).
        lays: lay prices of exchanges, same shape.
        ages: seconds since each board's oldest quote was read, shape (markets, books); infinite
            where the book has none.
        known: when the newest of a board's quotes was known, microseconds since 1970, same shape.
        flagged: whether a quality rule found one of a board's quotes wrong, same shape.
    """

    keys: "pd.DataFrame"
    books: tuple[str, ...]
    outcomes: NDArray[np.object_]
    points: Floats
    prices: Floats
    lays: Floats
    ages: Floats
    known: Ints
    flagged: NDArray[np.bool_]

    def of(self, rows: Ints) -> "Boards":
        """Some of the markets."""
        return Boards(
            self.keys.take(rows).reset_index(drop=True),
            self.books,
            self.outcomes[rows],
            self.points[rows],
            self.prices[rows],
            self.lays[rows],
            self.ages[rows],
            self.known[rows],
            self.flagged[rows],
        )

    @property
    def offered(self) -> NDArray[np.bool_]:
        """Which books price which markets, shape (markets, books)."""
        return np.asarray(np.isfinite(self.prices[:, :, 0]))


def boards(quotes: "pd.DataFrame") -> list[Boards]:
    """The pre-match markets of a frame of quotes, one ``Boards`` for each number of outcomes.

    Args:
        quotes: columns of ``odds_at`` and ``place``, and ``flagged`` where it was looked at; voided
            and in-play rows are left out.
    """
    frame = _usable(quotes)
    if frame.empty:
        return []
    lay = frame["market_key"].str.endswith(LAY).to_numpy(dtype=bool)
    back = _coded(frame[~lay].reset_index(drop=True))
    drawn = _drawn(back.frame)
    sizes = [size for size in np.unique(back.sizes) if size > 1]
    found = [_complete(_of_size(back, size), drawn) for size in sizes]
    laid = frame[lay]
    if not laid.empty:
        for one in found:
            _lay(one, laid)
    return found


def _usable(quotes: "pd.DataFrame") -> "pd.DataFrame":
    keep = (
        (quotes["price"].to_numpy(dtype="float64") > 1.0)
        & ~quotes["in_play"].to_numpy(dtype=bool)
        & ~quotes["bookmaker_key"].isin(AGGREGATES).to_numpy()
    )
    usable: pd.DataFrame = quotes[keep].reset_index(drop=True)
    return usable


@dataclass(frozen=True, slots=True)
class _Coded:
    """Rows sorted by group, book and outcome, and the number of rows of each one's board."""

    frame: "pd.DataFrame"
    groups: Ints
    books: Ints
    names: tuple[str, ...]
    outcomes: Ints
    sizes: Ints


def _coded(frame: "pd.DataFrame") -> _Coded:
    import pandas as pd

    frame = frame.assign(line=home_line(frame))
    groups = frame["place"].to_numpy(dtype=np.int64)
    for column in ("event_id", "market_key", "description", "line"):
        codes, values = pd.factorize(frame[column], use_na_sentinel=False)
        groups = groups * (len(values) + 1) + codes
    groups = pd.factorize(groups)[0].astype(np.int64)
    books, names = pd.factorize(frame["bookmaker_key"], sort=True)
    outcomes = pd.factorize(frame["outcome_name"], sort=True)[0].astype(np.int64)
    order = np.lexsort((outcomes, books, groups))
    board = groups * len(names) + books
    _, place, counts = np.unique(board, return_inverse=True, return_counts=True)
    return _Coded(
        frame.take(order).reset_index(drop=True),
        groups[order],
        books[order].astype(np.int64),
        tuple(str(name) for name in names),
        outcomes[order],
        counts[place][order].astype(np.int64),
    )


def home_line(frame: "pd.DataFrame") -> "pd.Series[float]":
    """A row's point as its market's line: of the two sides of a spread, the home side's.

    Args:
        frame: columns ``market_key``, ``outcome_name``, ``away_team`` and ``point``.
    """
    sided = [key for key, m in MARKETS.items() if m.has_point and m.outcome_kind is _SIDES]
    away = frame["market_key"].isin(sided) & (frame["outcome_name"] == frame["away_team"])
    return frame["point"].mask(away, 0.0 - frame["point"])


_SIDES = OutcomeKind.SIDES


def _of_size(coded: _Coded, size: int) -> Boards:
    """The boards with so many outcomes; those of one set of outcomes become one market."""
    chosen = coded.sizes == size
    rows = np.flatnonzero(chosen).reshape(-1, size)
    outcomes = coded.outcomes[rows]
    firsts, market = np.unique(
        np.column_stack((coded.groups[rows[:, 0]], outcomes)), axis=0, return_inverse=True
    )
    market = market.reshape(-1)
    book = coded.books[rows[:, 0]]
    leading = np.full(len(firsts), -1, dtype=np.int64)
    leading[market[::-1]] = np.arange(len(rows))[::-1]  # the first board of each market
    frame = coded.frame
    shape = (len(firsts), len(coded.names))

    def spread(values: Floats) -> Floats:
        filled = np.full((*shape, size), np.nan)
        filled[market, book] = values[rows]
        return filled

    ages = np.full(shape, np.inf)
    ages[market, book] = _ages(frame)[rows].max(axis=1)
    known = np.full(shape, NO_TIME, dtype=np.int64)
    stated = frame["known_time"].to_numpy(dtype="datetime64[us]").astype(np.int64)
    known[market, book] = stated[rows].max(axis=1)
    flagged = np.zeros(shape, dtype=np.bool_)
    if "flagged" in frame:
        flagged[market, book] = frame["flagged"].to_numpy(dtype=bool)[rows].any(axis=1)
    first = rows[leading]
    columns = ["place", "event_id", "market_key", "description", "line", "capture_time"]
    named = ["commence_time", "home_team", "away_team"]
    return Boards(
        keys=frame[[*columns, *named]].take(first[:, 0]).reset_index(drop=True),
        books=coded.names,
        outcomes=frame["outcome_name"].to_numpy(dtype=object)[first],
        points=frame["point"].to_numpy(dtype=np.float64)[first],
        prices=spread(frame["price"].to_numpy(dtype=np.float64)),
        lays=np.full((*shape, size), np.nan),
        ages=ages,
        known=known,
        flagged=flagged,
    )


def _drawn(frame: "pd.DataFrame") -> set[tuple[int, str, str]]:
    """Event's markets, by place, in which somebody prices the draw."""
    rows = frame.loc[frame["outcome_name"] == DRAW, ["place", "event_id", "market_key"]]
    return set(rows.drop_duplicates().itertuples(index=False, name=None))


def _complete(one: Boards, drawn: set[tuple[int, str, str]]) -> Boards:
    """Without the markets of the catalog's sides and totals that lack an outcome.

    Two teams are a whole market only where nobody prices the draw.
    """
    keys, names = one.keys, one.outcomes
    kinds = keys["market_key"].map({key: str(m.outcome_kind) for key, m in MARKETS.items()})

    def has(name: object) -> NDArray[np.bool_]:
        return np.asarray((names == name).any(axis=1))

    home, away = (
        has(keys[side].to_numpy(dtype=object)[:, None]) for side in ("home_team", "away_team")
    )
    size = names.shape[1]
    pairs = keys[["place", "event_id", "market_key"]].itertuples(index=False, name=None)
    draws = np.fromiter((pair in drawn for pair in pairs), dtype=bool, count=len(keys))
    sides = home & away & np.where(draws, has(DRAW) & (size == 3), size == 2)
    totals = has("Over") & has("Under") & (size == 2)
    whole = np.select(
        [
            (kinds == str(OutcomeKind.SIDES)).to_numpy(),
            (kinds == str(OutcomeKind.OVER_UNDER)).to_numpy(),
        ],
        [sides, totals],
        default=True,
    )
    return one if whole.all() else one.of(np.flatnonzero(whole))


def _ages(frame: "pd.DataFrame") -> Floats:
    """Seconds since a quote was read at the book; since its capture where that is not stated."""
    ages = frame["quote_age_seconds"].to_numpy(dtype=np.float64)
    return np.where(np.isnan(ages), frame["age_seconds"].to_numpy(dtype=np.float64), ages)


def _lay(into: Boards, laid: "pd.DataFrame") -> None:
    """Write exchanges' lay prices beside their back prices."""
    places = {
        key: row
        for row, key in enumerate(
            zip(into.keys["place"], into.keys["market_key"], into.keys["event_id"], strict=True)
        )
    }
    books = {name: column for column, name in enumerate(into.books)}
    columns = ["place", "market_key", "event_id", "bookmaker_key", "outcome_name", "price"]
    for place, market, event, book, outcome, price in laid[columns].itertuples(
        index=False, name=None
    ):
        found = places.get((place, market.removesuffix(LAY), event))
        column = books.get(book)
        if found is not None and column is not None:
            into.lays[found, column, into.outcomes[found] == outcome] = price
