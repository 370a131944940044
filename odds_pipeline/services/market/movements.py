"""How markets moved from their opening to their close, book by book.

Belongs here: following a book's market from capture to capture. Does not belong here: what closes
(``lines``), pictures (``movement_picture``).

A movement is told of one outcome: the home side, Over, else the first by name. What happened
between two captures cannot be seen: ``moves`` counts captures that differ from the one before.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from odds_pipeline.betting.margin_removal.methods import remove_margin
from odds_pipeline.catalog.markets import FEATURED
from odds_pipeline.services.market.boards import Boards, boards
from odds_pipeline.services.market.steam_moves import SERIES, steam_moves
from odds_pipeline.services.market.terms import Terms, terms_of
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import line_movements, readers
from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.numbers import numbers

if TYPE_CHECKING:
    import pandas as pd

TOGETHER = 400  # events of moments that are read at once


@dataclass(frozen=True, slots=True)
class DayMoved:
    """How much the markets of a day's events moved; ``most_moved`` is an event and a market."""

    events: int
    series: int
    moved: int
    moves: int
    mean_net_move: float | None
    most_moved: tuple[str, str] | None


def move_day(platform: Platform, day: date) -> DayMoved:
    """Make the movements of the events that start on a UTC day; doing it again is the same.

    Args:
        platform: its database and settings are used.
        day: UTC day of the start stated last.
    """
    import pandas as pd

    begin = datetime.combine(day, time(), UTC)
    terms = terms_of(platform.settings)
    with transaction(platform.engine) as conn:
        events = readers.events_between(conn, begin, begin + timedelta(days=1))
        ids = events["id"].tolist()
        frames = _followed(conn, ids, dict(zip(ids, events["sport_key"], strict=True)), terms)
        rows = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
        names = set(rows["outcome_name"]) | set(rows["description"]) if len(rows) else set()
        line_movements.replace(conn, day, rows, numbers(conn, ids, names))
    return _summary(len(ids), rows)


def _followed(
    conn: Connection, events: list[str], sports: Mapping[str, str], terms: Terms
) -> "list[pd.DataFrame]":
    found: list[pd.DataFrame] = []
    for pairs in _batches(line_movements.prematch_captures(conn, events)):
        quotes = readers.odds_at_each(conn, pairs, max_age=terms.reach, markets=FEATURED)
        found.extend(_moved(states(one, terms), sports) for one in boards(quotes))
    return [frame for frame in found if len(frame)]


def _moved(found: "pd.DataFrame", sports: Mapping[str, str]) -> "pd.DataFrame":
    """The changes of each series, and its part in moves of several books."""
    parts = steam_moves(found, sports)
    joined = parts["lags"].map(len, na_action="ignore")
    return (
        changes(found)
        .astype({"description": "str"})
        .merge(parts.assign(steam_moves=joined), on=SERIES, how="left")
    )


def _batches(asked: list[tuple[str, datetime]]) -> Iterator[list[tuple[str, datetime]]]:
    """Whole events, as many as are read at once."""
    batch: list[tuple[str, datetime]] = []
    for _, moments in groupby(asked, key=itemgetter(0)):
        own = list(moments)
        if batch and len(batch) + len(own) > TOGETHER:
            yield batch
            batch = []
        batch += own
    if batch:
        yield batch


def states(one: Boards, terms: Terms) -> "pd.DataFrame":
    """Each book's market at each moment, told of one outcome: line, price, fair probability.

    ``read_time`` is when the book was last read for it, by its own last update.
    """
    import pandas as pd

    fair = remove_margin(one.prices, terms.method).probabilities
    rows, books = np.nonzero(one.offered)
    told = _told_of(one)[rows]
    keys = one.keys.take(rows).reset_index(drop=True)
    age = np.nan_to_num(one.ages[rows, books], posinf=0.0)  # not known: read when captured
    return pd.DataFrame(
        {
            **{name: keys[name] for name in ("event_id", "market_key", "description")},
            "bookmaker_key": np.array(one.books, dtype=object)[books],
            "outcome_name": one.outcomes[rows, told],
            "capture_time": keys["capture_time"],
            "point": one.points[rows, told],
            "price": one.prices[rows, books, told],
            "probability": fair[rows, books, told],
            "read_time": keys["capture_time"] - pd.to_timedelta(age, unit="s"),
        }
    )


def _told_of(one: Boards) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    home = one.outcomes == one.keys["home_team"].to_numpy(dtype=object)[:, None]
    over = one.outcomes == "Over"
    return np.asarray(np.argmax(home | over, axis=1), dtype=np.int64)


def changes(found: "pd.DataFrame") -> "pd.DataFrame":
    """One row a series, from the first capture that showed it to the last."""
    rows = found.sort_values([*SERIES, "capture_time"], kind="stable").reset_index(drop=True)
    series = rows.groupby(SERIES, dropna=False, sort=False)
    same_line = rows["point"].eq(series["point"].shift()) | rows["point"].isna()
    follows = series.cumcount() > 0
    step = (rows["probability"] - series["probability"].shift()).where(follows & same_line)
    moved = follows & ~(same_line & rows["price"].eq(series["price"].shift()))
    rows = rows.assign(step=step.abs(), moved=moved)
    told = rows.groupby(SERIES, dropna=False, sort=False).agg(
        outcome_name=("outcome_name", "first"),
        opening_point=("point", _first),
        opening_price=("price", _first),
        opening_probability=("probability", _first),
        opened_at=("capture_time", "first"),
        closing_point=("point", _last),
        closing_price=("price", _last),
        closing_probability=("probability", _last),
        closed_at=("capture_time", "last"),
        captures=("price", "size"),
        moves=("moved", "sum"),
        largest_move=("step", "max"),
    )
    same = told["opening_point"].eq(told["closing_point"]) | told["opening_point"].isna()
    net = (told["closing_probability"] - told["opening_probability"]).where(same)
    return told.assign(net_move=net).reset_index()


def _first(column: "pd.Series[float]") -> float:
    return float(column.iloc[0])


def _last(column: "pd.Series[float]") -> float:
    return float(column.iloc[-1])


def _summary(events: int, rows: "pd.DataFrame") -> DayMoved:
    if rows.empty:
        return DayMoved(events, 0, 0, 0, None, None)
    net = rows["net_move"].abs()
    most = rows.groupby(["event_id", "market_key"])["moves"].sum().reset_index()
    first = most.sort_values("moves", ascending=False, kind="stable").iloc[0]
    return DayMoved(
        events,
        len(rows),
        int((rows["moves"] > 0).sum()),
        int(rows["moves"].sum()),
        float(net.mean()) if net.notna().any() else None,
        (str(first["event_id"]), str(first["market_key"])) if first["moves"] else None,
    )
