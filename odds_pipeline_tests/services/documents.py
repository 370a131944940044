"""Odds documents of our own making, stored as answers of the provider, for tests of services."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from odds_pipeline.catalog.observations import CaptureBasis, OddsFormat
from odds_pipeline.services.platform import Platform
from odds_pipeline.sources.the_odds_api.queries import OddsRequest
from odds_pipeline.storage import raw
from odds_pipeline.storage.engine import transaction

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
UPDATE = "2026-03-10T11:59:30Z"


def event(event_id: str, prices: Sequence[Any] = (1.4, 3.1), **changed: Any) -> dict[str, Any]:
    """One event with one board of two outcomes."""
    names = changed.pop("names", ("Home", "Away"))
    outcomes = [{"name": n, "price": p} for n, p in zip(names, prices, strict=True)]
    market = {"key": "h2h", "last_update": UPDATE, "outcomes": outcomes}
    book = {"key": "pinnacle", "title": "Pinnacle", "last_update": UPDATE, "markets": [market]}
    return {
        "id": event_id,
        "sport_key": "basketball_nba",
        "sport_title": "NBA",
        "commence_time": "2026-03-10T20:00:00Z",
        "home_team": "Home",
        "away_team": "Away",
        "bookmakers": [book],
    } | changed


def store(
    platform: Platform,
    document: object,
    at: datetime = NOON,
    endpoint: str = "odds",
    odds_format: OddsFormat = OddsFormat.DECIMAL,
) -> int:
    """Store a document (or the bytes of one) that waits to be normalised; returns its number."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    request = OddsRequest("basketball_nba", ("h2h",), ("pinnacle",)).described()
    record = raw.RawRecord(
        uuid4(),
        "the_odds_api",
        endpoint,
        request,
        body,
        at,
        CaptureBasis.CLOCK,
        status=200,
        odds_format=odds_format,
    )
    with transaction(platform.engine) as conn:
        return raw.store(conn, record).raw_id
