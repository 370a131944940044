"""What live collection should capture now, by the sampling mode and within the budget.

Belongs here: the tick, which reads what is known, plans ahead and says what is due. Does not
belong here: policies (``planning``), what a key may spend (``budgets``), making the calls
(``collect``).

A tick calls nobody and may be repeated at will: it only changes the plan. It goes by the
provider's clock, as its last answer had it, so a machine whose clock is wrong captures in time.
Only starts of scheduled events are a reason to pay. A day's captures are held to its even share
of the month's credits where the policy wants more: the most valuable are kept, and the reason
says that others were left out.

Units: the provider's credits; UTC times.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from odds_pipeline.planning.budget import Purpose, calls_today, month_end
from odds_pipeline.planning.captures import DAY, PlannedCapture, Window, day_window
from odds_pipeline.planning.policies import Cadence, SamplingMode, plan
from odds_pipeline.planning.selection import choose
from odds_pipeline.services.budgets import Refusal, purses, refusal
from odds_pipeline.services.calls import forecast
from odds_pipeline.services.collect import (
    DAYS_FROM,
    EVENTS_MINUTES,
    LIVE,
    SCORES_MINUTES,
    odds_request,
)
from odds_pipeline.services.platform import Platform
from odds_pipeline.settings import TIERS, Settings
from odds_pipeline.sources.the_odds_api.queries import ScoresRequest
from odds_pipeline.storage import raw, readers, slots
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.readers.scheduled import Schedule

# A slot not begun by then is missed: later, the provider shows another snapshot than the slot's.
GRACE = timedelta(minutes=5)
# Events are listed every hour; an older list may lack what was announced or moved since.
LISTING_HOLDS = timedelta(minutes=90)
# Date headers have whole seconds: less is no error of the clock. More than an hour is no error of
# a clock either: then the provider plays another day, as the loopback provider can.
CLOCK_TOLERANCE, CLOCK_ERROR = timedelta(seconds=2), timedelta(hours=1)
MOST_FOR_SCORES = 0.25
LOOK_AGAIN = timedelta(seconds=30)
DONE = frozenset({"claimed", "fetched", "ok", "healed"})


@dataclass(frozen=True, slots=True)
class Due:
    """One capture to make now: where, why in words, what pays for it and what it costs at most."""

    sport_key: str
    slot_time: datetime
    why: str
    purpose: Purpose
    credits: int


@dataclass(frozen=True, slots=True)
class Tick:
    """What is due now, the reason in words, and when there is something to do again.

    ``discover`` says that the free list of events should be asked for first: it is too old.
    """

    due: tuple[Due, ...]
    reason: str
    next_at: datetime | None
    discover: bool = False


class _Sport(NamedTuple):
    """What is known of one sport: its starts ahead, and how often today is captured already."""

    key: str
    schedule: Schedule
    made: int
    cost: int


class _Outlook(NamedTuple):
    """One sport's captures from a little ago to the end of tomorrow, and how many are left out."""

    sport: _Sport
    captures: tuple[PlannedCapture, ...]
    refused: int


def provider_now(platform: Platform) -> datetime:
    """The time by the provider's clock, as its last answer had it; ours while they agree."""
    with transaction(platform.engine) as conn:
        ahead = raw.provider_ahead(conn)
    now = platform.now().astimezone(UTC)
    if ahead is None or not CLOCK_TOLERANCE < abs(ahead) <= CLOCK_ERROR:
        return now
    return now + ahead


def cadence(settings: Settings) -> Cadence:
    """The configured intervals."""
    minutes = dict(zip(TIERS, settings.adaptive_intervals, strict=True))
    return Cadence(settings.fixed_interval_minutes, minutes)


def calls_ahead(platform: Platform, mode: SamplingMode) -> float:
    """Captures that the mode wants until the reset, whatever there is to spend.

    By the starts that are known, as far as whole days of them are listed; later days like the
    mean of those.
    """
    now = provider_now(platform)
    calls = 0.0
    for key in platform.settings.sports:
        starts = _read(platform, key, now).schedule.starts
        if starts:
            calls += _calls_ahead(cadence(platform.settings), mode, starts, now)
    return calls


