"""What-if: sampling plans side by side for the same games.

Belongs here: the figures of each plan over a window, scaled to a month. Does not belong here:
knowing the games, printing.

Units: credits and dollars a month of 30 days; gaps from the last capture to the start; bytes a
month.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil

from odds_pipeline.planning.captures import DAY, PlannedCapture, Window, ahead, distinct
from odds_pipeline.planning.outlook import outlook
from odds_pipeline.planning.plan_prices import PlanPrice, cheapest
from odds_pipeline.planning.policies import Cadence, SamplingMode, plan
from odds_pipeline.planning.score_times import score_times
from odds_pipeline.planning.selection import choose

MONTH = timedelta(days=30)
FIXED_MINUTES = (60, 30, 15, 10, 5, 1)
# Measured: all kept tables together, 6.6 % of the prices changing between captures
# (benchmarks/storage.py).
BYTES_A_QUOTE = 33.0
LISTED = timedelta(days=3)  # how far ahead the provider usually lists games


@dataclass(frozen=True, slots=True)
class Slate:
    """What is compared over: the games, and what a call is.

    Args:
        window: what is planned.
        starts: starts of the games, one entry a game.
        credits_per_call: of one capture of the sport.
        credits_per_scores: of one call for scores.
        quotes_per_game: prices that one capture shows of one game.
        played: how long a game lasts.
    """

    window: Window
    starts: Sequence[datetime]
    credits_per_call: float
    credits_per_scores: float
    quotes_per_game: int
    played: timedelta = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One plan's figures a month.

    ``refused`` counts captures that a budget left out; ``cheapest`` is the price list's cheapest
    plan that pays for it.
    """

    name: str
    calls: float
    credits: float
    mean_gap: timedelta | None
    p95_gap: timedelta | None
    missed: int
    refused: int
    bytes: float
    cheapest: PlanPrice | None

    def fits(self, quota: float) -> bool:
        """Whether so many credits a month pay for it."""
        return self.credits <= quota


def compare(
    slate: Slate, cadence: Cadence, quota: float, intervals: Sequence[int] = FIXED_MINUTES
) -> list[Scenario]:
    """Fixed intervals, adaptive and planned; the last two also as the quota would have them.

    Raises:
        UsageError: an interval does not divide a day.
    """
    found = [
        scenario(slate, f"fixed {minutes} min", _wanted(slate, SamplingMode.FIXED, fixed))
        for minutes in intervals
        for fixed in (replace(cadence, fixed_minutes=minutes),)
    ]
    for mode in (SamplingMode.ADAPTIVE, SamplingMode.PLANNED):
        wanted = _wanted(slate, mode, cadence)
        found.append(scenario(slate, str(mode), wanted))
        if not found[-1].fits(quota):
            found.append(within(slate, mode, wanted, quota))
    return found


def within(
    slate: Slate, mode: SamplingMode, wanted: Sequence[PlannedCapture], quota: float
) -> Scenario:
    """A plan as a budget leaves it: the most valuable captures, scores paid first."""
    credits = quota / _months(slate) - _scores(slate) * slate.credits_per_scores
    calls = max(0, int(credits // slate.credits_per_call)) if slate.credits_per_call else 0
    kept = choose(wanted, slate.starts, calls)
    made = scenario(slate, f"{mode} within {quota:,.0f}", kept.captures)
    return replace(made, refused=len(kept.refused))


def scenario(slate: Slate, name: str, captures: Sequence[PlannedCapture]) -> Scenario:
    """The figures of one plan."""
    months = _months(slate)
    here = [start for start in slate.starts if slate.window.begin <= start < slate.window.end]
    seen = outlook(captures, here, slate.credits_per_call)
    credits = seen.credits + _scores(slate) * slate.credits_per_scores
    needed = ceil(credits * months)
    return Scenario(
        name,
        seen.calls * months,
        credits * months,
        seen.mean_gap,
        seen.p95_gap,
        seen.missed,
        0,
        sum(_quotes(slate, captures)) * BYTES_A_QUOTE * months,
        cheapest(needed),
    )


def _wanted(slate: Slate, mode: SamplingMode, cadence: Cadence) -> list[PlannedCapture]:
    return plan(mode, cadence, slate.window, slate.starts)


def _months(slate: Slate) -> float:
    """How many windows a month is."""
    return MONTH / (slate.window.end - slate.window.begin)


def _scores(slate: Slate) -> int:
    ends = [start + slate.played for start in slate.starts]
    return len(score_times(slate.window, ends))


def _quotes(slate: Slate, captures: Sequence[PlannedCapture]) -> Iterator[float]:
    """Prices each capture shows: of every game listed then."""
    known = distinct(slate.starts)
    games = len(slate.starts) / max(1, len(known))
    for capture in captures:
        yield len(ahead(known, capture.slot_time, LISTED)) * games * slate.quotes_per_game


def typical_slate(day: datetime, days: int = 30) -> list[datetime]:
    """Starts of an assumed league, for when nothing is known: seven games an evening."""
    evening = (timedelta(hours=23), timedelta(hours=24), timedelta(hours=24.5), timedelta(hours=26))
    games = (2, 2, 2, 1)
    return [
        day + DAY * place + offset
        for place in range(days)
        for offset, count in zip(evening, games, strict=True)
        for _ in range(count)
    ]
