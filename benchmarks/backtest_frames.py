"""The engine's side of its benchmark: games as frames, and the strategy that both sides run.

Belongs here: our frames of ``backtest_games``, and the other package's comparison of odds written
as a strategy of ours. Does not belong here: measuring.
"""

from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from benchmarks.backtest_games import GAMES_A_DAY, Games
from odds_pipeline.backtesting.boards import AWAY_PLACE, DRAW_PLACE, HOME_PLACE, boards
from odds_pipeline.backtesting.strategy import Picks, ThresholdStrategy

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ALPHA = 0.02
TIE = 1e-6  # the other package's: of equals the later outcome
OF_GAME = 5


class Boards(NamedTuple):
    """Prices and positions of the money lines (games, 3) and of the totals (games, 2)."""

    line: Floats
    line_rows: Ints
    total: Floats
    total_rows: Ints


class Comparison(ThresholdStrategy[Boards]):
    """The outcome worth most by its own market's prices, if worth more than it costs."""

    name: ClassVar[str] = "comparison"
    summary: ClassVar[str] = "What sports-betting's OddsComparisonBettor bets on."
    thresholds = frozenset()

    def candidates(self, offers: "pd.DataFrame") -> Boards:
        """Both markets as arrays."""
        line, total = boards(offers, "h2h"), boards(offers, "totals")
        three, two = [HOME_PLACE, DRAW_PLACE, AWAY_PLACE], [HOME_PLACE, AWAY_PLACE]
        parts = (
            *(line.prices[:, 0, three], line.rows[:, 0, three]),
            *(total.prices[:, 0, two], total.rows[:, 0, two]),
        )
        return Boards(*(np.ascontiguousarray(part) for part in parts))  # type: ignore[arg-type]

    def chosen(self, candidates: Boards) -> Picks:
        """At most one outcome of each market."""
        return Picks.single(_chosen(*candidates))


@njit(cache=True)
def _chosen(line: Floats, line_rows: Ints, total: Floats, total_rows: Ints) -> Ints:
    rows = np.empty(2 * len(line) + 1, np.int64)
    count = 0
    for game in range(len(line)):
        cost = _odd(line[game, 0]) + _odd(line[game, 1]) + _odd(line[game, 2])
        first, second = _worth(line[game, 0]), _worth(line[game, 1])
        best, worth = _higher(0, first, 1, second, cost)
        best, worth = _higher(best, worth, 2, _worth(line[game, 2]), cost)
        rows[count] = line_rows[game, best]
        count += 1 if worth > cost else 0
        cost = _odd(total[game, 0]) + _odd(total[game, 1])
        best, worth = _higher(0, _worth(total[game, 0]), 1, _worth(total[game, 1]), cost)
        rows[count] = total_rows[game, best]
        count += 1 if worth > cost else 0
    return rows[:count]


@njit(cache=True)
def _odd(price: float) -> float:
    return max(1.0 / price - ALPHA, 0.0)


@njit(cache=True)
def _worth(price: float) -> float:
    """What an outcome is worth, times what its market costs."""
    return max(1.0 - ALPHA * price, 0.0)


@njit(cache=True)
def _higher(
    one: int, one_worth: float, other: int, other_worth: float, cost: float
) -> tuple[int, float]:
    """The outcome worth more; without a branch, which no processor could foretell."""
    higher = other_worth + TIE * other * cost > one_worth + TIE * one * cost
    return other if higher else one, other_worth if higher else one_worth


def frames(of: Games) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """What was on offer an hour before each start, and how the games ended two hours after it."""
    import pandas as pd

    count = len(of.won)
    day = np.arange(count) // GAMES_A_DAY
    start = np.datetime64("1990-01-01T19:00", "us") + day * np.timedelta64(1, "D")
    event = np.array([f"{game:07d}" for game in range(count)], dtype=object)
    teams = np.array([f"Team {number}" for number in range(20)], dtype=object)
    home, away = teams[np.arange(count) % 20], teams[(np.arange(count) + 7) % 20]
    draw, over, under = (np.full(count, name, dtype=object) for name in ("Draw", "Over", "Under"))
    decided = _utc(np.repeat(start - np.timedelta64(1, "h"), OF_GAME))
    quotes = pd.DataFrame(
        {
            "event_id": np.repeat(event, OF_GAME),
            "decision_time": decided,
            "commence_time": _utc(np.repeat(start, OF_GAME)),
            "home_team": np.repeat(home, OF_GAME),
            "away_team": np.repeat(away, OF_GAME),
            "bookmaker_key": "market_maximum",
            "market_key": np.tile(np.array(["h2h"] * 3 + ["totals"] * 2, dtype=object), count),
            "outcome_name": np.column_stack([home, draw, away, over, under]).ravel(),
            "point": np.tile([np.nan] * 3 + [2.5] * 2, count),
            "price": of.price.ravel(),
            "capture_time": decided,
        }
    )
    ended = pd.DataFrame(
        {
            "event_id": event,
            "home_team": home,
            "away_team": away,
            "home_score": of.home_goals.astype(float),
            "away_score": of.away_goals.astype(float),
            "void": False,
            "settled_at": _utc(start + np.timedelta64(2, "h")),
        }
    )
    return quotes, ended


def _utc(moments: NDArray[np.datetime64]) -> "pd.DatetimeIndex":
    import pandas as pd

    return pd.DatetimeIndex(moments).tz_localize("UTC")
