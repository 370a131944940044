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

from odds_pipeline.planning.budget import Purpose
from odds_pipeline.planning.captures import PlannedCapture, Window
from odds_pipeline.planning.policies import Adaptive, Fixed, Planned, Policy
from odds_pipeline.services.budgets import Refusal, purses, refusal, resets_at
from odds_pipeline.services.calls import forecast
from odds_pipeline.services.collect import (
    DAYS_FROM,
    EVENTS_MINUTES,
    LIVE,
    SCORES_MINUTES,
    odds_request,
)
from odds_pipeline.services.platform import Platform
from odds_pipeline.settings import SamplingMode, Settings
from odds_pipeline.sources.the_odds_api.queries import ScoresRequest
from odds_pipeline.storage import raw, readers, slots
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.readers.scheduled import Schedule
from odds_pipeline.storage.slots import Slot

DAY = timedelta(days=1)
AHEAD = timedelta(hours=36)
# A slot not begun by then is missed: later, the provider shows another snapshot than the slot's.
GRACE = timedelta(minutes=5)
# Events are listed every hour; an older list may lack what was announced or moved since.
LISTING_HOLDS = timedelta(minutes=90)
# Date headers have whole seconds: less is no error of the clock. More than an hour is no error of
# a clock either: then the provider plays another day, as the loopback provider can.
CLOCK_TOLERANCE, CLOCK_ERROR = timedelta(seconds=2), timedelta(hours=1)
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
    """What is due now, the reason in words, and when there is something to do again."""

    due: tuple[Due, ...]
    reason: str
    next_at: datetime | None


class _Sport(NamedTuple):
    """What is known of one sport: its starts ahead, its slots since midnight, a call's price."""

    key: str
    schedule: Schedule
    today: list[Slot]
    cost: int

    def made_before(self, moment: datetime) -> int:
        """Credits at most of today's captures made before then."""
        return self.cost * sum(s.status in DONE for s in self.today if s.slot_time < moment)


class _Outlook(NamedTuple):
    """One sport's captures from a little ago on, and how many the budget leaves out."""

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


def policy(settings: Settings, mode: SamplingMode) -> Policy:
    """The policy of a mode, with the configured intervals."""
    if mode is SamplingMode.FIXED:
        return Fixed(settings.fixed_interval_minutes)
    if mode is SamplingMode.ADAPTIVE:
        return Adaptive(settings.adaptive_intervals)
    return Planned()


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
    return Tick(tuple(paid), "; ".join(said) or _idle(outlooks, now), _next(outlooks, now))


def _outlooks(
    platform: Platform, mode: SamplingMode, now: datetime, left: float
) -> list[_Outlook]:
    settings = platform.settings
    chosen = policy(settings, mode)
    sports = [_read(platform, key, now) for key in settings.sports]
    captures: dict[str, list[PlannedCapture]] = {sport.key: [] for sport in sports}
    refused = dict.fromkeys(captures, 0)
    for window in _days(now):
        share = _share(settings, sports, window, now, left)
        plans = [chosen.plan(window, sport.schedule.starts) for sport in sports]
        wanted = sum(len(p.captures) * s.cost for p, s in zip(plans, sports, strict=True))
        for sport, full in zip(sports, plans, strict=True):
            plan = full
            # Without credits for one call everything is refused when it is due, and counted.
            if wanted > share and left >= sport.cost:
                calls = int(len(full.captures) * share / wanted)
                plan = chosen.plan(window, sport.schedule.starts, calls)
            captures[sport.key] += plan.captures
            refused[sport.key] += len(plan.refused)
    return [_Outlook(s, tuple(captures[s.key]), refused[s.key]) for s in sports]


def _read(platform: Platform, sport: str, now: datetime) -> _Sport:
    with transaction(platform.engine) as conn:
        schedule = readers.scheduled_starts(conn, sport, now)
        today = slots.between(conn, LIVE, sport, Window(_midnight(now - GRACE), now + GRACE))
    return _Sport(sport, schedule, today, forecast(odds_request(platform.settings, sport)))


def _days(now: datetime) -> Iterator[Window]:
    """From a little ago to a little more than a day ahead, cut at midnights."""
    begin, end = now - GRACE, now + AHEAD
    while begin < end:
        until = min(_midnight(begin) + DAY, end)
        yield Window(begin, until)
        begin = until


def _share(
    settings: Settings, sports: Sequence[_Sport], window: Window, now: datetime, left: float
) -> float:
    """Credits the captures of a window may cost: an even share of the month for each day.

    What today cost already counts as if it were left, so that a day's share is the same all day.
    """
    midnight = _midnight(now)
    reset = resets_at(now)
    today = sum(sport.made_before(now + GRACE) for sport in sports)
    asks = (reset - now) / timedelta(minutes=SCORES_MINUTES)
    scores = asks * sum(forecast(ScoresRequest(sport.key, DAYS_FROM)) for sport in sports)
    share = (left + today - scores) / ((reset - midnight) / DAY)
    return max(0.0, share - sum(sport.made_before(window.begin) for sport in sports))


def _plan(platform: Platform, outlook: _Outlook, now: datetime) -> None:
    """Bring the slots ahead in line with the plan; of those past, only the newest is new."""
    sport, captures = outlook.sport.key, outlook.captures
    current = [capture for capture in captures if capture.slot_time <= now][-1:]
    with transaction(platform.engine) as conn:
        slots.replan(conn, LIVE, sport, Window(now, now + AHEAD), captures)
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
    if listed is None or now - listed > LISTING_HOLDS:
        known = "never" if listed is None else f"last at {_clock(listed)}"
        yield f"events of {sport.key} were {known} listed: a discovery run is due"
    if outlook.refused:
        yield f"{outlook.refused} captures of {sport.key} left out: beyond the day's share"


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
    return min(ahead or listings, default=None)


def _midnight(moment: datetime) -> datetime:
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)


def _clock(moment: datetime) -> str:
    return f"{moment:%m-%d %H:%M}"
