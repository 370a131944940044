"""Captures that were missed: found, priced, and bought from history by what they are worth.

Belongs here: the gaps of live collection. Does not belong here: past days nobody collected
(``backfill``), what a capture is worth (``planning``), how a call is made (``calls``).

A gap stays one until a snapshot of its time is stored: taken in (slot time - feed step, slot
time]. Whether it is, the database decides when the snapshot is normalised, the same for the slot
that was asked for and for every other one of that time.

Units: the provider's credits; UTC times.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from odds_pipeline.errors import BudgetExceeded, NotOnPlan, ProviderError
from odds_pipeline.planning.budget import Purpose
from odds_pipeline.planning.captures import DAY, Window, day_window
from odds_pipeline.planning.healing import HealingCall, healing_calls
from odds_pipeline.planning.policies import SamplingMode, plan
from odds_pipeline.planning.snapshots import FIRST
from odds_pipeline.planning.value import FARTHEST
from odds_pipeline.services.budgets import PERCENT
from odds_pipeline.services.calls import fetch_slot, forecast, is_final_refusal
from odds_pipeline.services.collect import LIVE
from odds_pipeline.services.history import odds_request_at
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.sampling import GRACE, cadence, provider_now
from odds_pipeline.storage import fetch_log, gaps, ledger, slots
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.gaps import GapCount, OpenGap

LOOK_BACK = timedelta(days=30)
# Somebody who collected nothing for longer did not want to: that is a pause, no outage.
LONGEST_OUTAGE = timedelta(days=7)
# By then the provider has surely taken the snapshot of a slot's time.
SETTLED = timedelta(minutes=10)
NO_HISTORY = "the plan of this key has no history"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Gap:
    """One missed capture: where, when, why, how old, and how it can be closed.

    ``value`` is what the call that closes it would add now (gaps it closes together share it);
    ``credits`` what that call costs; ``note`` why it cannot be closed, ``None`` if it can.
    """

    slot_id: int
    sport_key: str
    slot_time: datetime
    reason: str
    why: str | None
    age: timedelta
    value: float
    credits: int
    note: str | None


@dataclass(frozen=True, slots=True)
class Gaps:
    """The open gaps by time, and the calls and credits that closing them takes."""

    gaps: tuple[Gap, ...]
    calls: int
    credits: int

    @property
    def healable(self) -> int:
        """How many can be closed."""
        return sum(gap.note is None for gap in self.gaps)


@dataclass(frozen=True, slots=True)
class Healed:
    """What a pass over the gaps did: gaps closed, calls, credits, gaps left, and why it ended."""

    healed: int
    calls: int
    credits: float
    left: int
    reason: str


class _Offer(NamedTuple):
    """One historical call that could be made."""

    sport_key: str
    call: HealingCall
    credits: int


def find_missed(platform: Platform, mode: SamplingMode) -> int:
    """Make a gap of each live slot that nobody will make any more; returns how many are new.

    Slots are planned up to the end of the next day. Where nothing at all was asked for longer, the
    mode's policy says what should have been captured after that, by the starts known now.
    """
    now = provider_now(platform)
    with transaction(platform.engine) as conn:
        found = gaps.mark_missed(conn, LIVE, now, GRACE)
        silent = gaps.silences(conn, Window(now - LOOK_BACK, now), DAY)
    for silence in silent:
        unplanned = Window(day_window(silence.begin.date() + DAY).end, silence.end - GRACE)
        if silence.end - silence.begin <= LONGEST_OUTAGE and unplanned.begin < unplanned.end:
            found += _enter_unplanned(platform, mode, unplanned)
    return found


def open_gaps(platform: Platform, window: Window | None = None) -> Gaps:
    """The gaps of live collection, priced; by default of the last 30 days."""
    now = provider_now(platform)
    found = _found(platform, window or Window(now - LOOK_BACK, now))
    offers = _offers(platform, found, now)
    worth = {
        (offer.sport_key, moment): offer for offer in offers for moment in offer.call.slot_times
    }
    listed = []
    for gap in found:
        offer = worth.get((gap.sport_key, gap.slot_time))
        listed.append(
            Gap(
                *gap,
                age=now - gap.slot_time,
                value=0.0 if offer is None else offer.call.value,
                credits=0 if offer is None else offer.credits,
                note=_why_not(gap, now),
            )
        )
    return Gaps(tuple(listed), len(offers), sum(offer.credits for offer in offers))


def counts(platform: Platform, window: Window) -> list[GapCount]:
    """The live slots of a window by UTC day, sport, status and reason."""
    with transaction(platform.engine) as conn:
        return gaps.counts(conn, [LIVE], window)


def unproven(platform: Platform, window: Window) -> list[int]:
    """Healed slots whose snapshot is not stored: there are none, and a check says so."""
    with transaction(platform.engine) as conn:
        return gaps.unproven(conn, window)


def heal_allowance(platform: Platform) -> float:
    """Credits that healing may still cost this month."""
    quota = sum(key.quota for key in platform.settings.api_keys)
    with transaction(platform.engine) as conn:
        spent = ledger.spent_on(conn, Purpose.HEAL)
    return max(0.0, quota * platform.settings.heal_percent / PERCENT - spent)


def heal(
    platform: Platform,
    credits: float | None = None,
    progress: Progress | None = None,
    window: Window | None = None,
) -> Healed:
    """Buy the snapshots that close gaps, the most valuable first, within the heal budget.

    Args:
        platform: the parts to work with.
        credits: what this pass may cost at most; the month's heal budget holds in any case.
        progress: told after each call: (gaps closed, gaps there were).
        window: which gaps; by default those of the last 30 days.
    """
    now = provider_now(platform)
    window = window or Window(now - LOOK_BACK, now)
    left = heal_allowance(platform)
    buying = _Healing(platform, window, left if credits is None else min(left, credits), progress)
    return buying.run()


class _Healing:
    """One pass over the gaps of a window."""

    def __init__(
        self, platform: Platform, window: Window, allowance: float, progress: Progress | None
    ) -> None:
        self._platform = platform
        self._window = window
        self._allowance = allowance
        self._progress = progress
        self._before = len(_found(platform, window))
        self._tried: set[tuple[str, datetime]] = set()
        self._paid = 0.0
        self._calls = 0

    def run(self) -> Healed:
        """Go through what is open until nothing more can be closed; see ``heal``."""
        reason = _history_refused(self._platform)
        while reason is None:
            now = provider_now(self._platform)
            offers = _offers(self._platform, _found(self._platform, self._window), now)
            offers = [one for one in offers if (one.sport_key, one.call.ask_at) not in self._tried]
            # Anew from what is still open: real snapshots may lie a little off the expected ones.
            reason = self._round(offers) if offers else "no gap is left that can be closed"
        left = len(_found(self._platform, self._window))
        return Healed(self._before - left, self._calls, self._paid, left, reason)

    def _round(self, offers: Sequence[_Offer]) -> str | None:
        """Make the calls in order; returns why it ended before the last one, if it did."""
        for offer in offers:
            self._tried.add((offer.sport_key, offer.call.ask_at))
            if not self._is_open(offer):
                continue
            if self._paid + offer.credits > self._allowance:
                return f"the heal budget has {self._allowance - self._paid:g} credits left"
            ended = self._buy(offer)
            if ended is not None:
                return ended
            if self._progress is not None:
                left = len(_found(self._platform, self._window))
                self._progress(self._before - left, self._before)
        return None

    def _is_open(self, offer: _Offer) -> bool:
        at = Window(offer.call.ask_at, offer.call.ask_at + timedelta(microseconds=1))
        with transaction(self._platform.engine) as conn:
            found = slots.between(conn, LIVE, offer.sport_key, at)
        return any(slot.status == "gap" for slot in found)

    def _buy(self, offer: _Offer) -> str | None:
        """Make one call; returns why none after it would succeed, if so."""
        ask_at = offer.call.ask_at
        request = odds_request_at(self._platform.settings, offer.sport_key, ask_at)
        try:
            fetched = fetch_slot(
                self._platform, LIVE, offer.sport_key, ask_at, request, Purpose.HEAL
            )
        except NotOnPlan:
            return NO_HISTORY
        except BudgetExceeded as refused:
            return str(refused)
        except ProviderError as failure:
            # Any other refusal is that slot's own: it stays a gap with the provider's reason.
            return str(failure) if is_final_refusal(failure) else None
        if fetched is not None:
            self._paid += fetched.credits
            self._calls += 1
        return None


def _enter_unplanned(platform: Platform, mode: SamplingMode, window: Window) -> int:
    entered = 0
    for sport in platform.settings.sports:
        with transaction(platform.engine) as conn:
            starts = gaps.starts_within(conn, sport, Window(window.begin, window.end + FARTHEST))
            captures = plan(mode, cadence(platform.settings), window, starts)
            wanted = [(capture.slot_time, capture.why) for capture in captures]
            entered += gaps.add_missed(conn, LIVE, sport, wanted)
    return entered


def _found(platform: Platform, window: Window) -> list[OpenGap]:
    with transaction(platform.engine) as conn:
        return gaps.open_gaps(conn, LIVE, window)


def _offers(platform: Platform, found: Iterable[OpenGap], now: datetime) -> list[_Offer]:
    """The calls that close what can be closed, over all sports, by value per credit."""
    missing: dict[str, list[datetime]] = defaultdict(list)
    for gap in found:
        if _why_not(gap, now) is None:
            missing[gap.sport_key].append(gap.slot_time)
    offers = []
    for sport, times in missing.items():
        around = Window(min(times) - FARTHEST, max(times) + FARTHEST)
        with transaction(platform.engine) as conn:
            made = gaps.made(conn, sport, around)
            starts = gaps.starts_within(conn, sport, around)
        credits = forecast(odds_request_at(platform.settings, sport, times[0]))
        offers += [_Offer(sport, call, credits) for call in healing_calls(times, made, starts)]
    return sorted(offers, key=lambda one: -one.call.value / one.credits)


def _why_not(gap: OpenGap, now: datetime) -> str | None:
    """Why a gap cannot be closed (now); ``None`` if it can."""
    if gap.reason == slots.NOT_THERE:
        return gap.reason
    if gap.slot_time < FIRST:
        return "the provider's history begins later"
    if gap.slot_time > now - SETTLED:
        return "the provider may not have the snapshot of that time yet"
    return None


def _history_refused(platform: Platform) -> str | None:
    """Asked once a day again: a plan may be raised."""
    with transaction(platform.engine) as conn:
        return NO_HISTORY if fetch_log.history_refused(conn, DAY) else None
