"""Large movements of a fair price. Points of probability (0 to 100); times UTC."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from odds_pipeline.catalog.alerts import Alert, AlertType, Severity

PERCENT = 100


class Move(NamedTuple):
    """A fair probability, and what it was at an earlier capture."""

    event_id: str
    game: str
    market_key: str
    outcome_name: str
    before: float
    after: float
    since: datetime
    at: datetime
    commence_time: datetime


def movement_alerts(moves: Iterable[Move], least: float, now: datetime) -> Iterator[Alert]:
    """One alert an event, market and UTC day: for its outcome that rose.

    Args:
        moves: of events that may have begun.
        least: points of probability that are a large movement.
        now: the moment; what moved before a start that is past is no news.
    """
    for move in moves:
        points = PERCENT * (move.after - move.before)
        # Of the two sides of one movement, the one that rose is told.
        if points < least or move.commence_time <= now:
            continue
        yield Alert(
            AlertType.LARGE_MOVEMENT,
            Severity.INFO,
            f"{move.outcome_name} rose from {move.before:.1%} to {move.after:.1%} in "
            f"{move.game}, {move.market_key}, from {move.since:%H:%M} to {move.at:%H:%M} UTC",
            object_kind="event",
            object_id=move.event_id,
            occasion=f"{move.market_key} {move.at:%Y-%m-%d}",
            threshold=least,
            actual=points,
        )
