"""One planned capture: claimed, reserved, paid, spooled, stored, normalised.

Belongs here: the order of those steps, which is what makes a paid answer impossible to lose or to
pay for twice. Does not belong here: which slots there are (``collect``, ``history``), what becomes
of an answer (``answers``).

    claim + reserve | call | spool (synced) | raw + log + settlement + slot | spool file goes
    | facts + marks (``normalise``)

No step is begun before the one on its left is safe: without the database nothing is claimed,
without a claim and room on disk nothing is called, and from the answer on either the spool or the
database has it. From the call to its settlement a key's calls take turns, and what a dead process
left is settled first: the provider's running count can be compared with ours only in the order it
counted.

Units: the provider's credits.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from odds_pipeline.crash_points import Point, reached
from odds_pipeline.errors import (
    BudgetExceeded,
    CallsPaused,
    MarketsRefused,
    OutOfCredits,
    ProviderError,
    ProviderRefused,
    StorageError,
)
from odds_pipeline.planning.budget import QUOTA, Purpose
from odds_pipeline.planning.rate_cards import THE_ODDS_API
from odds_pipeline.services.alerting import raising
from odds_pipeline.services.answers import Fetched, close_dead, store_answer, store_spooled
from odds_pipeline.services.budgets import budget_of
from odds_pipeline.services.deployment import require_confirmed
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.pauses import require_open
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.spool import Answer
from odds_pipeline.services.stages import Stopwatch, stopwatch
from odds_pipeline.services.telling import Place, tell, tell_exhausted, tell_unanswered
from odds_pipeline.services.turns import turn
from odds_pipeline.sources.the_odds_api.queries import (
    PricedRequest,
    ProviderRequest,
    without_markets,
)
from odds_pipeline.sources.the_odds_api.responses import (
    ProviderResponse,
    raise_for_status,
    refused_markets,
)
from odds_pipeline.storage import fetch_log, ledger, raw, slots
from odds_pipeline.storage.engine import persistently, transaction
from odds_pipeline.storage.ledger import Call

# Longer than a call can take once it has its turn: three tries of 20 s, two pauses of 60 s.
LEASE = timedelta(seconds=300)


# What the credits of a capture are spent on, unless the caller knows better; others count as live.
_SPENT_ON = {
    "live": Purpose.LIVE,
    "events": Purpose.SCORES,
    "scores": Purpose.SCORES,
    "history": Purpose.BACKFILL,
    "listing": Purpose.BACKFILL,
}

_COLLECTING = frozenset({Purpose.CLOSING, Purpose.LIVE})


@dataclass(frozen=True, slots=True)
class _Made:
    """One call that was answered, and how."""

    fetched: Fetched
    response: ProviderResponse


def forecast(request: ProviderRequest) -> int:
    """Credits the call costs at most."""
    return THE_ODDS_API.forecast(request.endpoint, **request.cost_inputs())


def fetch_slot(
    platform: Platform,
    purpose: str,
    sport_key: str,
    slot_time: datetime,
    request: ProviderRequest,
    spent_on: Purpose | None = None,
) -> Fetched | None:
    """Make one planned capture; ``None`` when it is made already or another's.

    The first key makes it that does not pause and whose budget allows it. Markets that the
    provider refuses are left out, and the others asked for again: one such market refuses a whole
    call.

    Raises:
        ConfirmationRequired: a paid call on a real plan that nobody confirmed.
        CallsPaused: the slot is recorded as a gap; nothing was called.
        BudgetExceeded: likewise.
        ProviderError: the slot is recorded as a gap, with the provider's reason.
        StorageError: the spool has no room, or the database cannot be reached; in the latter case
            an answer that was paid waits in the spool.
    """
    place = Place(purpose, sport_key, slot_time)
    cost = forecast(request)
    paying = spent_on or _SPENT_ON.get(purpose, Purpose.LIVE)
    require_confirmed(platform, cost)
    if store_spooled(platform):
        finish_pending(platform)
    close_dead(platform)
    refused: list[CallsPaused | BudgetExceeded | OutOfCredits] = []
    for keyed in platform.by_key():
        try:
            if not require_open(keyed, *place, paid=cost > 0):
                return None
            return _fetch(keyed, place, request, paying)
        except (CallsPaused, BudgetExceeded, OutOfCredits) as refusal:
            refused.append(refusal)  # another key may pay; none is asked twice
    raise refused[0]


def _fetch(
    platform: Platform,
    place: Place,
    request: ProviderRequest,
    paying: Purpose,
    after: UUID | None = None,
) -> Fetched | None:
    made = _call(platform, place, request, paying, after)
    if made is None:
        return None
    try:
        raise_for_status(made.response)
    except MarketsRefused:
        if not isinstance(request, PricedRequest) or len(request.markets) < 2:
            raise
        named = refused_markets(made.response, request.markets)
        if len(named) == len(request.markets):
            raise
        asked = request
    else:
        return made.fetched
    if named:
        return _without(platform, place, asked, paying, named)
    return _one_by_one(platform, place, asked, paying)


def _without(
    platform: Platform,
    place: Place,
    request: PricedRequest,
    paying: Purpose,
    refused: tuple[str, ...],
) -> Fetched | None:
    rest = without_markets(request, refused)
    assert rest is not None
    fetched = _fetch(platform, place, rest, paying)
    return fetched and replace(fetched, refused=(*refused, *fetched.refused))


def _one_by_one(
    platform: Platform, place: Place, request: PricedRequest, paying: Purpose
) -> Fetched | None:
    """Each market in a call of its own, since the provider does not say which it refuses."""
    made: Fetched | None = None
    refused: list[str] = []
    for market in request.markets:
        others = set(request.markets) - {market}
        alone = without_markets(request, others)
        assert alone is not None
        after = None if made is None else made.call_id
        try:
            fetched = _fetch(platform, place, alone, paying, after)
        except MarketsRefused:
            refused.append(market)
            if len(refused) == len(request.markets):
                raise
            continue
        if fetched is None:
            break  # another has taken the slot over
        paid = 0.0 if made is None else made.credits
        made = replace(fetched, credits=fetched.credits + paid)
    return made and replace(made, refused=tuple(refused))


def _call(
    platform: Platform,
    place: Place,
    request: ProviderRequest,
    paying: Purpose,
    after: UUID | None,
) -> _Made | None:
    """One call, whatever it is answered; ``None`` when the slot is made already or another's."""
    with stopwatch(platform) as watch:
        made = _paid(platform, place, request, paying, after, watch)
        if made is None:
            return None
        with watch.timed("normalise") as run:
            done = persistently(lambda: finish_pending(platform))
            run.rows = done.snapshots + done.quotes
            run.error_class = "Unreadable" if done.failed else None
    tell(platform, place, request, made.fetched, made.response)
    reached(Point.BEFORE_TOLD)
    return made


