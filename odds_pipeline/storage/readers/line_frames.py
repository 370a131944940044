"""Rows of closing and opening lines, and the frame they make.

Belongs here: one row's shape, and that every expected book's market gets at least one. Does not
belong here: how a line is found (``closing``, ``opening``).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from odds_pipeline.betting.odds import american_from_decimal
from odds_pipeline.storage.frames import build_frame
from odds_pipeline.storage.readers.prematch import (
    NEVER_OFFERED,
    NOT_CAPTURED,
    Event,
    Pair,
)

if TYPE_CHECKING:
    import pandas as pd

_TYPES = {
    **dict.fromkeys(("event_id", "bookmaker_key", "market_key"), "text"),
    **dict.fromkeys(("outcome_name", "description"), "text"),
    **dict.fromkeys(("point", "price"), "float8"),
    "american_price": "int4",
    **dict.fromkeys(("capture_time", "known_time"), "timestamptz"),
}


class Line(NamedTuple):
    """One outcome's line; without ``price`` the reason why there is none."""

    outcome: str | None
    description: str | None
    point: float | None
    price: float | None
    capture_time: datetime | None
    known_time: datetime | None
    kind: str
    missing_reason: str | None


def missing(reason: str, outcome: str | None = None, description: str | None = None) -> Line:
    """A row that says why there is no price."""
    return Line(outcome, description, None, None, None, None, "none", reason)


def covered(event: Event, lines: Mapping[Pair, Sequence[Line]]) -> Iterable[tuple[Pair, Line]]:
    """Every expected book's market of the event: its lines, or one row with the reason."""
    for pair in event.expected:
        here = lines.get(pair)
        if here:
            yield from ((pair, line) for line in here)
        else:
            yield pair, missing(NEVER_OFFERED if pair in event.captured else NOT_CAPTURED)


def line_frame(
    rows: Iterable[tuple[str, Pair, Line, Sequence[object]]], rest: Mapping[str, str]
) -> "pd.DataFrame":
    """The frame of (event, book's market, line, the columns of ``rest``)."""
    return build_frame(
        [
            (event, *pair, *line[:4], _american(line.price), *line[4:6], *others)
            for event, pair, line, others in rows
        ],
        {**_TYPES, **rest},
    )


def _american(price: float | None) -> int | None:
    return None if price is None or price == 1 else american_from_decimal(price)
