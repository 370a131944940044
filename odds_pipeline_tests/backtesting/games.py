"""Games to bet on: made by hand, by chance, or read from the real files."""

import csv
import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
H2H = ("home", "away")


def quotes(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Offers from the little that matters: event, book, outcome, price; the rest has defaults."""
    frame = pd.DataFrame(
        [
            {
                "event_id": "game",
                "decision_time": START,
                "commence_time": START + timedelta(hours=1),
                "home_team": "home",
                "away_team": "away",
                "bookmaker_key": "pinnacle",
                "market_key": "h2h",
                "point": np.nan,
            }
            | row
            for row in rows
        ]
    )
    for name in ("decision_time", "commence_time"):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    frame["point"] = frame["point"].astype("float64")
    return frame.assign(capture_time=frame["decision_time"])


def ended(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Results; the home side wins 1-0 three hours later unless said otherwise."""
    frame = pd.DataFrame(
        [
            {
                "event_id": "game",
                "home_team": "home",
                "away_team": "away",
                "home_score": 1.0,
                "away_score": 0.0,
                "void": False,
                "settled_at": START + timedelta(hours=4),
            }
            | row
            for row in rows
        ]
    )
    frame["settled_at"] = pd.to_datetime(frame["settled_at"], utc=True)
    return frame.astype({"settled_at": "datetime64[us, UTC]"})


def american(price: float) -> float:
    """Decimal odds; NaN in the impossible zone."""
    if abs(price) < 100:
        return np.nan
    return 1 + price / 100 if price > 0 else 1 + 100 / -price


def nba(shared_data: Path, file: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The closing money lines of a file of the real archive, and how its games ended.

    Each game is decided at its day's begin and settled at its end, in the file's order.
    """
    with gzip.open(shared_data / "real" / "nba" / file, "rt") as lines:
        games = list(csv.DictReader(lines))
    offered, results = [], []
    for place, game in enumerate(games):
        day = datetime.strptime(game["dates"], "%m/%d/%Y").replace(tzinfo=UTC)
        settled = day + timedelta(days=1, microseconds=place)
        event = f"{place:06d}"
        prices = {side: american(float(game[f"moneyline_{side}"] or 0)) for side in H2H}
        scores = {f"{side}_score": float(game[f"score_{side}"]) for side in H2H}
        if not np.isfinite(list(prices.values())).all() or len(set(scores.values())) == 1:
            continue
        offered += [
            {"event_id": event, "decision_time": day, "outcome_name": side, "price": price}
            for side, price in prices.items()
        ]
        results.append({"event_id": event, "settled_at": settled} | scores)
    return quotes(offered), ended(results)
