"""Arbitrages and +EV above their thresholds. Percent of the stake; times UTC."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from odds_pipeline.catalog.alerts import Alert, AlertType, Severity

ARBITRAGE, EXPECTED_VALUE = "arbitrage", "ev"


class SeenEdge(NamedTuple):
    """An opportunity as it was last seen; ``places`` says what is bet on at which books."""

    opportunity_id: str
    kind: str
    game: str
    market_key: str
    places: str
    edge_percentage: float
    last_seen: datetime
    expires_at: datetime


class Thresholds(NamedTuple):
    """From which edge on one is told, percent of the stake."""

    arbitrage: float
    expected_value: float


def edge_alerts(
    edges: Iterable[SeenEdge], thresholds: Thresholds, now: datetime
) -> Iterator[Alert]:
    """One alert an opportunity and UTC day, for those that can still be had.

    Args:
        edges: open opportunities with the verdict executable.
        thresholds: what is enough.
        now: the moment; past its expiry an edge is no news.
    """
    for edge in edges:
        told = _TOLD.get(edge.kind)
        if told is None or edge.expires_at <= now:
            continue
        alert_type, words = told
        least = getattr(thresholds, alert_type)
        if edge.edge_percentage < least:
            continue
        yield Alert(
            alert_type,
            Severity.INFO,
            f"{words} of {edge.edge_percentage:.2f} % on {edge.game}, {edge.market_key}: "
            f"{edge.places}; good until {edge.expires_at:%H:%M} UTC",
            object_kind="edge",
            object_id=edge.opportunity_id,
            occasion=f"{edge.last_seen:%Y-%m-%d}",
            threshold=least,
            actual=edge.edge_percentage,
        )


_TOLD = {
    ARBITRAGE: (AlertType.ARBITRAGE, "Arbitrage"),
    EXPECTED_VALUE: (AlertType.EXPECTED_VALUE, "Expected value"),
}
