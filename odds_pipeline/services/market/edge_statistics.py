"""What past edges were worth: a unit at each one's first sight, by kind, book, market and tag.

Belongs here: following closed edges to their results and closing prices. Does not belong here:
edges themselves (``day``), money really staked (the bettor's book).

Closing line value is told against the sharp book's closing price, else the bet's own book's, at the
bet's own number; a bet whose number closed nowhere has none.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from odds_pipeline.betting.arbitrage import arbitrage
from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.clustered_mean import clustered_mean
from odds_pipeline.betting.expected_value import expected_value
from odds_pipeline.betting.settlement import profit
from odds_pipeline.services.market.lines import CLOSING
from odds_pipeline.services.market.results import result_shares
from odds_pipeline.services.market.settling import events_of, settle_prices
from odds_pipeline.services.market.terms import Terms, terms_of
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import closing_prices, edges
from odds_pipeline.storage.engine import Connection, transaction

if TYPE_CHECKING:
    import pandas as pd

_BET = ["event_id", "market_key", "description", "outcome_name", "point"]
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
        edges.replace_statistics(conn, list(_rows(found)))
        return edges.statistics(conn)


def _worth(conn: Connection, found: "pd.DataFrame", terms: Terms) -> "pd.DataFrame":
    """The edges with ``realised`` (profit of a unit) and ``clv``; NaN where not known."""
    legs = _legs(found)
    final = events_of(conn, found)
    rates = terms.commission(legs["bookmaker_key"].tolist())
    won = profit(result_shares(legs, final), legs["price"], legs["share"], rates)
    realised = legs.assign(won=won).groupby("place")["won"].agg(lambda each: each.sum(skipna=False))
    return found.assign(
        realised=realised.reindex(range(len(found))).to_numpy(),
        clv=_closing_value(conn, found, terms),
    )


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


def _closing_value(conn: Connection, found: "pd.DataFrame", terms: Terms) -> Floats:
    """Expected profit of a unit at the closing fair price of the bet's own number."""
    stored = closing_prices.closing_prices(conn, events=found["event_id"].unique(), phase=CLOSING)
    known = stored.dropna(subset=["fair_probability"])
    value = np.full(len(found), np.nan)
    prices = found["price"].to_numpy(dtype=np.float64)
    own = found[[*_BET, "bookmaker_key"]]
    for judge in (*terms.sharp, None):
        closes = known if judge is None else known[known["bookmaker_key"] == judge]
        keys = [*_BET, "bookmaker_key"] if judge is None else _BET
        once = closes.drop_duplicates(keys)[[*keys, "fair_probability"]]
        chances = own.merge(once, on=keys, how="left")["fair_probability"].to_numpy(np.float64)
        value = np.where(np.isnan(value), expected_value(chances, prices), value)
    return value


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
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
