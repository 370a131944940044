"""Telling what real collection costs, and asking before the first paid call."""

import sys
from typing import TYPE_CHECKING

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.quota import pace
from odds_pipeline.errors import ConfirmationRequired

if TYPE_CHECKING:
    from odds_pipeline.services.platform import Platform


def confirm(platform: "Platform") -> None:
    """Print the cost of real collection and have it agreed to, once for a database.

    Raises:
        ConfirmationRequired: nobody agreed.
    """
    from odds_pipeline.services import deployment
    from odds_pipeline.services.collect import live_cost
    from odds_pipeline.services.status import monthly_cost

    settings = platform.settings
    if settings.demo:
        return
    call, month = live_cost(settings), monthly_cost(platform)
    quota = sum(key.quota for key in settings.api_keys)
    sign = screen.YES if month <= quota else screen.WARN
    screen.say(
        f"Real collection costs {call} credits {pace(settings)}, about {month:,} a month for odds, "
        "plus 2 a sport at most every 6 hours for scores."
    )
    screen.say(f"{sign} The plan has {quota:,} credits a month. No history is bought by itself.")
    if settings.odds_yes:
        deployment.confirm_spending(platform)
    elif not deployment.spending_confirmed(platform):
        _ask(platform)


def _ask(platform: "Platform") -> None:
    from odds_pipeline.services import deployment

    if not sys.stdin.isatty():
        raise ConfirmationRequired(
            "paid collection is not confirmed: run `odds up` in a terminal and answer, "
            "or set ODDS_YES=1"
        )
    if not typer.confirm("Collect at this cost?"):
        raise ConfirmationRequired("paid collection was declined: nothing was called or paid")
    deployment.confirm_spending(platform)
