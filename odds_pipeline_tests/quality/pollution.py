"""The twelve classes of pollution that odds stores were seen to suffer from, planted by a seed.

A class takes clean recorded rows and gives them back with faults in them, and what was planted:
one row a fault, with the keys that an issue must name. Only faults that change something are
planted: swapping two equal prices is none.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

MARKET = ["event_id", "snapshot_time", "bookmaker_key", "market_key"]
SNAPSHOT = ["event_id", "snapshot_time"]
FAULTS = 40

Polluted = tuple[pd.DataFrame, pd.DataFrame]
Planter = Callable[[pd.DataFrame, np.random.Generator], Polluted]


class Pollution(NamedTuple):
    """One class.

    Args:
        plant: puts the faults in.
        source: which recorded rows it takes (a function of ``recorded``).
        found_by: the rules any of which must name each fault.
    """

    plant: Planter
    source: str
    found_by: frozenset[str]


def _some(keys: pd.DataFrame, rng: np.random.Generator, count: int = FAULTS) -> pd.DataFrame:
    """So many of the distinct keys."""
    distinct = keys.drop_duplicates().reset_index(drop=True)
    return distinct.iloc[rng.permutation(len(distinct))[:count]].reset_index(drop=True)


def _at(rows: pd.DataFrame, keys: pd.DataFrame) -> pd.Series:
    """Mask of the rows that have one of the keys."""
    wanted = pd.MultiIndex.from_frame(keys)
    return pd.Series(pd.MultiIndex.from_frame(rows[list(keys)]).isin(wanted), index=rows.index)


def _retail(rows: pd.DataFrame, *markets: str) -> pd.DataFrame:
    chosen = rows["market_key"].isin(markets) & ~rows["in_play"]
    return rows[chosen & ~rows["bookmaker_key"].str.startswith("betfair_ex")]


def _two_way(rows: pd.DataFrame, market: str) -> pd.DataFrame:
    """Each market's two prices, its size, and how many books state that line."""
    sided = _retail(rows, market)
    first = sided["outcome_name"].isin(["Over"]) | (sided["outcome_name"] == sided["home_team"])
    markets = sided.assign(
        one=sided["decimal_price"].where(first),
        two=sided["decimal_price"].where(~first),
        line=sided["point"].abs(),
    )
    wide = markets.groupby(MARKET)[["one", "two", "line"]].first().reset_index()
    wide["line"] = wide["line"].fillna(0.0)
    wide["books"] = wide.groupby(["event_id", "snapshot_time", "line"])["one"].transform("size")
    return wide


def in_play_as_prematch(rows: pd.DataFrame, rng: np.random.Generator) -> Polluted:
    """A snapshot of a game in progress without its mark, so that it closes the market."""
    faults = _some(rows[~rows["in_play"]][SNAPSHOT], rng)
    late = _at(rows, faults)
    started = rows["snapshot_time"] - pd.Timedelta(minutes=30)
    return rows.assign(commence_time=rows["commence_time"].mask(late, started)), faults


def swapped(market: str) -> Planter:
    """Both sides' prices exchanged at one book."""

    def plant(rows: pd.DataFrame, rng: np.random.Generator) -> Polluted:
        wide = _two_way(rows, market)
        share = 1 / wide["one"] / (1 / wide["one"] + 1 / wide["two"])
        asymmetric = wide[((share - 0.5).abs() > 0.06) & (wide["books"] >= 5)]
        # One book of a game: two that are wrong alike are no longer alone.
        one_a_game = asymmetric.sample(frac=1, random_state=rng).drop_duplicates(SNAPSHOT)
        faults = _some(one_a_game[MARKET], rng)
        inside = _at(rows, faults)
        other = (
            rows[inside].groupby(MARKET)["decimal_price"].transform(lambda p: p[::-1].to_numpy())
        )
        return rows.assign(decimal_price=rows["decimal_price"].where(~inside, other)), faults

    return plant


def impossible_pair(rows: pd.DataFrame, rng: np.random.Generator) -> Polluted:
    """A book that pays its bettors: its two implied probabilities sum to 0.90-0.995."""
    faults = _some(_two_way(rows, "h2h")[MARKET], rng)
    inside = _at(rows, faults)
    total = (1 / rows["decimal_price"]).where(inside).groupby([rows[key] for key in MARKET])
    factor = total.transform("sum") / rng.uniform(0.90, 0.995)
    return rows.assign(
        decimal_price=(rows["decimal_price"] * factor).where(inside, rows["decimal_price"])
    ), faults


def dead_zone(rows: pd.DataFrame, rng: np.random.Generator) -> Polluted:
    """An American price between -100 and +100."""
    faults = _some(_retail(rows, "h2h")[MARKET], rng)
    prices = pd.Series(rng.integers(-99, 100, len(rows)), index=rows.index, dtype="Int64")
    return rows.assign(
        american_price=rows["american_price"].mask(_at(rows, faults), prices)
    ), faults


def merged_doubleheader(rows: pd.DataFrame, rng: np.random.Generator) -> Polluted:
    """Two games of a day under one id: its start goes to and fro."""
    captures = rows.groupby("event_id")["snapshot_time"].nunique()
    faults = _some(pd.DataFrame({"event_id": captures[captures >= 3].index}), rng)
    place = rows.groupby("event_id")["snapshot_time"].rank(method="dense").astype(int)
    other = _at(rows, faults) & (place % 2 == 0)
    later = rows["commence_time"] + pd.Timedelta(hours=5)
    return rows.assign(commence_time=rows["commence_time"].mask(other, later)), faults


