"""Voiding bad quotes and lifting voids, by the keys people use.

Belongs here: what is asked of whoever voids, and following a void to what used its quotes. Does
not belong here: SQL (``storage.voids``, ``storage.derived``).

Nothing is deleted or altered: a void has a known time of its own, so an answer for a `known_by`
before it stays as it was; a lift likewise.
"""

from dataclasses import dataclass
from datetime import datetime

from odds_pipeline.errors import UsageError
from odds_pipeline.services.market.recompute import recompute
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import derived, voids
from odds_pipeline.storage.derived import Covered
from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.voids import Void


@dataclass(frozen=True, slots=True)
class VoidRequest:
    """What shall be void: a key (``None`` = every one) and the capture times, ends included.

    Args:
        first: capture time of the first snapshot.
        last: capture time of the last snapshot.
        event: the provider's event id.
        bookmaker: bookmaker key.
        market: market key.
        outcome: outcome name.
        description: whom the outcome is about, such as a player.
    """

    first: datetime
    last: datetime
    event: str | None = None
    bookmaker: str | None = None
    market: str | None = None
    outcome: str | None = None
    description: str | None = None


def would_cover(platform: Platform, request: VoidRequest) -> Covered:
    """What a void would cover, without making it.

    Raises:
        UsageError: neither event nor bookmaker is named, or the interval ends before it begins.
        NotFound: a key or name is not stored.
    """
    with transaction(platform.engine) as conn:
        return derived.covered(conn, _key(conn, request), request.first, request.last)


def add(platform: Platform, request: VoidRequest, reason: str, by: str) -> Void:
    """Void quotes: from now on readers give no price for them.

    Raises:
        UsageError: as ``would_cover``, or no reason is given.
        NotFound: a key or name is not stored.
    """
    _require(reason, "a void")
    with transaction(platform.engine) as conn:
        key = _key(conn, request)
        number = voids.write(conn, key, request.first, request.last, reason.strip(), by)
    return _followed(platform, number)


def lift(platform: Platform, void_id: int, reason: str, by: str) -> Void:
    """Lift a void: from now on readers give its quotes' prices again.

    Raises:
        NotFound: there is no such void.
        UsageError: it is lifted already, or no reason is given.
    """
    _require(reason, "a lift")
    with transaction(platform.engine) as conn:
        lifted = voids.lift(conn, void_id, reason.strip(), by)
    if not lifted:
        raise UsageError(f"void {void_id} is lifted already; `odds void list` shows since when")
    return _followed(platform, void_id)


def listed(platform: Platform) -> list[Void]:
    """Every void, lifted ones too."""
    with transaction(platform.engine) as conn:
        return voids.voids(conn)


def affected(platform: Platform, void_id: int) -> Covered:
    """What a void covers, and the derived rows that used one of its quotes.

    Raises:
        NotFound: there is no such void.
    """
    with transaction(platform.engine) as conn:
        found = voids.void(conn, void_id)
        named = VoidRequest(
            found.from_capture,
            found.to_capture,
            found.event_id,
            found.bookmaker_key,
            found.market_key,
            found.outcome_name,
            found.description,
        )
        return derived.covered(conn, _key(conn, named), named.first, named.last)


def follow(platform: Platform, void_id: int) -> Covered:
    """Mark what a void or its lift touches and work it out anew; what it covers.

    A transaction of its own: whoever draws a known time holds up all who store until it commits.
    Should it be cut short, the next validation of the day marks the same.

    Raises:
        NotFound: there is no such void.
    """
    with transaction(platform.engine) as conn:
        voids.mark_issues(conn)
    covered = affected(platform, void_id)
    recompute(platform, covered)
    return covered


def _followed(platform: Platform, void_id: int) -> Void:
    follow(platform, void_id)
    with transaction(platform.engine) as conn:
        return voids.void(conn, void_id)


def _key(conn: Connection, request: VoidRequest) -> voids.VoidKey:
    if request.event is None and request.bookmaker is None:
        raise UsageError("a void needs an event or a bookmaker: --event-id, --bookmaker or both")
    if request.first > request.last:
        raise UsageError(f"the interval ends ({request.last}) before it begins ({request.first})")
    return voids.key_of(
        conn,
        request.event,
        request.bookmaker,
        request.market,
        request.outcome,
        request.description,
    )


def _require(reason: str, what: str) -> None:
    if not reason.strip():
        raise UsageError(f"{what} needs a reason: --reason")
