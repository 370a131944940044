"""Odds of our own making, as frames and as stored documents, for tests of the market services."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.platform import Platform
from odds_pipeline_tests.services.documents import NOON, store

START = NOON + timedelta(hours=8)
Market = tuple[str, Sequence[tuple[str, float, float | None]]]  # key, (outcome, price, point)


def frame(rows: Sequence[tuple[Any, ...]], **same: Any) -> pd.DataFrame:
    """Rows of ``odds_at_each``: book, market, outcome, point, price."""
    columns = ["bookmaker_key", "market_key", "outcome_name", "point", "price"]
    found = pd.DataFrame(rows, columns=columns).astype({"point": "float64", "price": "float64"})
    stated: dict[str, Any] = {
        "place": 1,
        "event_id": "e1",
        "description": None,
        "capture_time": pd.Timestamp(NOON),
        "known_time": pd.Timestamp(NOON),
        "age_seconds": 0.0,
        "quote_age_seconds": 30.0,
        "in_play": False,
        "commence_time": pd.Timestamp(START),
        "home_team": "Home",
        "away_team": "Away",
        "missing_reason": None,
    }
    for name, value in (stated | same).items():
        if name not in found:
            found[name] = value
    for name in ("capture_time", "known_time", "commence_time"):
        found[name] = found[name].astype("datetime64[us, UTC]")
    return found


def capture(
    platform: Platform,
    books: Mapping[str, Sequence[Market]],
    at: datetime = NOON,
    start: datetime = START,
    event: str = "e1",
    age: float = 30.0,
) -> None:
    """Store what books offer on one event, as one live answer, and normalise it."""
    update = (at - timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%SZ")
    document = {
        "id": event,
        "sport_key": "basketball_nba",
        "sport_title": "NBA",
        "commence_time": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "home_team": "Home",
        "away_team": "Away",
        "bookmakers": [
            {
                "key": book,
                "title": book,
                "last_update": update,
                "markets": [
                    {
                        "key": key,
                        "last_update": update,
                        "outcomes": [
                            {"name": name, "price": price}
                            | ({} if point is None else {"point": point})
                            for name, price, point in outcomes
                        ],
                    }
                    for key, outcomes in markets
                ],
            }
            for book, markets in books.items()
        ],
    }
    store(platform, [document], at)
    finish_pending(platform)


def h2h(home: float, away: float) -> list[Market]:
    """A head-to-head board."""
    return [("h2h", [("Home", home, None), ("Away", away, None)])]
