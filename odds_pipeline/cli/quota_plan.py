"""`odds quota --plan`: sampling plans side by side.

Belongs here: what was asked, and the table. Does not belong here: the figures
(``services.quota_plan``).
"""

from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from odds_pipeline.cli import screen
from odds_pipeline.cli.screen import Column
from odds_pipeline.errors import UsageError

if TYPE_CHECKING:
    from odds_pipeline.planning.comparison import Scenario
    from odds_pipeline.services.platform import Platform
    from odds_pipeline.services.quota_plan import Asked, HistoryCost, SportPlans
    from odds_pipeline.settings import Settings

_COLUMNS = (
    Column("sign", ""),
    Column("plan", "plan"),
    Column("calls", "calls", right=True),
    Column("credits", "credits", right=True),
    Column("cheapest", "cheapest plan"),
    Column("mean_gap", "mean gap", right=True),
    Column("p95_gap", "p95 gap", right=True),
    Column("missed", "no close", right=True),
    Column("refused", "left out", right=True),
    Column("storage", "storage", right=True),
)


def show_plans(
    platform: "Platform",
    interval: int | None,
    sports: str | None,
    counts: tuple[int | None, int | None],
    backfill: str | None,
    card: str,
    as_json: bool,
) -> None:
    """Compare, and print the comparison of each sport.

    Raises:
        UsageError: an unknown rate card, or days that cannot be read.
    """
    from odds_pipeline.planning.plan_prices import AS_OF, SOURCE
    from odds_pipeline.planning.rate_cards import CARDS
    from odds_pipeline.services.quota_plan import history_cost, plans

    if card not in CARDS:
        raise UsageError(f"--card: {card!r} is no rate card; choose from {', '.join(CARDS)}")
    asked = _asked(platform.settings, sports, counts)
    days = None if backfill is None else _days(backfill)
    quota = sum(key.quota for key in platform.settings.api_keys)
    found = plans(platform, asked, CARDS[card], quota, interval)
    history = None if days is None else history_cost(platform, asked, CARDS[card], *days)
    if as_json:
        screen.show_json(
            {
                "quota": quota,
                "card": card,
                "prices_as_of": AS_OF,
                "sports": [_plain(each, quota) for each in found],
                "backfill": None if history is None else asdict(history),
            }
        )
        return
    for each in found:
        told = f"{each.sport_key}: a month, on {each.basis} ({each.games:,} games)"
        rows = [_row(scenario, quota) for scenario in each.scenarios]
        screen.show_table(rows, _COLUMNS, screen.zone_named("UTC"), told)
    if history is not None:
        _say_history(history)
    screen.say(
        f"{screen.YES} fits the {quota:,} credits of your keys (ODDS_API_QUOTA). Gaps are from the "
        f"last capture to the start. Prices as of {AS_OF}: {SOURCE}."
    )


def _asked(
    settings: "Settings", sports: str | None, counts: tuple[int | None, int | None]
) -> "Asked":
    from odds_pipeline.services.quota_plan import Asked

    markets, books = counts
    keys = settings.sports
    if sports is not None:
        keys = tuple(key.strip() for key in sports.split(",") if key.strip())
    if not keys:
        raise UsageError("--sports names no sport")
    regions = 0 if books or settings.bookmakers else len(settings.regions)
    return Asked(keys, markets or len(settings.markets), books or len(settings.bookmakers), regions)


def _days(text: str) -> tuple[date, date]:
    first, _, last = text.partition(":")
    try:
        days = screen.iso_day(first), screen.iso_day(last or first)
    except ValueError:
        days = None
    if days is None or days[0] > days[1]:
        raise UsageError(f"--backfill: {text!r} is not FIRST:LAST, such as 2026-01-01:2026-01-31")
    return days


def _row(scenario: "Scenario", quota: float) -> dict[str, Any]:
    plan = scenario.cheapest
    return {
        "sign": screen.YES if scenario.fits(quota) else screen.NO,
        "plan": scenario.name,
        "calls": f"{scenario.calls:,.0f}",
        "credits": f"{scenario.credits:,.0f}",
        "cheapest": "none" if plan is None else f"{plan.name} (${plan.dollars})",
        "mean_gap": _minutes(scenario.mean_gap),
        "p95_gap": _minutes(scenario.p95_gap),
        "missed": scenario.missed,
        "refused": f"{scenario.refused:,}",
        "storage": screen.size(scenario.bytes),
    }


def _plain(of: "SportPlans", quota: float) -> dict[str, Any]:
    return {
        "sport_key": of.sport_key,
        "basis": of.basis,
        "games": of.games,
        "credits_per_call": of.credits_per_call,
        "plans": [
            {
                "plan": scenario.name,
                "calls": round(scenario.calls),
                "credits": round(scenario.credits),
                "fits": scenario.fits(quota),
                "cheapest_plan": scenario.cheapest and scenario.cheapest.name,
                "dollars": scenario.cheapest and scenario.cheapest.dollars,
                "mean_gap_minutes": _number(scenario.mean_gap),
                "p95_gap_minutes": _number(scenario.p95_gap),
                "without_close": scenario.missed,
                "left_out": scenario.refused,
                "storage_bytes": round(scenario.bytes),
            }
            for scenario in of.scenarios
        ],
    }


def _say_history(history: "HistoryCost") -> None:
    known = "" if history.exact else ", its games being assumed"
    screen.say(
        f"A backfill of these {history.days} days: {history.calls:,} captures, "
        f"{history.credits:,.0f} credits once{known}"
    )


def _minutes(gap: timedelta | None) -> str:
    number = _number(gap)
    return screen.MISSING if number is None else f"{number:,.1f} min"


def _number(gap: timedelta | None) -> float | None:
    return None if gap is None else round(gap.total_seconds() / 60, 2)