def _calls_ahead(
    how: Cadence, mode: SamplingMode, starts: Sequence[datetime], now: datetime
) -> float:
    reset, tomorrow = month_end(now), _windows(now)[1]
    if tomorrow.begin >= reset:
        return len(plan(mode, how, Window(now, reset), starts))
    listed = max(day_window(starts[-1].date()).begin, tomorrow.end)
    days = plan(mode, how, Window(tomorrow.begin, min(listed, reset)), starts)
    mean = len(days) / ((min(listed, reset) - tomorrow.begin) / DAY)
    today = plan(mode, how, Window(now, tomorrow.begin), starts)
    return len(today) + mean * ((reset - tomorrow.begin) / DAY)


def tick(platform: Platform, mode: SamplingMode) -> Tick:
    """Plan ahead by the mode's policy, and say which captures are due now.

    A due capture that no key may pay for is recorded as a gap, and the tick says why.
    """
    now = provider_now(platform)
    keys = purses(platform)
    outlooks = _outlooks(platform, mode, now, sum(purse.left for purse in keys))
    paid: list[Due] = []
    said: list[str] = []
    for outlook in outlooks:
        _plan(platform, outlook, now)
        due = _due(platform, outlook, now)
        if due is not None:
            before = sum(other.credits for other in paid)
            refused = refusal(keys, due.purpose, before + due.credits)
            if refused is None:
                paid.append(due)
            else:
                _refuse(platform, due, refused)
            said.append(_told(due, outlook, refused))
        said.extend(_remarks(outlook, now))
    return Tick(
        tuple(paid),
        "; ".join(said) or _idle(outlooks, now),
        _next(outlooks, now),
        any(_is_old(outlook, now) for outlook in outlooks),
    )


def _outlooks(platform: Platform, mode: SamplingMode, now: datetime, left: float) -> list[_Outlook]:
    settings = platform.settings
    sports = [_read(platform, key, now) for key in settings.sports]
    today, tomorrow = _windows(now)
    full = [
        [plan(mode, cadence(settings), window, sport.schedule.starts) for sport in sports]
        for window in (today, tomorrow)
    ]
    made = sum(sport.made for sport in sports)
    wanted = [made + sum(map(len, full[0])), sum(map(len, full[1]))]
    cost = sports[0].cost  # the price of a call is the same for every sport
    if left < cost:  # then each capture is refused when it is due, and recorded
        return [_Outlook(s, (*a, *b), 0) for s, a, b in zip(sports, *full, strict=True)]
    days = (month_end(now) - today.end) // DAY + 1
    credits = left + made * cost - _kept_for_scores(sports, now, left)
    first = calls_today(wanted, days, credits, cost)
    then = wanted[1]
    if days > 1:
        then = calls_today(wanted[::-1], days - 1, credits - first * cost, cost)
    rest = max(0, first - made)
    return [
        _kept(sport, [(a, _part(a, full[0], rest)), (b, _part(b, full[1], then))])
        for sport, a, b in zip(sports, *full, strict=True)
    ]


def _windows(now: datetime) -> tuple[Window, Window]:
    """From a little ago to the next midnight, and the day after it."""
    midnight = day_window(now.date()).end
    return Window(now - GRACE, midnight), day_window(midnight.date())


def _read(platform: Platform, sport: str, now: datetime) -> _Sport:
    begin = day_window(now.date()).begin
    with transaction(platform.engine) as conn:
        schedule = readers.scheduled_starts(conn, sport, now + CLOCK_TOLERANCE)
        past = slots.between(conn, LIVE, sport, Window(begin, now - GRACE))
    made = sum(slot.status in DONE for slot in past)
    return _Sport(sport, schedule, made, forecast(odds_request(platform.settings, sport)))


def _part(
    captures: Sequence[PlannedCapture], of: Sequence[Sequence[PlannedCapture]], calls: int
) -> int:
    """One sport's part of the calls: as much of them as it wants of all that is wanted."""
    wanted = sum(map(len, of))
    return calls if calls >= wanted else calls * len(captures) // wanted


def _kept(sport: _Sport, days: Sequence[tuple[list[PlannedCapture], int]]) -> _Outlook:
    plans = [choose(captures, sport.schedule.starts, calls) for captures, calls in days]
    captures = tuple(capture for chosen in plans for capture in chosen.captures)
    return _Outlook(sport, captures, sum(len(chosen.refused) for chosen in plans))


