"""A market's prices side by side: decisions and lines by book and outcome.

Belongs here: turning offers into arrays that the mathematics takes. Does not belong here: what is
made of them (strategies).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.backtesting.grading import DRAW, OVER, UNDER

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
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

    of_market = (offers["market_key"] == market).to_numpy()
    name = offers["outcome_name"].to_numpy(dtype=object)
    home = offers["home_team"].to_numpy(dtype=object)
    place = np.full(len(offers), -1)
    place[(name == home) | (name == OVER)] = HOME_PLACE
    place[(name == offers["away_team"].to_numpy(dtype=object)) | (name == UNDER)] = AWAY_PLACE
    place[name == DRAW] = DRAW_PLACE
    chosen = np.flatnonzero(of_market & (place >= 0))
    line = offers["point"].to_numpy(dtype=np.float64).copy()
    away = (place == AWAY_PLACE) & (name != UNDER)
    line[away] = -line[away]
    part = offers.iloc[chosen]
    keys = pd.DataFrame(
        {
            "decision_time": part["decision_time"].to_numpy(),
            "event_id": part["event_id"].to_numpy(),
            "line": np.nan_to_num(line[chosen], nan=np.inf) + 0.0,
        }
    )
    board = keys.groupby(list(keys), sort=False).ngroup().to_numpy()
    book, names = pd.factorize(part["bookmaker_key"], sort=True)
    count = int(board.max()) + 1 if len(board) else 0
    prices = np.full((count, len(names), OUTCOMES), np.nan)
    rows = np.full((count, len(names), OUTCOMES), -1, dtype=np.int64)
    prices[board, book, place[chosen]] = part["price"].to_numpy(dtype=np.float64)
    rows[board, book, place[chosen]] = chosen
    first = np.zeros(count, dtype=np.int64)
    first[board[::-1]] = np.arange(len(board))[::-1]
    event = pd.factorize(part["event_id"])[0][first] if count else first
    moments = keys["decision_time"].to_numpy(dtype="datetime64[us]")[first]
    return Boards(prices, rows, tuple(map(str, names)), event, moments)
