"""Ranges of past days: what they cost, and buying them day by day.

Belongs here: the plan of a range, its price before anything is paid, and the walk through it.
Does not belong here: one day (``history``), missed live captures (``gaps``).

Which events a day had is told by its listing, one credit a sport. A day without one has no exact
price: the plan names it, and ``list_days`` buys nothing but the listings. Everything bought stays
bought, so a walk that ended (a kill, a budget) is begun again as if it were new.

Units: the provider's credits; UTC days.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import inf

from odds_pipeline.errors import BudgetExceeded, OutOfCredits, UsageError
from odds_pipeline.planning.captures import day_window
from odds_pipeline.planning.representative import Game, Spread, representative
from odds_pipeline.planning.snapshots import FIRST, expected
from odds_pipeline.services import history
from odds_pipeline.services.calls import forecast
from odds_pipeline.services.collect import DAYS_FROM, collect_scores, scores_reach
from odds_pipeline.services.history import Chosen, DayDone
from odds_pipeline.services.platform import Platform
from odds_pipeline.sources.the_odds_api.queries import ScoresRequest
from odds_pipeline.storage import slots
from odds_pipeline.storage.engine import transaction

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayPlan:
    """One day: its slots, those missing, and the calls and credits that take.

    An unlisted day has none yet, and ``listing`` is what asking for its events costs.
    """

    day: date
    slots: int = 0
    missing: int = 0
    calls: int = 0
    credits: int = 0
    listing: int = 0


@dataclass(frozen=True, slots=True)
class BackfillPlan:
    """What a range of days costs, as far as it is listed.

    ``chosen`` are the only events that matter and ``spread`` how well they stand for all, where a
    sample was asked for and all days are listed; ``no_scores`` those days of which the provider
    tells no results any more.
    """

    days: tuple[DayPlan, ...]
    chosen: Chosen | None = None
    spread: Spread | None = None
    no_scores: tuple[date, ...] = ()

    @property
    def unlisted(self) -> tuple[date, ...]:
        """Days whose events are not known yet."""
        return tuple(plan.day for plan in self.days if plan.listing)

    @property
    def listing_credits(self) -> int:
        """Credits that listing those costs."""
        return sum(plan.listing for plan in self.days)

    @property
    def slots(self) -> int:
        """Slots of the listed days."""
        return sum(plan.slots for plan in self.days)

    @property
    def missing(self) -> int:
        """Slots to fill."""
        return sum(plan.missing for plan in self.days)

    @property
    def credits(self) -> int:
        """Credits that filling them costs, once every day is listed; exact then."""
        return sum(plan.credits for plan in self.days)


@dataclass(frozen=True, slots=True)
class Backfilled:
    """A walk through a range: the days done, what it cost now, and why it ended early, if so."""

    days: tuple[DayDone, ...]
    credits: float
    stopped: str | None = None


Progress = Callable[[date, int, int], None]


def plan_backfill(
    platform: Platform, first: date, last: date, sample: int | None = None
) -> BackfillPlan:
    """What a range costs; nothing is paid and nothing is changed.

    Args:
        platform: the parts to work with.
        first: first UTC day.
        last: last UTC day, included; it has ended.
        sample: every how many-th game to fetch, in effect; ``None`` = all.

    Raises:
        UsageError: the range is empty, or one of its days has not ended or lies before history.
    """
    days = _days(platform, first, last)
    settings = platform.settings
    with transaction(platform.engine) as conn:
        unlisted = {day for day in days if not history.is_listed(conn, settings, day)}
    chosen, spread = None, None
    if sample is not None and not unlisted:
        chosen, spread = _choose(platform, days, sample)
    listing = history.listing_cost(settings)
    # A sample is chosen from all games of the range: no day has a price before all are listed.
    priced = set(days) - unlisted if sample is None or chosen is not None else set()
    plans = [
        _day_plan(platform, day, chosen)
        if day in priced
        else DayPlan(day, listing=listing if day in unlisted else 0)
        for day in days
    ]
    silent = [day for day in days if not scores_reach(platform, day)]
    return BackfillPlan(tuple(plans), chosen, spread, tuple(silent))


def list_days(platform: Platform, plan: BackfillPlan, progress: Progress | None = None) -> float:
    """Buy the listings a plan lacks and nothing else; returns the credits they cost.

    Args:
        platform: the parts to work with.
        plan: as ``plan_backfill`` gave it.
        progress: told after each day: (day, days listed, days to list).

    Raises:
        ProviderError: the key is refused.
        BudgetExceeded: the month's credits do not allow it.
    """
    credits = 0.0
    for place, day in enumerate(plan.unlisted, 1):
        credits += history.list_events(platform, day)
        if progress is not None:
            progress(day, place, len(plan.unlisted))
    return credits


def run_backfill(
    platform: Platform,
    plan: BackfillPlan,
    max_credits: float = inf,
    progress: Progress | None = None,
) -> Backfilled:
    """Fill the days of a plan, oldest first, and ask for results that can still be had.

    A budget that ends it leaves the slots not reached as gaps with its reason; after the month's
    reset, or with a larger one, the same plan made anew goes on where this walk ended.

    Args:
        platform: the parts to work with.
        plan: of listed days, as ``plan_backfill`` gave it.
        max_credits: what this walk may cost at most.
        progress: told after each slot: (day, slots of the plan done, slots of the plan).

    Raises:
        UsageError: a day is not listed.
        ProviderError: the key is refused; what was bought stays.
    """
    if plan.unlisted:
        raise UsageError(f"{len(plan.unlisted)} days are not listed yet: list them first")
    days = [one.day for one in plan.days]
    for day in days:
        history.plan_history(platform, day, plan.chosen)
    done: list[DayDone] = []
    paid, before = 0.0, 0
    for one in plan.days:
        told = _told(progress, one.day, before, plan.slots)
        done.append(history.fill_day(platform, one.day, told, plan.chosen, max_credits - paid))
        paid += done[-1].credits
        before += one.slots
        stopped = done[-1].stopped
        if stopped is not None:
            _leave(platform, days, plan.chosen, stopped)
            return Backfilled(tuple(done), paid, str(stopped))
    return Backfilled(tuple(done), paid + _ask_scores(platform, plan, max_credits - paid))


def _days(platform: Platform, first: date, last: date) -> list[date]:
    if last < first:
        raise UsageError(f"the range is empty: {last} lies before {first}")
    if day_window(last).end > platform.now():
        raise UsageError(f"{last} has not ended yet: history begins where live collection ends")
    if day_window(first).end <= FIRST:
        raise UsageError(f"{first} is too early: the provider's history begins on {FIRST.date()}")
    return [first + DAY * place for place in range((last - first).days + 1)]


def _choose(platform: Platform, days: Sequence[date], sample: int) -> tuple[Chosen, Spread]:
    """The sampled games of a range: the same for the same listings, whatever was bought since."""
    if sample < 1:
        raise UsageError(f"every {sample}th game cannot be chosen: give 1 or more")
    games: dict[str, Game] = {}
    with transaction(platform.engine) as conn:
        for day in days:
            window = day_window(day)
            for sport in platform.settings.sports:
                for game in history.listed_games(conn, sport, day):
                    if window.begin <= game.commence_time < window.end:
                        games.setdefault(game.event_id, game)
    picked = representative(list(games.values()), 1 / sample)
    return frozenset(game.event_id for game in picked.games), picked.spread


def _day_plan(platform: Platform, day: date, chosen: Chosen | None) -> DayPlan:
    with transaction(platform.engine) as conn:
        found = history.day_slots(conn, platform.settings, day, chosen)
    missing = [slot for slot in found if history.is_missing(slot)]
    # One call answers for all slots of a snapshot.
    calls = {(slot.sport_key, expected(slot.slot_time)) for slot in missing}
    credits = len(calls) * history.slot_cost(platform.settings)
    return DayPlan(day, len(found), len(missing), len(calls), credits)


def _leave(
    platform: Platform,
    days: Sequence[date],
    chosen: Chosen | None,
    stopped: BudgetExceeded | OutOfCredits,
) -> None:
    """Say of each slot that was not reached why it was not."""
    reason = stopped.reason if isinstance(stopped, BudgetExceeded) else "quota"
    with transaction(platform.engine) as conn:
        for day in days:
            for slot in history.day_slots(conn, platform.settings, day, chosen):
                if slot.status == "planned":
                    slots.skip(conn, slot.purpose, slot.sport_key, slot.slot_time, reason)


def _ask_scores(platform: Platform, plan: BackfillPlan, limit: float) -> float:
    """Results of the newest days, if the provider still tells them; older ones need an import."""
    settings = platform.settings
    cost = sum(forecast(ScoresRequest(sport, DAYS_FROM)) for sport in settings.sports)
    if len(plan.no_scores) == len(plan.days) or cost > limit:
        return 0.0
    return collect_scores(platform).credits


def _told(
    progress: Progress | None, day: date, before: int, total: int
) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    tell = progress
    return lambda place, _: tell(day, before + place, total)