def _paid(
    platform: Platform,
    place: Place,
    request: ProviderRequest,
    paying: Purpose,
    after: UUID | None,
    watch: Stopwatch,
) -> _Made | None:
    """The call up to its answer in the database; ``None`` as for ``_call``."""
    cost = forecast(request)
    call_id = uuid4()
    reached(Point.BEFORE_CLAIM)
    with platform.spool.hold(call_id):
        call = _claim(platform, place, request, paying, call_id, after)
        if call is None:
            return None
        reached(Point.CLAIMED)
        with turn(platform):
            store_spooled(platform)
            if not _ready(platform, call):
                return None
            reached(Point.RESERVED_SPACE)
            response = _ask(platform, call, request)
            reached(Point.ANSWERED)
            answer = _answer(platform, call, request, response, cost, after)
            with suppress(OSError):  # then the database alone has to keep it
                platform.spool.write(answer)
            reached(Point.SPOOLED)
            with watch.timed("store") as run:
                fetched = store_answer(platform, answer)
                run.rows = 1
    return _Made(fetched, response)


def _claim(
    platform: Platform,
    place: Place,
    request: ProviderRequest,
    paying: Purpose,
    call_id: UUID,
    after: UUID | None,
) -> Call | None:
    call = None
    refused: BudgetExceeded | None = None
    with transaction(platform.engine) as conn:
        slot_id = slots.claim(conn, *place, call_id, LEASE, after)
        if slot_id is not None:
            key = platform.key_fingerprint
            call = Call(call_id, key, paying, request.endpoint, place.sport_key, slot_id)
            cost, budget = forecast(request), budget_of(platform)
            try:
                before = ledger.reserve(conn, call, cost, budget)
                raising.reserved(conn, platform, budget, before, cost)
            except BudgetExceeded as over:
                refused = over
                slots.gap(conn, slot_id, call_id, over.reason)
                if over.reason == QUOTA and paying in _COLLECTING:
                    raising.refused(conn, platform, str(over))
                    tell_exhausted(place.sport_key, over)
    if call is None or refused:
        platform.spool.remove(call_id)
    if refused:
        raise refused
    return call


def _ready(platform: Platform, call: Call) -> bool:
    """Whether the call may be made: its claim stands, the database is there, the disk has room.

    Raises:
        StorageError: one of the last two fails.
    """
    with transaction(platform.engine) as conn:
        standing = slots.renew(conn, call.slot_id, call.call_id, LEASE)
    if not standing:
        platform.spool.remove(call.call_id)
        return False
    try:
        platform.spool.reserve(call.call_id)
    except StorageError as full:
        _give_up(platform, call, "no room in the spool", "")
        raise StorageError(str(full)) from None
    return True


def _ask(platform: Platform, call: Call, request: ProviderRequest) -> ProviderResponse:
    try:
        return platform.provider().fetch(request)
    except ProviderError as failure:
        _give_up(platform, call, "unreachable", str(failure))
        tell_unanswered(request, call.sport_key, failure)
        raise


def _give_up(platform: Platform, call: Call, reason: str, failure: str) -> None:
    """Close a claim whose call brought no answer; ``failure`` is empty if it was not made."""

    def close() -> None:
        with transaction(platform.engine) as conn:
            ledger.settle(conn, call, 0)
            slots.gap(conn, call.slot_id, call.call_id, reason)
            if failure:
                fetch_log.failed(conn, call, failure)

    persistently(close)
    platform.spool.remove(call.call_id)


def _answer(
    platform: Platform,
    call: Call,
    request: ProviderRequest,
    response: ProviderResponse,
    cost: int,
    after: UUID | None,
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
        after,
    )


def is_final_refusal(failure: ProviderError) -> bool:
    """Whether trying other slots now would be refused for the same reason."""
    if isinstance(failure, CallsPaused):
        return True
    return isinstance(failure, ProviderRefused) and failure.status == 401
