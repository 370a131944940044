"""One call to the provider for one slot: claimed, reserved, paid, spooled, stored, normalised.

Belongs here: the order of those steps, which is what makes a paid answer impossible to lose or to
pay for twice. Does not belong here: which slots there are (``collect``, ``history``).

    claim + reserve | call | spool (synced) | raw + log + settlement + slot | spool file goes
    | facts + marks (``normalise``)

From the call to its settlement a key's calls take turns, and what a dead process left is settled
first: the provider's running count can be compared with ours only in the order it counted.

Units: the provider's credits.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4
from zlib import crc32

from sqlalchemy import text

from odds_pipeline.errors import BudgetExceeded, ProviderError, ProviderRefused
from odds_pipeline.planning.rate_cards import THE_ODDS_API
from odds_pipeline.services.deployment import require_confirmed
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.spool import Answer
from odds_pipeline.sources.the_odds_api.queries import (
    HistoricalOddsRequest,
    OddsRequest,
    ProviderRequest,
    ScoresRequest,
)
from odds_pipeline.sources.the_odds_api.responses import (
    ProviderResponse,
    error_of,
    raise_for_status,
)
from odds_pipeline.storage import fetch_log, ledger, locks, raw, slots
from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.ledger import Call

# Longer than a call can take: waiting its turn, three tries of 20 s, two pauses of 60 s.
LEASE = timedelta(seconds=300)


@dataclass(frozen=True, slots=True)
class Fetched:
    """One answer stored: for which slot, what it cost, how long it took."""

    slot_id: int
    raw_id: int
    credits: float
    elapsed_ms: int


def forecast(request: ProviderRequest) -> int:
    """Credits the call costs at most."""
    if isinstance(request, OddsRequest | HistoricalOddsRequest):
        return THE_ODDS_API.forecast(
            request.endpoint,
            markets=len(request.markets),
            bookmakers=len(request.bookmakers),
            regions=len(request.regions),
        )
    days_from = isinstance(request, ScoresRequest) and request.days_from is not None
    return THE_ODDS_API.forecast(request.endpoint, days_from=days_from)


def fetch_slot(
    platform: Platform,
    purpose: str,
    sport_key: str,
    slot_time: datetime,
    request: ProviderRequest,
) -> Fetched | None:
    """Make one planned capture; ``None`` when it is made already or another's.

    Raises:
        ConfirmationRequired: a paid call on a real plan that nobody confirmed.
        BudgetExceeded: the slot is recorded as a gap; nothing was called.
        ProviderError: the slot is recorded as a gap, with the provider's reason.
    """
    cost = forecast(request)
    require_confirmed(platform, cost)
    if store_spooled(platform):
        finish_pending(platform)
    call = _claim(platform, purpose, sport_key, slot_time, request, cost)
    if call is None:
        return None
    with _turn(platform):
        store_spooled(platform)
        response = _ask(platform, call, request)
        answer = _answer(platform, call, request, response, cost)
        platform.spool.write(answer)
        fetched = store_answer(platform, answer)
    finish_pending(platform)
    raise_for_status(response)
    return fetched


def _claim(
    platform: Platform,
    purpose: str,
    sport_key: str,
    slot_time: datetime,
    request: ProviderRequest,
    cost: int,
) -> Call | None:
    call_id = uuid4()
    refused = ""
    with transaction(platform.engine) as conn:
        close_expired(conn)
        slot_id = slots.claim(conn, purpose, sport_key, slot_time, call_id, LEASE)
        if slot_id is None:
            return None
        call = Call(
            call_id, platform.key_fingerprint, purpose, request.endpoint, sport_key, slot_id
        )
        try:
            ledger.reserve(conn, call, cost, platform.settings.odds_api_quota)
        except BudgetExceeded as over:
            refused = str(over)
            slots.gap(conn, slot_id, call_id, "quota")
    if refused:
        raise BudgetExceeded(refused)
    return call


def _ask(platform: Platform, call: Call, request: ProviderRequest) -> ProviderResponse:
    try:
        return platform.provider().fetch(request)
    except ProviderError as failure:
        with transaction(platform.engine) as conn:
            ledger.settle(conn, call, 0)
            slots.gap(conn, call.slot_id, call.call_id, "unreachable")
            fetch_log.failed(conn, call, str(failure))
        raise


@contextmanager
def _turn(platform: Platform) -> Iterator[None]:
    """One paid call at a time for each key, over all processes."""
    key = crc32(platform.key_fingerprint.encode()) - 2**31
    connection = platform.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    with connection as conn:
        numbers = {"lock": locks.PROVIDER, "key": key}
        conn.execute(text("SELECT pg_advisory_lock(:lock, :key)"), numbers)
        try:
            yield
        finally:
            conn.execute(text("SELECT pg_advisory_unlock(:lock, :key)"), numbers)


def _answer(
    platform: Platform,
    call: Call,
    request: ProviderRequest,
    response: ProviderResponse,
    cost: int,
) -> Answer:
    record = raw.RawRecord(
        call_id=call.call_id,
        source=platform.source,
        endpoint=response.endpoint,
        request=response.request,
        body=response.body,
        received_at=response.received_at,
        received_basis=response.basis,
        status=response.status,
        headers=response.headers,
        clock_at=response.clock_at,
        provider_date=response.provider_date,
        odds_format=getattr(request, "odds_format", None),
        elapsed_ms=round(response.elapsed_ms),
        credits=response.credits_last,
    )
    return Answer(
        record,
        call,
        cost,
        response.credits_last,
        response.credits_used,
        response.credits_remaining,
    )


def store_answer(platform: Platform, answer: Answer) -> Fetched:
    """Transaction 1: raw, fetch log, settlement and slot at once; then the spool file goes.

    Doing it again changes nothing.
    """
    call, record = answer.call, answer.record
    good = record.status == 200
    credits = answer.credits
    if credits is None:
        credits = answer.forecast if good else 0.0
    with transaction(platform.engine) as conn:
        stored = raw.store(conn, record, queue=good)
        if stored.created:
            ledger.settle(conn, call, credits, answer.used, answer.remaining)
            if good:
                with conn.pipeline():
                    slots.fetched(conn, call.slot_id, call.call_id)
                    fetch_log.succeeded(
                        conn, call, stored.raw_id, credits, answer.remaining, record.elapsed_ms
                    )
            else:
                code, message = error_of(record.body)
                reason = f"{record.status} {code}".strip()
                slots.gap(conn, call.slot_id, call.call_id, reason)
                fetch_log.failed(conn, call, message, code, stored.raw_id, answer.remaining)
    platform.spool.remove(call.call_id)
    return Fetched(call.slot_id, stored.raw_id, credits, record.elapsed_ms or 0)


def store_spooled(platform: Platform) -> int:
    """Store the answers that rest in the spool; returns how many there were."""
    answers = list(platform.spool.waiting())
    for answer in answers:
        store_answer(platform, answer)
    return len(answers)


def close_expired(conn: Connection) -> int:
    """Make a gap of every claim whose holder died in flight; returns how many there were.

    Call ``store_spooled`` first: an answer that was spooled is no gap.
    """
    dead = slots.expired_claims(conn)
    for slot_id, call_id in dead:
        ledger.charge_unknown(conn, call_id)
        slots.gap(conn, slot_id, call_id, "charge unknown")
    return len(dead)


def is_final_refusal(failure: ProviderError) -> bool:
    """Whether trying other slots now would be refused for the same reason."""
    return isinstance(failure, ProviderRefused) and failure.status == 401
