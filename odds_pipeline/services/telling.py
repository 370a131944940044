"""What the log says of a call: one line when it is answered, one when it is not.

Belongs here: the lines, their levels and keys. Does not belong here: where they go (``log_file``).

INFO ``odds_fetched`` (a capture of odds) and ``fetched`` (anything else); ERROR ``fetch_failed``;
CRITICAL ``quota_exhausted``. ``elapsed_ms`` is the time to the answer's last byte; credits are
what the provider charged.
"""

import logging
from datetime import datetime
from typing import NamedTuple

import psycopg

from odds_pipeline.errors import ProviderError, StorageError
from odds_pipeline.planning.breaker import OUT_OF_CREDITS
from odds_pipeline.services.answers import Fetched
from odds_pipeline.services.platform import Platform
from odds_pipeline.sources.the_odds_api.queries import PricedRequest, ProviderRequest
from odds_pipeline.sources.the_odds_api.responses import ProviderResponse, error_of
from odds_pipeline.storage import fetch_log
from odds_pipeline.storage.engine import transaction

log = logging.getLogger("odds_pipeline.fetch")
OK = 200


class Place(NamedTuple):
    """Which planned capture."""

    purpose: str
    sport_key: str
    slot_time: datetime


def tell(
    platform: Platform,
    place: Place,
    request: ProviderRequest,
    fetched: Fetched,
    response: ProviderResponse,
) -> None:
    """Log an answered call that is stored and normalised."""
    about = {
        "sport": place.sport_key,
        "endpoint": request.endpoint,
        "slot": f"{place.slot_time:%Y-%m-%dT%H:%M:%SZ}",
        "credits": fetched.credits,
        "elapsed_ms": fetched.elapsed_ms,
        "raw_id": fetched.raw_id,
    }
    if response.status != OK:
        code, message = error_of(response.body)
        level = logging.CRITICAL if code == OUT_OF_CREDITS else logging.ERROR
        name = "quota_exhausted" if code == OUT_OF_CREDITS else "fetch_failed"
        log.log(
            level, name, extra=about | {"status": response.status, "code": code, "why": message}
        )
        return
    events, bookmakers = _counts(platform, fetched.raw_id)
    held = {"events": events, "bookmakers": bookmakers}
    if isinstance(request, PricedRequest):
        log.info("odds_fetched", extra=about | held | {"markets": list(request.markets)})
    else:
        log.info("fetched", extra=about | held)


def _counts(platform: Platform, raw_id: int) -> tuple[int | None, int | None]:
    """Events and bookmakers; a database lost by now is no reason to fail what is stored."""
    try:
        with transaction(platform.engine) as conn:
            return fetch_log.counts(conn, raw_id)
    except (StorageError, psycopg.Error):
        return None, None


def tell_unanswered(request: ProviderRequest, sport_key: str, failure: ProviderError) -> None:
    """Log a call that brought no answer."""
    about = {"sport": sport_key, "endpoint": request.endpoint, "why": str(failure)}
    log.error("fetch_failed", extra=about)


def tell_exhausted(sport_key: str, refusal: Exception) -> None:
    """Log that the month's credits allow no live collection any more."""
    log.critical("quota_exhausted", extra={"sport": sport_key, "why": str(refusal)})
