"""Fair prices of boards: every source of one, the one that is chosen, and what judges each book.

Belongs here: which books speak for a market. Does not belong here: removing margins and pooling
(``betting``), reading and keeping (``day``).

Sources: ``sharp`` (the first sharp book that is fresh), ``exchange`` (the middle of back and lay
after commission), ``pool`` (weighted log pool of every fresh book), ``median``. The fair price is
the sharp one; where there is none, the pool's if it has books enough; else there is none.
"""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.betting.consensus import (
    books_used,
    leave_one_out,
    linear_pool,
    log_pool,
    median_pool,
    sharp_anchor,
)
from odds_pipeline.betting.exchange import exchange_band
from odds_pipeline.betting.freshness import freshness
from odds_pipeline.betting.margin_removal.methods import remove_margin
from odds_pipeline.catalog.pricing import FAIR_METHODS
from odds_pipeline.services.market.boards import Boards, Floats, Ints
from odds_pipeline.services.market.terms import Terms

if TYPE_CHECKING:
    import pandas as pd

Bools = NDArray[np.bool_]

SHARP, EXCHANGE, POOL, MEDIAN = "sharp", "exchange", "pool", "median"


@dataclass(frozen=True, slots=True)
class Source:
    """One source's opinion: probabilities by method, (markets, n), and how many books spoke."""

    name: str
    probabilities: dict[str, Floats]
    books: Ints


@dataclass(frozen=True, slots=True)
class Fair:
    """What boards are worth.

    Args:
        own: each book's prices without its margin, by ``terms.method``: (markets, books, n).
        fresh: which books may speak, (markets, books).
        stale: how many may not for their age, (markets,).
        sources: every source that has an opinion of any market.
        chosen: the fair price, (markets, n); NaN where there is none.
        chosen_source: its source, (markets,); empty where there is none.
        judging: for each book the fair price that it had no part in, (markets, books, n).
        anchor: the sharp book's place on the book axis, (markets,); -1 where there is none.
    """

    own: Floats
    fresh: Bools
    stale: Ints
    sources: tuple[Source, ...]
    chosen: Floats
    chosen_source: NDArray[np.object_]
    judging: Floats
    anchor: Ints


def fair_of(boards: Boards, terms: Terms) -> Fair:
    """Price boards."""
    judged = freshness(
        np.where(boards.offered, boards.ages, np.nan), terms.oldest(_to_start(boards))[:, None]
    )
    by_method = {name: remove_margin(boards.prices, name).probabilities for name in FAIR_METHODS}
    fresh = judged.fresh & np.isfinite(by_method[terms.method]).all(axis=-1)
    spoken = {name: np.where(fresh[:, :, None], fair, np.nan) for name, fair in by_method.items()}
    main, weights = spoken[terms.method], terms.weights(boards.books)
    sharp, anchor = _sharp(boards, spoken, terms)
    pool = Source(
        POOL,
        {name: log_pool(fair, weights) for name, fair in spoken.items()},
        books_used(main),
    )
    median = Source(MEDIAN, {name: median_pool(fair) for name, fair in spoken.items()}, pool.books)
    enough = pool.books >= terms.least_books
    anchored = anchor >= 0
    chosen = np.where(
        anchored[:, None],
        sharp.probabilities[terms.method],
        np.where(enough[:, None], pool.probabilities[terms.method], np.nan),
    )
    return Fair(
        own=by_method[terms.method],
        fresh=fresh,
        stale=judged.stale,
        sources=(sharp, _exchange(boards, fresh, terms), pool, median),
        chosen=chosen,
        chosen_source=np.where(anchored, SHARP, np.where(enough, POOL, "")).astype(object),
        judging=_judging(main, weights, chosen, anchor, boards, terms),
        anchor=anchor,
    )


def _to_start(boards: Boards) -> Floats:
    ahead = boards.keys["commence_time"] - boards.keys["capture_time"]
    return np.asarray(ahead.dt.total_seconds(), dtype=np.float64)


def _sharp(boards: Boards, spoken: dict[str, Floats], terms: Terms) -> tuple[Source, Ints]:
    """The first sharp book that is fresh, and its place on the book axis."""
    places = np.array(
        [boards.books.index(book) for book in terms.sharp if book in boards.books], dtype=np.int64
    )
    markets, _, outcomes = boards.prices.shape
    if not len(places):
        nothing = np.full((markets, outcomes), np.nan)
        none = np.full(markets, -1, dtype=np.int64)
        return Source(SHARP, dict.fromkeys(spoken, nothing), np.zeros_like(none)), none
    _, which = sharp_anchor(spoken[terms.method][:, places])
    anchor = np.where(which >= 0, places[which], -1)
    rows = np.arange(markets)
    found = {
        name: np.where((anchor >= 0)[:, None], fair[rows, anchor], np.nan)
        for name, fair in spoken.items()
    }
    return Source(SHARP, found, (anchor >= 0).astype(np.int64)), anchor


