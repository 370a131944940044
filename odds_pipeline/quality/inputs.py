"""The frames that rules judge: what each holds, and its columns.

Belongs here: one description a frame, of which its schema and the docs are made. Does not belong
here: filling them (``storage.quality_frames``; ``markets`` makes one of another), judging them
(``rules``).

Every frame is of one UTC day of capture times (``events``: of starts). Times are UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from odds_pipeline.errors import StorageError

if TYPE_CHECKING:
    import pandas as pd
    from pandera.pandas import DataFrameSchema

TEXT, NUMBER, WHOLE, FLAG = "str", "float64", "Int64", "bool"
TIME = "datetime64[us, UTC]"


class Needs(StrEnum):
    """Which input frame a rule judges."""

    QUOTES = "quotes"
    MARKETS = "markets"
    BOARDS = "boards"
    COVERAGE = "coverage"
    SNAPSHOTS = "snapshots"
    EVENTS = "events"
    SCORES = "scores"
    QUARANTINE = "quarantine"
    SHARES = "shares"
    SLOTS = "slots"
    RECONCILIATION = "reconciliation"


# What a row of each is, in words for people; the check page counts in these.
ROWS: Mapping[Needs, str] = MappingProxyType(
    {
        Needs.QUOTES: "quotes",
        Needs.MARKETS: "complete markets",
        Needs.BOARDS: "books' markets",
        Needs.COVERAGE: "books' markets asked for",
        Needs.SNAPSHOTS: "snapshots",
        Needs.EVENTS: "events",
        Needs.SCORES: "stated scores",
        Needs.QUARANTINE: "quarantined parts",
        Needs.SHARES: "documents with quarantined parts",
        Needs.SLOTS: "slots",
        Needs.RECONCILIATION: "raw responses",
    }
)

# What a rule sees of a day, in words for the docs page.
MEANINGS: Mapping[Needs, str] = MappingProxyType(
    {
        Needs.QUOTES: "every outcome of each book's market, whenever that market changed",
        Needs.MARKETS: "each complete two- or three-way market and line, whenever it changed",
        Needs.BOARDS: "every book's market in every snapshot, with its last update",
        Needs.COVERAGE: "every book's market that a capture asked for, and for how many events",
        Needs.SNAPSHOTS: "every event in every capture",
        Needs.EVENTS: "the events that start on the day and half a day around it",
        Needs.SCORES: "every final score stated on the day",
        Needs.QUARANTINE: "what the parser put aside",
        Needs.SHARES: "how much of each document stands in quarantine",
        Needs.SLOTS: "the day's planned captures",
        Needs.RECONCILIATION: "stored quotes against the raw responses, parsed again",
    }
)

_QUOTE = {
    "event_id": TEXT,
    "sport_key": TEXT,
    "source": TEXT,  # the archive layout or endpoint it was read by
    "snapshot_time": TIME,
    "until_time": TIME,  # the last capture at which the market stood like this
    "known_time": TIME,
    "commence_time": TIME,
    "in_play": FLAG,
    "home_team": TEXT,
    "away_team": TEXT,
    "bookmaker_key": TEXT,
    "market_key": TEXT,
    "description": TEXT,
}

COLUMNS: Mapping[Needs, Mapping[str, str]] = MappingProxyType(
    {
        Needs.QUOTES: {
            **_QUOTE,
            "outcome_name": TEXT,
            "point": NUMBER,
            "decimal_price": NUMBER,
            "american_price": WHOLE,
        },
        # first = home or over, second = away or under; probability = that of first without margin
        Needs.MARKETS: {
            **_QUOTE,
            "line": NUMBER,  # the home side's point, or the total
            "outcomes": "int64",
            "first_price": NUMBER,
            "second_price": NUMBER,
            "draw_price": NUMBER,
            "overround": NUMBER,
            "probability": NUMBER,
        },
        Needs.BOARDS: {
            "event_id": "category",
            "sport_key": "category",
            "snapshot_time": TIME,
            "known_time": TIME,
            "in_play": FLAG,
            "bookmaker_key": "category",
            "market_key": "category",
            "age": NUMBER,  # seconds from last update to capture; missing where not stated
        },
        Needs.COVERAGE: {
            "sport_key": TEXT,
            "snapshot_time": TIME,
            "bookmaker_key": TEXT,
            "market_key": TEXT,
            "events": "int64",  # in the capture
            "offered": "int64",  # of them with this market of this book
        },
        Needs.SNAPSHOTS: {
            "event_id": TEXT,
            "sport_key": TEXT,
            "snapshot_time": TIME,
            "known_time": TIME,
            "commence_time": TIME,
            "day_only": FLAG,  # the start is known to the day that begins at commence_time
            "previous_commence_time": TIME,  # as the snapshot before stated it
            "in_play": FLAG,
        },
        Needs.EVENTS: {
            "event_id": TEXT,
            "sport_key": TEXT,
            "commence_time": TIME,
            "start_precision": TEXT,
            "home_team": TEXT,
            "away_team": TEXT,
            "on_day": FLAG,
        },
        Needs.SCORES: {
            "event_id": TEXT,
            "sport_key": TEXT,
            "snapshot_time": TIME,
            "commence_time": TIME,
            "home_score": WHOLE,
            "away_score": WHOLE,
            "previous_home_score": WHOLE,  # of the final score stated before
            "previous_away_score": WHOLE,
        },
        Needs.QUARANTINE: {
            "id": WHOLE,
            "raw_id": WHOLE,
            "capture_time": TIME,
            "event_id": TEXT,
            "bookmaker_key": TEXT,
            "market_key": TEXT,
            "location": TEXT,
            "reason": TEXT,
            "evidence": TEXT,
        },
        Needs.SHARES: {
            "raw_id": WHOLE,
            "capture_time": TIME,
            "endpoint": TEXT,
            "parts": WHOLE,
            "quarantined": WHOLE,
        },
        Needs.SLOTS: {
            "slot_id": WHOLE,
            "purpose": TEXT,
            "sport_key": TEXT,
            "slot_time": TIME,
            "status": TEXT,
            "reason": TEXT,
        },
        Needs.RECONCILIATION: {
            "raw_id": WHOLE,
            "capture_time": TIME,
            "event_id": TEXT,
            "stated_quotes": WHOLE,
            "stored_quotes": WHOLE,
            "missing": WHOLE,
            "different": WHOLE,
        },
    }
)


@cache
def input_schema(need: Needs) -> DataFrameSchema:
    """The schema of an input frame: the boundary between what is stored and what is judged.

    Columns beyond those described are let through; a value is the rules' business.
    """
    import pandera.pandas as pa

    columns = {
        name: pa.Column(dtype, nullable=dtype not in (FLAG, "int64"))
        for name, dtype in COLUMNS[need].items()
    }
    return pa.DataFrameSchema(columns, name=f"input {need}")


def checked(frame: pd.DataFrame, need: Needs) -> pd.DataFrame:
    """The frame, once its schema has let it pass.

    Raises:
        StorageError: a column is missing, of another type, or null where it may not be: what is
            stored cannot be judged.
    """
    from pandera.errors import SchemaError

    try:
        return input_schema(need).validate(frame)
    except SchemaError as wrong:
        reason = " ".join(str(wrong).split())
    raise StorageError(f"the {ROWS[need]} to be judged are not as described: {reason}")


def typed(frame: pd.DataFrame, need: Needs) -> pd.DataFrame:
    """The frame's described columns in their order and types.

    Raises:
        KeyError: a column is missing.
        ValueError: a column cannot have its type.
    """
    columns = COLUMNS[need]
    return frame[list(columns)].astype(dict(columns))
