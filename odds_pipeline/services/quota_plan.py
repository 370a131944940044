"""What-if: what a month of collection would cost and give, for any mode, sport, market or book.

Belongs here: the games it is judged by, and the comparison over them. Does not belong here: the
figures of a plan (``planning.comparison``), this month's own (``budgets``).

Units: the provider's credits; UTC times.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.planning.captures import DAY, Window
from odds_pipeline.planning.comparison import (
    FIXED_MINUTES,
    LISTED,
    Scenario,
    Slate,
    compare,
    typical_slate,
)
from odds_pipeline.planning.policies import SamplingMode, plan
from odds_pipeline.planning.rate_cards import RateCard
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.sampling import cadence
from odds_pipeline.storage import readers
from odds_pipeline.storage.engine import transaction

DAYS = 30
FEW_GAMES = 10
SIDES = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be collected: how many markets at how many bookmakers or regions."""

    sports: tuple[str, ...]
    markets: int
    bookmakers: int
    regions: int = 0


@dataclass(frozen=True, slots=True)
class SportPlans:
    """One sport's comparison: on which games, and each plan's figures."""

    sport_key: str
    basis: str
    games: int
    credits_per_call: float
    scenarios: tuple[Scenario, ...]


@dataclass(frozen=True, slots=True)
class HistoryCost:
    """What a backfill of whole days would cost once: calls and credits, listing included.

    ``exact`` is False where games had to be assumed.
    """

    days: int
    calls: int
    credits: float
    exact: bool


def plans(
    platform: Platform, asked: Asked, card: RateCard, quota: float, interval: int | None = None
) -> list[SportPlans]:
    """Every sport's plans, on its games of the last thirty days where there are enough.

    Args:
        platform: its database and settings are used.
        asked: what is to be collected.
        card: what calls cost.
        quota: credits a month; each sport has an equal part.
        interval: one more fixed interval to compare, in minutes.

    Raises:
        UsageError: the interval does not divide a day.
    """
    intervals = sorted({*FIXED_MINUTES, *(() if interval is None else (interval,))}, reverse=True)
    found = []
    for sport in asked.sports:
        slate, basis = _slate(platform, sport, asked, card)
        part = quota / len(asked.sports)
        scenarios = compare(slate, cadence(platform.settings), part, intervals)
        found.append(
            SportPlans(sport, basis, len(slate.starts), slate.credits_per_call, tuple(scenarios))
        )
    return found


def history_cost(
    platform: Platform, asked: Asked, card: RateCard, first: date, last: date
) -> HistoryCost:
    """What decision points of these UTC days would cost, by the games known of them."""
    window = Window(_midnight(first), _midnight(last) + DAY)
    calls, exact, credits = 0, True, 0.0
    days = (last - first).days + 1
    for sport in asked.sports:
        starts = _starts(platform, sport, Window(window.begin, window.end + DAY))
        if not starts:
            starts, exact = typical_slate(window.begin, days), False
        captures = plan(SamplingMode.PLANNED, cadence(platform.settings), window, starts)
        calls += len(captures)
        price = _price(card, Endpoint.HISTORICAL_ODDS, asked, _listed(starts, days))
        listing = card.forecast(Endpoint.HISTORICAL_EVENTS, events=_listed(starts, days))
        credits += len(captures) * price + days * listing
    return HistoryCost(days, calls, credits, exact)


def _slate(platform: Platform, sport: str, asked: Asked, card: RateCard) -> tuple[Slate, str]:
    end = _midnight(platform.now().date())
    window = Window(end - timedelta(days=DAYS), end)
    starts = _starts(platform, sport, Window(window.begin, window.end + LISTED))
    basis = f"its games of the last {DAYS} days"
    if len(starts) < FEW_GAMES:
        starts, basis = typical_slate(window.begin, DAYS + 3), "an assumed league: 7 games a day"
    listed = _listed(starts, DAYS)
    return (
        Slate(
            window,
            starts,
            _price(card, Endpoint.ODDS, asked, listed),
            card.forecast(Endpoint.SCORES, days_from=True, events=listed),
            asked.markets * max(asked.bookmakers, 1) * SIDES,
        ),
        basis,
    )


def _price(card: RateCard, endpoint: Endpoint, asked: Asked, listed: int) -> float:
    return card.forecast(
        endpoint,
        markets=asked.markets,
        bookmakers=asked.bookmakers,
        regions=asked.regions,
        events=listed,
    )


def _listed(starts: Sequence[datetime], days: int) -> int:
    """How many games a call lists, on average."""
    return max(1, round(len(starts) / days * (LISTED / DAY)))


def _starts(platform: Platform, sport: str, window: Window) -> list[datetime]:
    with transaction(platform.engine) as conn:
        events = readers.events_between(conn, window.begin, window.end, sport)
    counted = events[~events["status"].isin(["cancelled", "postponed"])]
    return [moment.to_pydatetime() for moment in counted["commence_time"]]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
