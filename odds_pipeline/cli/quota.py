"""`odds quota`: the month's credits, where collection leads, and what other plans would cost."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson, Zone
from odds_pipeline.cli.quota_plan import show_plans
from odds_pipeline.cli.session import platform
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.settings import Settings

if TYPE_CHECKING:
    from odds_pipeline.services.status import Quota


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: odds quota --plan --interval 15")(quota)


def quota(
    plan: Annotated[
        bool, typer.Option("--plan", help="What if: compare sampling plans, their cost and gap.")
    ] = False,
    interval: Annotated[
        int | None, typer.Option(help="With --plan: one more fixed interval, in minutes.")
    ] = None,
    sports: Annotated[
        str | None, typer.Option(help="With --plan: sport keys, comma separated [SPORTS].")
    ] = None,
    markets: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="With --plan: number of markets [of MARKETS]."),
    ] = None,
    books: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="With --plan: number of bookmakers [of BOOKMAKERS]."),
    ] = None,
    backfill: Annotated[
        str | None,
        typer.Option(
            help="With --plan: also the cost of these days, such as 2026-01-01:2026-01-31."
        ),
    ] = None,
    card: Annotated[
        str, typer.Option(help="With --plan: rate card, the_odds_api or cost_per_object.")
    ] = "the_odds_api",
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """Show the month's credits: used, reserved, left, refused, and the forecast to the reset.

    With --plan: what fixed intervals, the adaptive and the planned mode would cost and give in a
    month, on the games of the last thirty days or, without any, on an assumed league.
    """
    if plan:
        with platform() as opened:
            show_plans(opened, interval, sports, (markets, books), backfill, card, as_json)
        return
    from odds_pipeline.services.status import quota as read

    zone = screen.zone_named(tz)
    with platform() as opened:
        now = read(opened)
        told_pace = pace(opened.settings)
        first = opened.key_fingerprint
    if as_json:
        screen.show_json({"key": first} | asdict(now))
        return
    _say(now, told_pace, screen.shown(now.resets_at, zone), tz)


def _say(now: "Quota", pace: str, reset: str, tz: str) -> None:
    for key in now.keys:
        said = "not said yet" if key.provider_remaining is None else f"{key.provider_remaining:,g}"
        floor = f", {key.floor:,g} are never spent" if key.floor else ""
        screen.say(
            f"Key {key.key}: used {key.used:,g} of {key.quota:,} credits ({key.reserved:,g} "
            f"reserved{floor}); the provider says {said} remain"
        )
        for line in _warnings(asdict(key)):
            screen.say(f"{screen.WARN} {line}")
    screen.say(f"Remaining {now.remaining:,g}; resets {reset} {tz}")
    sign = screen.YES if now.fits else screen.WARN
    fits = "fits" if now.fits else "does NOT fit: `odds quota --plan` shows what does"
    screen.say(
        f"{sign} At {now.cost_per_tick:,g} credits {pace}: {now.forecast:,g} by the reset, {fits}"
    )


def pace(settings: Settings) -> str:
    """How often captures are made, in words that follow their price."""
    if settings.sampling_mode is SamplingMode.FIXED:
        return f"every {settings.fixed_interval_minutes} minutes"
    return f"a capture in {settings.sampling_mode} mode"


def _warnings(key: dict[str, Any]) -> list[str]:
    found = [key["warning"]] if key["warning"] else []
    if key["others"]:
        found.append(f"{key['others']:,g} credits were spent by somebody else with this key")
    found += [f"{purpose} is refused now: {why}" for purpose, why in key["refused"].items()]
    return found
