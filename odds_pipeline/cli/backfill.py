"""`odds backfill`: past days from history, priced before they are bought.

Belongs here: the command, its questions and its progress. Does not belong here: planning and
buying (``services.backfill``), what Dagster is told (``orchestration.runs``).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from math import inf
from typing import TYPE_CHECKING, Annotated, Any

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.session import configured, require_database
from odds_pipeline.errors import ConfirmationRequired, UsageError

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from odds_pipeline.services.backfill import Backfilled, BackfillPlan
    from odds_pipeline.services.platform import Platform

STOPPED = 6


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: odds backfill --start 2026-01-01 --end 2026-01-31 --dry-run")(
        backfill
    )


def backfill(
    start: Annotated[str, typer.Option(help="First UTC day, YYYY-MM-DD.")],
    end: Annotated[str, typer.Option(help="Last UTC day, included; it has ended.")],
    sample: Annotated[
        int | None,
        typer.Option(min=1, help="Every Nth game in effect, chosen to stand for all [all games]."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it costs; pay nothing.")
    ] = False,
    list_only: Annotated[
        bool,
        typer.Option("--list", help="Buy only the lists of events, which makes the price exact."),
    ] = False,
    max_credits: Annotated[
        float | None, typer.Option(min=0, help="Stop before this walk has cost more.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make past days complete: exactly the captures that are missing, each bought once.

    Days whose events are not listed yet have no exact price; listing them costs a credit each.
    May be interrupted and begun again. Exit code 6: credits ended it; the rest are gaps.
    """
    settings = configured()
    require_database(settings)
    days = _day(start, "--start"), _day(end, "--end")
    from odds_pipeline.cli.instance import dagster_instance, exported
    from odds_pipeline.composition import open_platform
    from odds_pipeline.services.backfill import plan_backfill

    limit = inf if max_credits is None else max_credits
    with exported(settings) as named, open_platform(named) as platform:
        plan = plan_backfill(platform, *days, sample)
        if not dry_run and plan.unlisted:
            plan = _listed(platform, plan, days, sample, yes, as_json)
        if dry_run or list_only:
            _show(plan, as_json)
            return
        if not as_json:
            _show(plan, as_json)
        _confirm(plan, limit, yes or named.demo or named.odds_yes)
        with dagster_instance(named) as instance:
            done = _buy(platform, instance, plan, limit, as_json)
    _told(done, as_json)
    if done.stopped is not None:
        raise typer.Exit(STOPPED)


def _listed(
    platform: "Platform",
    plan: "BackfillPlan",
    days: tuple[date, date],
    sample: int | None,
    yes: bool,
    quiet: bool,
) -> "BackfillPlan":
    """The plan with every day listed, after asking whether that may cost its credits."""
    from odds_pipeline.services.backfill import list_days, plan_backfill
    from odds_pipeline.services.deployment import require_confirmed

    if not quiet:
        screen.say(
            f"{len(plan.unlisted)} days are not listed yet: at most {plan.listing_credits} credits"
        )
    if not (yes or platform.settings.demo or platform.settings.odds_yes):
        _ask("List them?")
    require_confirmed(platform, plan.listing_credits)
    with _progress("Listing", quiet) as tell:
        list_days(platform, plan, tell)
    return plan_backfill(platform, *days, sample)


def _buy(
    platform: "Platform",
    instance: "DagsterInstance",
    plan: "BackfillPlan",
    limit: float,
    quiet: bool,
) -> "Backfilled":
    from odds_pipeline.orchestration.runs import BACKFILL, report_days
    from odds_pipeline.services.backfill import run_backfill

    with _progress("Buying", quiet) as tell:
        done = run_backfill(platform, plan, limit, tell)
    with screen.spinner("Validating", quiet) as now:
        days = [day.day for day in done.days]
        report_days(platform, instance, days, lambda day: now(str(day)), BACKFILL)
    return done


def _show(plan: "BackfillPlan", as_json: bool) -> None:
    if as_json:
        screen.show_json(_plain(plan))
        return
    screen.say(
        f"{len(plan.days)} days, {plan.slots:,} captures, {plan.missing:,} missing: "
        f"{plan.credits:,} credits"
    )
    if plan.unlisted:
        screen.say(
            f"{screen.WARN} {len(plan.unlisted)} days are not listed and have no price yet; "
            f"--list buys their lists for at most {plan.listing_credits} credits"
        )
    if plan.spread is not None:
        low, high = plan.spread.team_share
        screen.say(
            f"Sample: {plan.spread.chosen} of {plan.spread.games} games, "
            f"{plan.spread.teams_covered} of {plan.spread.teams} teams with {low:.0%} to "
            f"{high:.0%} of their games, {plan.spread.days_covered} of {plan.spread.days} dates, "
            f"{plan.spread.pairings_covered} of {plan.spread.pairings} pairings"
        )
    if plan.no_scores:
        screen.say(
            f"{screen.WARN} the provider tells no results of {len(plan.no_scores)} of these days "
            "any more: import them"
        )


def _plain(plan: "BackfillPlan") -> dict[str, Any]:
    return {
        "days": len(plan.days),
        "slots": plan.slots,
        "missing": plan.missing,
        "credits": plan.credits,
        "unlisted_days": plan.unlisted,
        "listing_credits": plan.listing_credits,
        "chosen_games": None if plan.chosen is None else len(plan.chosen),
        "days_without_scores": plan.no_scores,
    }


def _told(done: "Backfilled", as_json: bool) -> None:
    planned, ok = sum(day.planned for day in done.days), sum(day.ok for day in done.days)
    if as_json:
        screen.show_json(
            {
                "days": len(done.days),
                "slots": planned,
                "ok": ok,
                "credits": done.credits,
                "stopped": done.stopped,
            }
        )
        return
    sign = screen.YES if done.stopped is None else screen.WARN
    screen.say(
        f"{sign} {len(done.days)} days, {ok:,} of {planned:,} captures, {done.credits:,g} credits"
    )
    if done.stopped is not None:
        screen.say(f"Stopped: {done.stopped}")


def _confirm(plan: "BackfillPlan", limit: float, confirmed: bool) -> None:
    if plan.credits and not confirmed:
        _ask(f"Spend up to {min(plan.credits, limit):,g} credits?")


def _ask(question: str) -> None:
    if not screen.console().is_terminal:
        raise ConfirmationRequired(f"{question} Say --yes where there is no terminal")
    if not typer.confirm(question):
        raise ConfirmationRequired("not confirmed: nothing was bought")


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    raise UsageError(f"{option}: {text!r} is not a day such as 2026-01-31")


@contextmanager
def _progress(doing: str, quiet: bool) -> Iterator[Callable[[date, int, int], None]]:
    """In a terminal a bar with the day and the time left; elsewhere nothing."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn(doing),
        BarColumn(),
        TextColumn("{task.completed:g} of {task.total:g}  {task.description}"),
        TimeRemainingColumn(),
        console=screen.console(),
        transient=True,
        redirect_stderr=False,
        disable=quiet or not screen.console().is_terminal,
    )
    with bar:
        task = bar.add_task("", total=None)

        def tell(day: date, done: int, of: int) -> None:
            bar.update(task, completed=done, total=of, description=day.isoformat())

        yield tell
