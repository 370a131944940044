"""Which margin removal foretold results best, by sport, market, phase, book and class of book.

Belongs here: which stored prices are judged together. Does not belong here: the measures
(``betting.calibration``), the prices (``lines``).

Judged are whole markets of which exactly one outcome won; pushes and half results are left out.
Sports of one family are judged together too: ``soccer_*`` is every soccer league. Books of one
class share games, so an interval counts each event once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from psycopg.types.json import Jsonb

from odds_pipeline.betting.arrays import Floats, Ints
from odds_pipeline.betting.calibration import (
    brier_scores,
    log_losses,
    mean_loss,
    reliability,
)
from odds_pipeline.betting.clustered_mean import clustered_mean
from odds_pipeline.betting.margin_removal.methods import METHODS
from odds_pipeline.catalog.bookmakers import book_class
from odds_pipeline.services.market.settling import settle_prices
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import calibrations, closing_prices
from odds_pipeline.storage.engine import transaction

if TYPE_CHECKING:
    import pandas as pd

REFERENCE = "multiplicative"
# The worst case of all is no distribution, so it cannot be judged as one.
JUDGED = tuple(name for name in METHODS if name != "worst_case")
_BOARD = ["phase", "event_id", "bookmaker_key", "market_key", "description", "line"]


@dataclass(frozen=True, slots=True)
class Markets:
    """Markets of n outcomes with a known winner, all of one group.

    Args:
        keys: one row a market: ``sport_key``, ``market_key``, ``phase``, ``bookmaker_key``,
            ``event_id``, ``overround``.
        prices: shape (markets, n).
        winners: place of the outcome that won, shape (markets,).
    """

    keys: "pd.DataFrame"
    prices: Floats
    winners: Ints


def calibrate(platform: Platform) -> "pd.DataFrame":
    """Judge every margin removal on all stored prices anew, and return the judgement.

    Args:
        platform: its database is used.
    """
    settle_prices(platform)
    with transaction(platform.engine) as conn:
        stored = closing_prices.closing_prices(conn, settled=True)
        calibrations.replace(conn, list(judgement(stored)))
        return calibrations.calibrations(conn)


def judgement(stored: "pd.DataFrame") -> Iterator[tuple[object, ...]]:
    """The rows of ``calibrations`` that settled prices come to.

    Args:
        stored: columns of ``closing_prices``.
    """
    for markets in judged_markets(without_lone_openings(stored)):
        losses = {}
        fair = {}
        for name in JUDGED:
            fair[name] = METHODS[name](markets.prices).probabilities
            losses[name] = log_losses(fair[name], markets.winners)
        for group, rows in _groups(markets.keys):
            for name in JUDGED:
                told = _judge(markets, fair[name], losses[name], losses[REFERENCE], rows)
                if told is not None:
                    yield (*group, name, *told)


def without_lone_openings(stored: "pd.DataFrame") -> "pd.DataFrame":
    """The prices without openings that are the close as well: of one capture there is one price."""
    key = ["event_id", "bookmaker_key", "market_key", "description", "capture_time"]
    rows = stored.astype({"description": "str"})
    closes = rows.loc[rows["phase"] == "closing", key].drop_duplicates()
    same = rows[key].merge(closes.assign(same=True), on=key, how="left")["same"].notna()
    apart: pd.DataFrame = stored[~(same.to_numpy() & stored["phase"].eq("opening").to_numpy())]
    return apart


def judged_markets(stored: "pd.DataFrame") -> Iterator[Markets]:
    """Settled prices as whole markets, those of one number of outcomes together."""
    rows = stored.dropna(subset=["overround"])
    rows = rows.sort_values([*_BOARD, "outcome_name"], kind="stable").reset_index(drop=True)
    boards = rows.groupby(_BOARD, dropna=False, sort=False)
    won = rows["result"].eq("won")
    whole = won.groupby(boards.ngroup()).transform("sum").eq(1)
    whole &= rows["result"].isin(["won", "lost"]).groupby(boards.ngroup()).transform("all")
    sizes = boards["price"].transform("size")
    for size in sorted(sizes[whole].unique()):
        chosen = rows[whole & sizes.eq(size)]
        columns = ["sport_key", "market_key", "phase", "bookmaker_key", "event_id", "overround"]
        yield Markets(
            chosen[columns].iloc[:: int(size)].reset_index(drop=True),
            chosen["price"].to_numpy(dtype=np.float64).reshape(-1, int(size)),
            np.argmax(chosen["result"].eq("won").to_numpy().reshape(-1, int(size)), axis=1),
        )


def _groups(keys: "pd.DataFrame") -> Iterator[tuple[tuple[str, str, str, str, str], Ints]]:
    """Sport (and family), market, phase, grouping and value, and the rows of each."""
    classes = keys["bookmaker_key"].map(
        {key: str(book_class(key)) for key in keys["bookmaker_key"].unique()}
    )
    family = keys["sport_key"].str.partition("_")[0] + "_*"
    several = keys.groupby(family)["sport_key"].transform("nunique") > 1
    for sports, rows in ((keys["sport_key"], None), (family, several)):
        for grouping, values in (("bookmaker", keys["bookmaker_key"]), ("book_class", classes)):
            cells = keys.assign(sport=sports, value=values)
            if rows is not None:
                cells = cells[rows]
            grouped = cells.groupby(["sport", "market_key", "phase", "value"], sort=True)
            for (sport, market, phase, value), own in grouped:
                yield (
                    (str(sport), str(market), str(phase), grouping, str(value)),
                    own.index.to_numpy(dtype=np.int64),
                )


def _judge(
    markets: Markets, fair: Floats, losses: Floats, reference: Floats, rows: Ints
) -> tuple[object, ...] | None:
    """The figures of one method on some markets; ``None`` where it has no answer to any."""
    own = losses[rows]
    if not np.isfinite(own).any():
        return None
    events = markets.keys["event_id"].to_numpy(dtype=object)[rows]
    interval = clustered_mean(own, events)
    against = clustered_mean(own - reference[rows], events)
    winners, size = markets.winners[rows], markets.prices.shape[1]
    squares = brier_scores(fair[rows], winners) / (2.0 if size == 2 else 1.0)
    happened = np.arange(size) == winners[:, None]
    curve = reliability(fair[rows], happened)
    return (
        int(np.isfinite(own).sum()),
        float(markets.keys["overround"].to_numpy(dtype=np.float64)[rows].mean()),
        interval.mean,
        interval.low if interval.clusters > 1 else interval.mean,
        interval.high if interval.clusters > 1 else interval.mean,
        mean_loss(squares),
        against.mean,
        against.mean / against.error if against.error > 0.0 else None,
        Jsonb(
            [
                dict(zip(_CURVE, map(float, point), strict=True))
                for point in zip(
                    *(curve.stated, curve.observed, curve.lower, curve.upper, curve.number),
                    strict=True,
                )
            ]
        ),
    )


_CURVE = ("mean_probability", "observed", "low", "high", "count")


def curves(found: "pd.DataFrame") -> "tuple[str, Mapping[str, pd.DataFrame]]":
    """The reliability of each method in the biggest group, and how the group is called.

    Args:
        found: rows of ``calibrations``, at least one.
    """
    import pandas as pd

    keys = ["sport_key", "market_key", "phase", "grouping", "value"]
    biggest = found.sort_values("markets", ascending=False, kind="stable").iloc[0]
    own = found[(found[keys] == biggest[keys]).all(axis=1)]
    name = f"{biggest['sport_key']} {biggest['market_key']}, {biggest['phase']}, {biggest['value']}"
    return name, {
        str(method): pd.DataFrame(points)
        for method, points in zip(own["method"], own["reliability"], strict=True)
    }
