"""A market's prices side by side: decisions and lines by book and outcome.

Belongs here: turning offers into arrays that the mathematics takes. Does not belong here: what is
made of them (strategies).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.backtesting.grading import DRAW, OVER, UNDER

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
HOME_PLACE, AWAY_PLACE, DRAW_PLACE = 0, 1, 2
OUTCOMES = 3


@dataclass(frozen=True, slots=True)
class Boards:
    """One board a decision, event, market and line; spreads by the home side's point.

    Args:
        prices: (boards, books, outcomes) decimal odds; outcomes are home or Over, away or Under,
            Draw; NaN where there is no price.
        rows: position of the offer of each price; -1 where there is none.
        books: the bookmaker keys of the second axis.
        event: number of the event of each board.
        decision_time: of each board.
    """

    prices: Floats
    rows: Ints
    books: tuple[str, ...]
    event: Ints
    decision_time: NDArray[np.datetime64]


def boards(offers: "pd.DataFrame", market: str) -> Boards:
    """The boards of one market; outcomes that are none of a game's sides are left out.

    Args:
        offers: as ``offers.offers`` gives them.
        market: its key.
    """
    import pandas as pd

    of_market = np.flatnonzero((offers["market_key"] == market).to_numpy(dtype=np.bool_))
    part = offers[_READ].iloc[of_market]
    name, away = part["outcome_name"], _same(part["outcome_name"], part["away_team"])
    under = _same(name, UNDER)
    place = np.full(len(part), -1)
    place[_same(name, part["home_team"]) | _same(name, OVER)] = HOME_PLACE
    place[away | under] = AWAY_PLACE
    place[_same(name, DRAW)] = DRAW_PLACE
    line = part["point"].to_numpy(dtype=np.float64).copy()
    turned = (place == AWAY_PLACE) & ~under
    line[turned] = -line[turned]
    placed = np.flatnonzero(place >= 0)
    part, place, chosen = part.iloc[placed], place[placed], of_market[placed]
    event = pd.factorize(part["event_id"])[0]
    moment = part["decision_time"].to_numpy(dtype="datetime64[us]")
    board = _numbered(moment.view(np.int64), event, np.nan_to_num(line[placed], nan=np.inf) + 0.0)
    book, names = pd.factorize(part["bookmaker_key"], sort=True)
    count = int(board.max()) + 1 if len(board) else 0
    prices = np.full((count, len(names), OUTCOMES), np.nan)
    rows = np.full((count, len(names), OUTCOMES), -1, dtype=np.int64)
    prices[board, book, place] = part["price"].to_numpy(dtype=np.float64)
    rows[board, book, place] = chosen
    first = np.zeros(count, dtype=np.int64)
    first[board[::-1]] = np.arange(len(board))[::-1]
    return Boards(prices, rows, tuple(map(str, names)), event[first], moment[first])


_READ = [
    *("decision_time", "event_id", "home_team", "away_team", "bookmaker_key", "outcome_name"),
    *("point", "price"),
]


def _same(names: "pd.Series", other: "pd.Series | str") -> Bools:
    return (names == other).to_numpy(dtype=np.bool_)


def _numbered(*keys: NDArray[Any]) -> Ints:
    """Each combination of keys by a number, in the order of their first places."""
    import pandas as pd

    combined: Ints = np.zeros(len(keys[0]), dtype=np.int64)
    for key in keys:
        codes, values = pd.factorize(key)
        combined, _ = pd.factorize(combined * len(values) + codes)
    return combined
