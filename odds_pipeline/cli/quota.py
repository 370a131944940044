"""`odds quota`: the month's credits, and where live collection leads."""

from typing import Any

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson, Zone
from odds_pipeline.cli.session import platform


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: odds quota --json")(quota)


def quota(tz: Zone = "UTC", as_json: AsJson = False) -> None:
    """Show the month's credits: used, reserved, left, and the forecast to the reset."""
    from odds_pipeline.services.status import quota as read

    zone = screen.zone_named(tz)
    with platform() as opened:
        now = read(opened)
        interval = opened.settings.fixed_interval_minutes
        key = opened.key_fingerprint
    values: dict[str, Any] = {"key": key} | {
        name: getattr(now, name)
        for name in (
            *("quota", "used", "reserved", "remaining", "provider_remaining"),
            *("cost_per_tick", "forecast", "fits", "resets_at"),
        )
    }
    if as_json:
        screen.show_json(values)
        return
    reset = screen.shown(now.resets_at, zone)
    said = "not said yet" if now.provider_remaining is None else f"{now.provider_remaining:,g}"
    sign = screen.YES if now.fits else screen.WARN
    fits = "fits" if now.fits else "does NOT fit: set a longer FIXED_INTERVAL_MINUTES"
    screen.say(
        f"Used {now.used:,g} of {now.quota:,} credits ({now.reserved:,g} reserved), key {key}"
    )
    screen.say(f"Remaining {now.remaining:,g} (provider says: {said}); resets {reset} {tz}")
    screen.say(
        f"{sign} At {now.cost_per_tick:,g} credits every {interval} minutes: "
        f"{now.forecast:,g} by the reset, {fits}"
    )
