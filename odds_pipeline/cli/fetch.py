"""`odds fetch`: one live collection, now, through the Dagster job.

Belongs here: what it will cost, running it, what it brought. Does not belong here: the job
(``orchestration``).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.provider import require_provider
from odds_pipeline.cli.session import configured, require_database
from odds_pipeline.errors import UsageError
from odds_pipeline.settings import Settings

if TYPE_CHECKING:
    from odds_pipeline.services.platform import Platform


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: odds fetch --sport basketball_nba")(fetch)


def fetch(
    sport: Annotated[
        str | None, typer.Option(help="Only this sport, even if SPORTS does not name it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Capture the current slot of live odds and the free event list, and validate the day.

    A slot that is captured already costs nothing and is not captured twice.
    """
    settings = configured()
    require_database(settings)
    if sport is not None:
        settings = _only(settings, sport)
    require_provider(settings)
    brought = _run(settings, None if sport is None else settings.sports, as_json)
    if as_json:
        screen.show_json(brought)
        return
    screen.say(
        f"{screen.YES} Captured {brought['snapshots']:,} snapshots, {brought['quotes']:,} changed "
        f"quotes; charged {brought['credits']:,g} credits"
    )
    if brought["markets_refused"]:
        screen.say(
            f"{screen.WARN} The provider refused the markets "
            f"{', '.join(brought['markets_refused'])}; the others were captured"
        )
    show_checks(brought["checks"], brought["checks_with_issues"])


def show_checks(run: int, failed: Sequence[str]) -> None:
    """Print how the checks of a run went."""
    found = (
        f", {len(failed)} found issues: {', '.join(failed)}" if failed else ", none found issues"
    )
    screen.say(f"{screen.WARN if failed else screen.YES} Checks: {run} run{found}")


def _only(settings: Settings, sport: str) -> Settings:
    if not sport.isascii() or not sport.replace("_", "").isalnum() or sport != sport.lower():
        raise UsageError(f"--sport: {sport!r} is not a sport key, such as basketball_nba")
    return settings.model_copy(update={"sports": (sport,)})


def _run(settings: Settings, sports: tuple[str, ...] | None, quiet: bool) -> dict[str, Any]:
    from odds_pipeline.cli.instance import dagster_instance, exported
    from odds_pipeline.cli.runs import run_day
    from odds_pipeline.composition import open_platform
    from odds_pipeline.services.deployment import require_confirmed

    with exported(settings) as named:
        if sports is not None:
            named = named.model_copy(update={"sports": sports})
        with open_platform(named) as platform, dagster_instance(named) as instance:
            forecast = _forecast(platform)
            require_confirmed(platform, forecast)
            if not quiet:
                screen.say(f"Forecast: {forecast:,g} credits")
            before = _counts(platform)
            run = run_day(named, instance, platform.now().date())
            after = _counts(platform)
    return {
        "credits_forecast": forecast,
        "credits": run.credits,
        "snapshots": after[0] - before[0],
        "quotes": after[1] - before[1],
        "markets_refused": list(run.refused),
        "checks": run.checks,
        "checks_with_issues": list(run.failed),
        "run_id": run.run_id,
    }


def _forecast(platform: "Platform") -> int:
    """Credits of the current slots that are not captured yet; an empty slate is not charged."""
    from odds_pipeline.planning.fixed import slot_of
    from odds_pipeline.services.calls import forecast
    from odds_pipeline.services.collect import LIVE, odds_request
    from odds_pipeline.storage import slots
    from odds_pipeline.storage.engine import transaction

    settings = platform.settings
    slot_time = slot_of(platform.now(), settings.fixed_interval_minutes)
    with transaction(platform.engine) as conn:
        made = {
            slot.sport_key
            for slot in slots.of_day(conn, slot_time.date(), [LIVE])
            if slot.slot_time == slot_time and slot.status not in {"planned", "gap"}
        }
    due = [sport for sport in settings.sports if sport not in made]
    return sum(forecast(odds_request(settings, sport)) for sport in due)


def _counts(platform: "Platform") -> tuple[int, int]:
    from odds_pipeline.storage.engine import transaction
    from odds_pipeline.storage.statistics import statistics

    with transaction(platform.engine) as conn:
        figures = statistics(conn)
    return figures.snapshots, figures.quotes
