"""What past edges were worth: a unit at each one's first sight, by kind, book, market and tag.

Belongs here: following closed edges to their results and closing prices. Does not belong here:
edges themselves (``day``), money really staked (the bettor's book).

Closing line value is that of ``closing_value``; of an edge of several bets it is the sum over them
by their share of the unit, and there is none where one of them has none.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from odds_pipeline.betting.arbitrage import arbitrage
from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.clustered_mean import clustered_mean
from odds_pipeline.betting.settlement import profit
from odds_pipeline.services.market.closing_value import closing_values
from odds_pipeline.services.market.lines import CLOSING
from odds_pipeline.services.market.results import result_shares, unsettled_reasons
from odds_pipeline.services.market.settling import events_of, settle_prices
from odds_pipeline.services.market.terms import Terms, terms_of
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import closing_prices, edge_values, edges
from odds_pipeline.storage.engine import Connection, transaction

if TYPE_CHECKING:
    import pandas as pd

ALL = "all"


def judge_edges(platform: Platform) -> "pd.DataFrame":
    """Work the statistics of past edges out anew, and return them.

    Args:
        platform: its database and settings are used.
    """
    settle_prices(platform)
    terms = terms_of(platform.settings)
    with transaction(platform.engine) as conn:
        found = edges.first_sights(conn)
        if len(found):
            found = _worth(conn, found, terms)
        edge_values.replace(conn, found)
        edges.replace_statistics(conn, list(_rows(found)))
        return edges.statistics(conn)


def _worth(conn: Connection, found: "pd.DataFrame", terms: Terms) -> "pd.DataFrame":
    """The edges with the columns of ``edge_values``."""
    legs = _legs(found)
    final = events_of(conn, found)
    rates = terms.commission(legs["bookmaker_key"].tolist())
    closes = closing_prices.closing_prices(conn, events=found["event_id"].unique(), phase=CLOSING)
    closes = closes[closes["price"].notna()]
    legs = legs.assign(
        realised=profit(result_shares(legs, final), legs["price"], legs["share"], rates),
        unsettled_reason=unsettled_reasons(legs, final),
        **closing_values(legs, closes, terms),
    )
    alone = legs.groupby("place")["share"].transform("size").eq(1)
    of_one = {name: legs[name].where(alone) for name in ("price_ratio", "points_gained")}
    edge = legs.assign(clv=legs["clv"] * legs["share"], **of_one).groupby("place")
    values = edge.agg(
        realised=("realised", _whole),
        unsettled_reason=("unsettled_reason", "first"),
        clv=("clv", _whole),
        price_ratio=("price_ratio", "first"),
        points_gained=("points_gained", "first"),
        line_moved=("line_moved", "any"),
        clv_reason=("clv_reason", "first"),
    )
    return found.join(values)


def _whole(each: "pd.Series[float]") -> float:
    """The sum, NaN where a part is not known."""
    return float(each.sum(skipna=False))


def _legs(found: "pd.DataFrame") -> "pd.DataFrame":
    """Every bet of every edge, with its share of the unit."""
    import pandas as pd

    rows = []
    edges_of = found[["event_id", "market_key", "description", "legs"]]
    for place, (event, market, about, legs) in enumerate(
        edges_of.itertuples(index=False, name=None)
    ):
        shares = _shares([leg["price"] for leg in legs])
        for leg, share in zip(legs, shares, strict=True):
            bet = (leg["bookmaker_key"], leg["outcome_name"], leg["point"], leg["price"])
            rows.append((place, event, market, about, *bet, float(share)))
    columns = ["place", "event_id", "market_key", "description"]
    columns += ["bookmaker_key", "outcome_name", "point", "price", "share"]
    return pd.DataFrame(rows, columns=columns).astype({"point": "float64"})


def _shares(prices: Sequence[float]) -> Floats:
    return np.ones(1) if len(prices) == 1 else arbitrage(prices).shares


def _rows(found: "pd.DataFrame") -> Iterator[tuple[object, ...]]:
    if found.empty:
        return
    tagged = found.explode("tags").dropna(subset=["tags"])
    books = found["legs"].map(lambda legs: [leg["bookmaker_key"] for leg in legs])
    legs = found.assign(bookmaker_key=books).explode("bookmaker_key")
    groups = (
        (ALL, found.assign(value=ALL)),
        ("bookmaker", legs.assign(value=legs["bookmaker_key"])),
        ("market", found.assign(value=found["market_key"])),
        ("tag", tagged.assign(value=tagged["tags"])),
    )
    for dimension, rows in groups:
        for (kind, value), own in rows.groupby(["kind", "value"], sort=True):
            yield (kind, dimension, value, *_figures(own))


def _figures(own: "pd.DataFrame") -> tuple[object, ...]:
    settled = own.dropna(subset=["realised"])
    realised = clustered_mean(settled["realised"], settled["event_id"].to_numpy(dtype=object))
    closing = own["clv"].dropna()
    return (
        len(own),
        int((own["verdict"] == "executable").sum()),
        float(own["edge_percentage"].mean()),
        float(own["life_seconds"].median()),
        len(settled),
        float(settled["edge_percentage"].mean()) / 100 if len(settled) else None,
        _known(realised.mean),
        _known(realised.low),
        _known(realised.high),
        len(closing),
        float(closing.mean()) if len(closing) else None,
        len(own) - len(closing),
        int(own["line_moved"].astype(bool).sum()),
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