def _exchange(boards: Boards, fresh: Bools, terms: Terms) -> Source:
    """The middle of each exchange's band, the mean of several, of one method only: no margin."""
    rates = terms.commission(boards.books)[None, :, None]
    band = exchange_band(np.where(fresh[:, :, None], boards.prices, np.nan), boards.lays, rates).mid
    return Source(EXCHANGE, {terms.method: linear_pool(band)}, books_used(band))


def _judging(
    main: Floats, weights: Floats, chosen: Floats, anchor: Ints, boards: Boards, terms: Terms
) -> Floats:
    """The fair price for each book, its own word left out.

    Only where a book had a part in the fair price is another one worked out: everywhere where the
    pool is it, and for the sharp book, whom the next sharp one or the pool of the others judges.
    """
    judging = np.repeat(chosen[:, None, :], main.shape[1], axis=1)
    pooled = (anchor < 0) & np.isfinite(chosen).all(axis=-1)
    if pooled.any():
        judging[pooled] = _of_the_others(main[pooled], weights, terms)
    for place in np.unique(anchor[anchor >= 0]):
        own = np.flatnonzero(anchor == place)
        others = main[own].copy()
        others[:, place] = np.nan
        rest = [
            boards.books.index(book)
            for book in terms.sharp
            if book in boards.books and boards.books.index(book) != place
        ]
        judging[own, place] = _next_opinion(others, rest, weights, terms)
    return judging


def _of_the_others(main: Floats, weights: Floats, terms: Terms) -> Floats:
    judged = leave_one_out(main, partial(log_pool, weights=weights))
    present = np.isfinite(main).all(axis=-1)
    others = present.sum(axis=-1, keepdims=True) - present
    return np.where((others >= terms.least_books - 1)[:, :, None], judged, np.nan)


def _next_opinion(others: Floats, rest: list[int], weights: Floats, terms: Terms) -> Floats:
    enough = books_used(others) >= terms.least_books
    pool = np.where(enough[:, None], log_pool(others, weights), np.nan)
    if not rest:
        return pool
    following, which = sharp_anchor(others[:, rest])
    return np.where((which >= 0)[:, None], following, pool)


def _used_flagged(boards: Boards, fair: Fair, source: str) -> Bools:
    """Whether a source used a quote that a quality rule found wrong, (markets,)."""
    used = boards.flagged & fair.fresh
    if source == SHARP:
        return np.asarray(used[np.arange(len(used)), fair.anchor] & (fair.anchor >= 0))
    return np.asarray(used.any(axis=1))


def rows_of(boards: Boards, fair: Fair, terms: Terms, changed: Ints) -> "pd.DataFrame":
    """The rows of ``fair_prices`` that boards come to: one an outcome and source.

    Args:
        boards: the markets.
        fair: what they are worth.
        terms: what they were priced on.
        changed: microseconds since 1970 from which each market is known so at the earliest; it is
            known since then or since its newest quote.
    """
    import pandas as pd

    known = np.maximum(boards.known.max(axis=1), changed)
    capture = boards.keys["capture_time"].to_numpy(dtype="datetime64[us]").astype(np.int64)
    books = np.array(boards.books, dtype=object)
    found = []
    for source in fair.sources:
        main = source.probabilities[terms.method]
        rows = np.flatnonzero(np.isfinite(main).all(axis=-1))
        if not len(rows):
            continue
        n = main.shape[1]
        each = np.repeat(rows, n)
        keys = boards.keys.take(each)
        nothing = np.full(len(each), np.nan)
        methods = {
            name: source.probabilities[name][rows].reshape(-1)
            if name in source.probabilities and source.name != EXCHANGE
            else nothing
            for name in FAIR_METHODS
        }
        found.append(
            pd.DataFrame(
                {
                    "capture": capture[each],
                    "known": known[each],
                    "event_id": keys["event_id"].to_numpy(),
                    "market_key": keys["market_key"].to_numpy(),
                    "description": keys["description"].to_numpy(),
                    "outcome_name": boards.outcomes[rows].reshape(-1),
                    "point": boards.points[rows].reshape(-1),
                    "source": source.name,
                    "bookmaker_key": books[fair.anchor[each]] if source.name == SHARP else None,
                    "method": terms.method if source.name != EXCHANGE else "mid",
                    "fair_probability": main[rows].reshape(-1),
                    **methods,
                    "bookmakers": source.books[each],
                    "stale": fair.stale[each],
                    "chosen": fair.chosen_source[each] == source.name,
                    "flagged": _used_flagged(boards, fair, source.name)[each],
                }
            )
        )
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()