def duplicate_ids(rows: pd.DataFrame, rng: np.random.Generator) -> Polluted:
    """One game under two provider ids, minutes apart."""
    faults = _some(rows[["event_id"]], rng)
    copies = rows[_at(rows, faults)]
    moved = copies["commence_time"] + pd.Timedelta(minutes=int(rng.integers(1, 60)))
    copies = copies.assign(event_id="again-" + copies["event_id"], commence_time=moved)
    planted = faults.assign(event_id="again-" + faults["event_id"])
    return pd.concat([rows, copies], ignore_index=True), planted


def three_way_as_two(rows: pd.DataFrame, rng: np.random.Generator) -> Polluted:
    """A three-way market stored without its draw."""
    priced = rows[(rows["market_key"] == "h2h") & (rows["outcome_name"] == "Draw")]
    faults = _some(priced[MARKET], rng)
    return rows[~(_at(rows, faults) & (rows["outcome_name"] == "Draw"))], faults


def lay_as_back(rows: pd.DataFrame, rng: np.random.Generator) -> Polluted:
    """An exchange's lay prices among its back prices, or in their place."""
    sides = ["event_id", "snapshot_time", "bookmaker_key", "outcome_name"]
    back = rows[rows["market_key"] == "h2h"][[*sides, "decimal_price"]]
    lay = rows[rows["market_key"] == "h2h_lay"]
    both = lay.merge(back, on=sides, suffixes=("", "_back"))
    apart = both[both["decimal_price"] > both["decimal_price_back"] + 0.01]
    faults = _some(apart[[*SNAPSHOT, "bookmaker_key"]], rng)
    swapped_here, added = faults.iloc[::2], faults.iloc[1::2]
    renamed = rows["market_key"].where(
        ~_at(rows, swapped_here),
        rows["market_key"].map({"h2h": "h2h_lay", "h2h_lay": "h2h"}).fillna(rows["market_key"]),
    )
    renamed = renamed.mask(_at(rows, added) & (rows["market_key"] == "h2h_lay"), "h2h")
    return rows.assign(market_key=renamed), faults


def stale_side(rows: pd.DataFrame, rng: np.random.Generator) -> Polluted:
    """One side of a market moved by 7-20 points of probability, the other was left standing."""
    wide = _two_way(rows, "h2h")
    faults = _some(wide[(1 / wide["one"]).between(0.3, 0.7)][MARKET], rng)
    moved = _at(rows, faults) & (rows["outcome_name"] == rows["home_team"])
    shift = rng.choice([-1, 1], len(rows)) * rng.uniform(0.07, 0.20, len(rows))
    price = 1 / (1 / rows["decimal_price"] + shift)
    return rows.assign(decimal_price=rows["decimal_price"].mask(moved, price)), faults


def wrong_year(rows: pd.DataFrame, rng: np.random.Generator) -> Polluted:
    """A game priced under the start of another year's."""
    faults = _some(rows[SNAPSHOT], rng)
    years = pd.Timedelta(days=364) * int(rng.choice([-1, 1]))
    return rows.assign(
        commence_time=rows["commence_time"].mask(_at(rows, faults), rows["commence_time"] + years),
        in_play=rows["in_play"] | (_at(rows, faults) & (years < pd.Timedelta(0))),
    ), faults


def future_update(rows: pd.DataFrame, rng: np.random.Generator) -> Polluted:
    """A last update that lies after the capture that shows it."""
    faults = _some(rows[MARKET], rng)
    ahead = pd.to_timedelta(rng.integers(3, 7200, len(rows)), unit="s")
    later = rows["snapshot_time"] + ahead
    return rows.assign(last_update=rows["last_update"].mask(_at(rows, faults), later)), faults


def missing_side(rows: pd.DataFrame, rng: np.random.Generator) -> Polluted:
    """One of a main market's sides is not there."""
    faults = _some(_retail(rows, "h2h", "spreads")[MARKET], rng)
    away = rows["outcome_name"] == rows["away_team"]
    return rows[~(_at(rows, faults) & away)], faults


def _rules(*names: str) -> frozenset[str]:
    return frozenset(names)


MARGIN = ("overround_in_band", "margin_is_the_books_own", "far_from_peers")
CLASSES = {
    "in play as pre-match": Pollution(in_play_as_prematch, "nba_daily", _rules("in_play_leakage")),
    "swapped over and under": Pollution(
        swapped("totals"), "soccer", _rules("swapped_outcomes", "far_from_peers")
    ),
    "swapped sides": Pollution(
        swapped("h2h"), "nba_daily", _rules("swapped_outcomes", "far_from_peers")
    ),
    "impossible pair": Pollution(impossible_pair, "nba_daily", _rules("overround_in_band")),
    "dead-zone price": Pollution(dead_zone, "nba_daily", _rules("american_impossible_zone")),
    "doubleheader": Pollution(merged_doubleheader, "afl", _rules("start_goes_to_and_fro")),
    "duplicate ids": Pollution(duplicate_ids, "nba_daily", _rules("duplicate_event")),
    "three-way as two-way": Pollution(three_way_as_two, "soccer", _rules("both_sides_present")),
    "exchange lay": Pollution(
        lay_as_back, "nba_daily", _rules("lay_not_below_back", "duplicate_outcomes")
    ),
    "stale side": Pollution(stale_side, "nba_daily", _rules(*MARGIN)),
    "wrong year": Pollution(wrong_year, "nba_daily", _rules("start_plausible")),
    "future time": Pollution(future_update, "nba_daily", _rules("capture_time_not_in_future")),
    "missing side": Pollution(missing_side, "nba_daily", _rules("both_sides_present")),
}
