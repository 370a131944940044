"""The reference side of the engine's benchmark: package ``sports-betting``'s own ``backtest``.

A program for the Python of another environment, in which that package is installed: it is no
dependency of ours. It builds the frames that the package takes, in the layout of its own data
loader (or, asked for it, prices and results alone), then backtests once for every line it reads
and answers with a line of JSON. Nothing of ``odds_pipeline`` is used.

The bettor is the package's own comparison of odds: flat stakes on the outcome of each market whose
highest price is worth most by the market's own prices, if it is worth more than it costs.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

ALPHA, CASH, STAKE = 0.02, 1e9, 1.0


def main() -> None:
    """Build the frames, then time one backtest a line read."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from sportsbet.evaluation import OddsComparisonBettor, backtest

    from benchmarks.backtest_games import OUTCOMES, games

    count, layout = int(sys.argv[1]), sys.argv[2]
    frames = _frames(games(count), layout == "loader")
    markets = list(OUTCOMES)
    bettor = OddsComparisonBettor(alpha=ALPHA, betting_markets=markets, init_cash=CASH, stake=STAKE)
    _say({"ready": True})
    for _ in sys.stdin:
        begun = time.perf_counter()
        found = backtest(bettor, *frames, n_jobs=1)
        taken = time.perf_counter() - begun
        profit = float((found["Final cash"] - CASH).sum()) / STAKE
        _say({"seconds": taken, "bets": int(found["Number of bets"].sum()), "profit": profit})


def _frames(of: tuple[Any, ...], whole: bool) -> tuple[Any, Any, Any]:
    import numpy as np
    import pandas as pd

    from benchmarks.backtest_games import GAMES_A_DAY, OUTCOMES

    prices, won, _, _ = of
    count = len(won)
    day = pd.to_timedelta(np.arange(count) // GAMES_A_DAY, unit="D")
    index = (pd.Timestamp("1990-01-01", tz="UTC") + day).rename("date")
    teams = np.array([f"Team {number}" for number in range(20)])
    features = {
        "league": np.full(count, "England"),
        "division": np.ones(count, dtype=np.int64),
        "year": index.year,
        "home_team": teams[np.arange(count) % 20],
        "away_team": teams[(np.arange(count) + 7) % 20],
        "away_points_avg": np.linspace(0.5, 2.5, count),
        "home_points_avg": np.linspace(2.5, 0.5, count),
    }
    x = features if whole else {"division": features["division"]}
    odds = {f"market_maximum__{n}__preplay__0min": prices[:, at] for at, n in enumerate(OUTCOMES)}
    y = {f"{n}__postplay__0min": won[:, at].astype(float) for at, n in enumerate(OUTCOMES)}
    return (
        pd.DataFrame(x, index=index),
        pd.DataFrame(y, index=index),
        pd.DataFrame(odds, index=index),
    )


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
