"""Prices side by side: the best of an outcome, and every book's.

Belongs here: what is read off an as-of frame. Does not belong here: the as-of query (``as_of``).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.catalog.bookmakers import AGGREGATES
from odds_pipeline.storage.readers.as_of import odds_at

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]


def best_odds(
    conn: Connection,
    events: str | Iterable[str],
    market: str,
    outcome: str | None = None,
    at: datetime | None = None,
    known_by: datetime | None = None,
    max_age: timedelta | None = None,
    valid_only: bool = False,
) -> "pd.DataFrame":
    """The highest price of each event's outcome and point, with every book that offers it.

    Figures over many books (an archive's maximum and average) are no book to bet at. With
    ``valid_only`` quotes that a quality rule found wrong are no offer either.
    """
    offered = odds_at(
        conn,
        events,
        at,
        known_by,
        max_age,
        markets=[market],
        outcome=outcome,
        valid_only=valid_only,
    )
    frame = _priced(offered)
    frame = frame[~frame["bookmaker_key"].isin(AGGREGATES)]
    keys = ["event_id", "outcome_name", "description", "point"]
    best = frame.groupby(keys, dropna=False)["price"].transform("max")
    return (
        frame[frame["price"] == best].sort_values([*keys, "bookmaker_key"]).reset_index(drop=True)
    )


def compare_bookmakers(
    conn: Connection,
    event: str,
    market: str,
    at: datetime | None = None,
    known_by: datetime | None = None,
    max_age: timedelta | None = None,
    valid_only: bool = False,
) -> "pd.DataFrame":
    """Each book's prices side by side, with implied and fair probability and overround.

    The fair probability is the implied one divided by its book's sum (multiplicative margin
    removal); a market with one side only has none. ``valid_only`` as in ``best_odds``.
    """
    frame = _priced(
        odds_at(conn, event, at, known_by, max_age, markets=[market], valid_only=valid_only)
    )
    frame["implied_probability"] = 1.0 / frame["price"]
    # A spread's two sides carry opposite points: both are put as the home side's.
    away = frame["outcome_name"] == frame["away_team"]
    line = frame["point"].mask(away, -frame["point"]).fillna(0.0)
    groups = frame.groupby(["bookmaker_key", "description", line], dropna=False)
    total = groups["implied_probability"].transform("sum")
    several = groups["implied_probability"].transform("size") > 1
    frame["overround"] = (total - 1.0).where(several)
    frame["fair_probability"] = (frame["implied_probability"] / total).where(several)
    return frame


def _priced(frame: "pd.DataFrame") -> "pd.DataFrame":
    """What of an as-of frame is offered: a voided quote is no offer."""
    offered = frame[frame["missing_reason"].isna()]
    return offered.drop(columns="missing_reason").reset_index(drop=True)
