"""What becomes of answers, and of calls that died without one.

Belongs here: transaction 1, and the claims of the dead. Does not belong here: making calls
(``calls``), reading answers (``normalise``). Doing any of it again changes nothing.

Units: the provider's credits.
"""

from dataclasses import dataclass
from uuid import UUID

from odds_pipeline.crash_points import Point, reached
from odds_pipeline.planning.breaker import OUT_OF_CREDITS
from odds_pipeline.services.alerting import raising
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.spool import Answer
from odds_pipeline.sources.the_odds_api.responses import error_of
from odds_pipeline.storage import fetch_log, ledger, raw, slots
from odds_pipeline.storage.engine import Connection, persistently, pipelined, transaction
from odds_pipeline.storage.raw import StoredRaw


@dataclass(frozen=True, slots=True)
class Fetched:
    """A slot's answer stored: which, what it cost, how long it took, and what was left out.

    ``refused`` names the markets the provider refused; where several calls made the slot, credits
    are theirs together and the rest is of the last one.
    """

    slot_id: int
    raw_id: int
    credits: float
    elapsed_ms: int
    call_id: UUID
    refused: tuple[str, ...] = ()


def store_answer(platform: Platform, answer: Answer) -> Fetched:
    """Transaction 1: raw, fetch log, settlement and slot at once; then the spool file goes."""
    fetched = persistently(lambda: _stored(platform, answer))
    reached(Point.STORED)
    platform.spool.remove(answer.call.call_id)
    reached(Point.UNSPOOLED)
    return fetched


def store_spooled(platform: Platform) -> int:
    """Store the answers that rest in the spool; returns how many there were."""
    answers = list(platform.spool.waiting())
    for answer in answers:
        store_answer(platform, answer)
    return len(answers)


def close_dead(platform: Platform) -> int:
    """Make a gap of every claim whose holder died in flight; returns how many there were.

    Those of this machine are known by their part in the spool, at once; all others by the end of
    their lease. Call ``store_spooled`` first: an answer that was spooled is no gap.
    """
    closed = 0
    for call_id in platform.spool.abandoned():
        with transaction(platform.engine) as conn:
            closed += _close(conn, slots.claims_of(conn, call_id))
        platform.spool.remove(call_id)
    with transaction(platform.engine) as conn:
        return closed + _close(conn, slots.expired_claims(conn))


def _stored(platform: Platform, answer: Answer) -> Fetched:
    call, record = answer.call, answer.record
    good = record.status == 200
    credits = answer.credits
    if credits is None:
        credits = answer.forecast if good else 0.0
    stored: StoredRaw | None = None

    def meanwhile() -> None:
        if good and stored is not None and stored.created:
            platform.ahead.read(record.as_stored(stored.known_time), sent.sha256)

    with pipelined(platform.engine, meanwhile) as conn:
        counted = ledger.ask_last_count(conn, call.key_fingerprint)
        sent = raw.send(conn, record, queue=good)
        if good:
            platform.ahead.glance(record.body)
        stored = raw.stored(conn, sent)
        if stored.created:
            ledger.settle(conn, call, credits, answer.used, answer.remaining, counted)
            if good:
                slots.fetched(conn, call.slot_id, call.call_id)
                fetch_log.succeeded(
                    conn, call, stored.raw_id, credits, answer.remaining, record.elapsed_ms
                )
            else:
                _refused(conn, platform, answer, stored.raw_id)
        reached(Point.STORING)
    return Fetched(call.slot_id, stored.raw_id, credits, record.elapsed_ms or 0, call.call_id)


def _refused(conn: Connection, platform: Platform, answer: Answer, raw_id: int) -> None:
    call = answer.call
    code, message = error_of(answer.record.body)
    if answer.after is None:
        reason = f"{answer.record.status} {code}".strip()
        slots.gap(conn, call.slot_id, call.call_id, reason)
    else:
        slots.hand_back(conn, call.slot_id, call.call_id, answer.after)
    fetch_log.failed(conn, call, message, code, raw_id, answer.remaining)
    if code == OUT_OF_CREDITS:
        raising.refused(conn, platform, message)


def _close(conn: Connection, dead: list[tuple[int, UUID]]) -> int:
    for slot_id, call_id in dead:
        ledger.charge_unknown(conn, call_id)
        slots.gap(conn, slot_id, call_id, "charge unknown")
    return len(dead)