def _kept_for_scores(sports: Sequence[_Sport], now: datetime, left: float) -> float:
    """Credits that scores may cost until the reset; never much, since captures are worth more."""
    asks = (month_end(now) - now) / timedelta(minutes=SCORES_MINUTES)
    cost = asks * sum(forecast(ScoresRequest(sport.key, DAYS_FROM)) for sport in sports)
    return min(cost, left * MOST_FOR_SCORES)


def _plan(platform: Platform, outlook: _Outlook, now: datetime) -> None:
    """Bring the slots ahead in line with the plan; of those past, only the newest is new."""
    sport, captures = outlook.sport.key, outlook.captures
    current = [capture for capture in captures if capture.slot_time <= now][-1:]
    with transaction(platform.engine) as conn:
        slots.replan(conn, LIVE, sport, Window(now, _windows(now)[1].end), captures)
        for capture in current:
            at = Window(capture.slot_time, capture.slot_time + timedelta(minutes=1))
            slots.replan(conn, LIVE, sport, at, [capture])


def _due(platform: Platform, outlook: _Outlook, now: datetime) -> Due | None:
    """The newest capture that is planned and not past its grace, if nobody took it."""
    current = [capture for capture in outlook.captures if now - GRACE < capture.slot_time <= now]
    if not current:
        return None
    capture = current[-1]
    at = Window(capture.slot_time, now + timedelta(microseconds=1))
    with transaction(platform.engine) as conn:
        found = slots.between(conn, LIVE, outlook.sport.key, at)
    if found[-1].status != "planned":
        return None
    purpose = Purpose.CLOSING if _closes(capture, outlook) else Purpose.LIVE
    return Due(outlook.sport.key, capture.slot_time, capture.why, purpose, outlook.sport.cost)


def _closes(capture: PlannedCapture, outlook: _Outlook) -> bool:
    """Whether it is the last one planned before some start."""
    times = [other.slot_time for other in outlook.captures]
    after = min((time for time in times if time > capture.slot_time), default=None)
    starts = [start for start in outlook.sport.schedule.starts if start > capture.slot_time]
    return bool(starts) and (after is None or starts[0] <= after)


def _refuse(platform: Platform, due: Due, refused: Refusal) -> None:
    with transaction(platform.engine) as conn:
        slots.skip(conn, LIVE, due.sport_key, due.slot_time, refused.reason)


def _told(due: Due, outlook: _Outlook, refused: Refusal | None) -> str:
    start = f"next start {_clock(outlook.sport.schedule.starts[0])}"
    if refused is not None:
        return f"skipped: {refused.words} ({due.why}, {start}, {due.credits} credits)"
    return f"{start}, {due.why}, {due.credits} credits, {due.purpose}, reserve ok"


def _remarks(outlook: _Outlook, now: datetime) -> Iterator[str]:
    sport = outlook.sport
    listed = sport.schedule.listed_at
    if _is_old(outlook, now):
        known = "never" if listed is None else f"last at {_clock(listed)}"
        yield f"events of {sport.key} were {known} listed: a discovery run is due"
    if outlook.refused:
        yield f"{outlook.refused} captures of {sport.key} left out: beyond the day's share"


def _is_old(outlook: _Outlook, now: datetime) -> bool:
    listed = outlook.sport.schedule.listed_at
    return listed is None or now - listed > LISTING_HOLDS


def _idle(outlooks: Sequence[_Outlook], now: datetime) -> str:
    moment = _next(outlooks, now)
    look = "" if moment is None else f"; next look {_clock(moment)}"
    if not any(outlook.sport.schedule.starts for outlook in outlooks):
        return f"no scheduled games listed{look}"
    return f"no capture due{look}"


def _next(outlooks: Sequence[_Outlook], now: datetime) -> datetime | None:
    """When the next capture is planned, or the next list of events is due where none is."""
    ahead = [c.slot_time for outlook in outlooks for c in outlook.captures if c.slot_time > now]
    listings = [
        outlook.sport.schedule.listed_at + timedelta(minutes=EVENTS_MINUTES)
        for outlook in outlooks
        if outlook.sport.schedule.listed_at is not None
    ]
    return max(min(ahead or listings), now + LOOK_AGAIN) if ahead or listings else None


def _clock(moment: datetime) -> str:
    return f"{moment:%m-%d %H:%M}"
