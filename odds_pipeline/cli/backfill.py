"""`odds backfill`: past days made complete: planned, priced, agreed to, bought day by day.

Belongs here: the order of those steps, and what a person sees of them. Does not belong here: the
plan and the purchase (``services.backfill``), showing days in Dagster (``orchestration.runs``).
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.provider import require_provider
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import configured, require_database
from odds_pipeline.errors import BudgetExceeded, ConfirmationRequired, UsageError

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from odds_pipeline.services.backfill import Backfilled, BackfillPlan, DayPlan
    from odds_pipeline.services.platform import Platform

_COLUMNS = (
    Column("day", "day"),
    Column("slots", "slots", right=True),
    Column("missing", "missing", right=True),
    Column("calls", "calls", right=True),
    Column("credits", "credits", right=True),
    Column("listing", "to list it", right=True),
)
_SHOWN_DAYS = 31


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: odds backfill --start 2026-01-01 --end 2026-01-31 --dry-run")(
        backfill
    )


def backfill(
    start: Annotated[str, typer.Option(help="First UTC day, as 2026-01-31.")],
    end: Annotated[str, typer.Option(help="Last UTC day, included; it has ended.")],
    sample: Annotated[
        int | None,
        typer.Option(help="Every how many-th game, in effect: representative games [all]."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan and its cost; nothing is paid.")
    ] = False,
    list_only: Annotated[
        bool,
        typer.Option("--list-only", help="Buy only the days' event lists: makes the cost exact."),
    ] = False,
    max_credits: Annotated[
        float | None, typer.Option(help="What this command may cost at most, lists included.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make past days complete: fetch exactly the planned captures that are missing.

    The cost is shown first and asked about (ODDS_YES=1 agrees without a terminal; a DEMO asks
    nothing). Whatever stops it, what was bought stays bought: the same command goes on there.
    """
    first, last = _day(start, "--start"), _day(end, "--end")
    settings = configured()
    require_database(settings)
    from odds_pipeline.cli.instance import dagster_instance, exported
    from odds_pipeline.composition import open_platform

    with exported(settings) as named, open_platform(named) as platform:
        if not dry_run:
            require_provider(named)
        with dagster_instance(named) as instance:
            walk = _Walk(platform, instance, as_json, max_credits)
            walk.run(first, last, sample, dry_run=dry_run, list_only=list_only)


class _Walk:
    """One command: the parts, and what it may still cost."""

    def __init__(
        self,
        platform: "Platform",
        instance: "DagsterInstance",
        quiet: bool,
        limit: float | None,
    ) -> None:
        self._platform = platform
        self._instance = instance
        self._quiet = quiet
        self._limit = float("inf") if limit is None else limit
        self._paid = 0.0

    def run(
        self, first: date, last: date, sample: int | None, *, dry_run: bool, list_only: bool
    ) -> None:
        """Plan, price, agree, list, plan again, agree, buy."""
        from odds_pipeline.services.backfill import plan_backfill

        plan = plan_backfill(self._platform, first, last, sample)
        self._show_plan(plan)
        if dry_run:
            self._end(plan)
            return
        if plan.unlisted:
            self._list(plan)
            plan = plan_backfill(self._platform, first, last, sample)
            self._show_plan(plan)
        if list_only:
            self._end(plan)
            return
        self._buy(plan)

    def _list(self, plan: "BackfillPlan") -> None:
        from odds_pipeline.services.backfill import list_days

        if plan.listing_credits > self._limit:
            raise BudgetExceeded(
                f"listing {len(plan.unlisted)} days costs {plan.listing_credits} credits, "
                f"--max-credits allows {self._limit:g}"
            )
        self._agree(f"List the events of {len(plan.unlisted)} days for {plan.listing_credits}")
        with _bar("Listing", len(plan.unlisted), self._quiet) as advance:
            self._paid = list_days(
                self._platform, plan, lambda day, done, _: advance(done, str(day))
            )

    def _buy(self, plan: "BackfillPlan") -> None:
        from odds_pipeline.services.backfill import run_backfill

        if plan.missing:
            self._agree(f"Fetch {plan.missing:,} captures for {plan.credits:,}")
        told = _Days(self._platform, self._instance)
        with _bar("Captures", plan.slots, self._quiet) as advance:

            def progress(day: date, done: int, _: int) -> None:
                told.reached(day)
                advance(done, str(day))

            bought = run_backfill(self._platform, plan, self._limit - self._paid, progress)
        told.ended()
        self._paid += bought.credits
        self._end(plan, bought)

    def _agree(self, what: str) -> None:
        if self._platform.settings.demo or self._platform.settings.odds_yes:
            return
        if not sys.stdin.isatty():
            raise ConfirmationRequired(f"{what} credits: run in a terminal, or set ODDS_YES=1")
        if not typer.confirm(f"{what} credits?"):
            raise ConfirmationRequired("declined: nothing was called or paid")

    def _show_plan(self, plan: "BackfillPlan") -> None:
        if self._quiet:
            return
        rows = [_day_row(one) for one in plan.days if one.missing or one.listing]
        screen.show_table(rows[:_SHOWN_DAYS], _COLUMNS, screen.zone_named("UTC"))
        if len(rows) > _SHOWN_DAYS:
            screen.say(f"… and {len(rows) - _SHOWN_DAYS} days more")
        for line in _plan_lines(plan):
            screen.say(line)

    def _end(self, plan: "BackfillPlan", bought: "Backfilled | None" = None) -> None:
        if self._quiet:
            screen.show_json(_values(plan, bought, self._paid))
        elif bought is not None:
            ok = sum(day.ok for day in bought.days)
            gaps = sum(day.gaps for day in bought.days)
            sign = screen.WARN if gaps or bought.stopped else screen.YES
            screen.say(f"{sign} {ok:,} slots ok, {gaps:,} gaps; charged {self._paid:,g} credits")
        if bought is not None and bought.stopped is not None:
            raise BudgetExceeded(f"stopped: {bought.stopped}; the same command goes on there")


class _Days:
    """Tells Dagster of each day once it is done, so that a killed walk leaves it green."""

    def __init__(self, platform: "Platform", instance: "DagsterInstance") -> None:
        self._platform = platform
        self._instance = instance
        self._day: date | None = None

    def reached(self, day: date) -> None:
        """The walk is at this day: the one before it is done."""
        if self._day is not None and day != self._day:
            self._report()
        self._day = day

    def ended(self) -> None:
        """The walk is over."""
        if self._day is not None:
            self._report()

    def _report(self) -> None:
        from odds_pipeline.orchestration.runs import report_import

        assert self._day is not None
        report_import(self._platform, self._instance, [self._day])


def _day_row(one: "DayPlan") -> dict[str, Any]:
    unknown = bool(one.listing)
    row = {column.key: getattr(one, column.key) for column in _COLUMNS}
    return {key: None if unknown and key not in {"day", "listing"} else row[key] for key in row}


def _plan_lines(plan: "BackfillPlan") -> Iterator[str]:
    if plan.unlisted:
        yield (
            f"{len(plan.unlisted)} of {len(plan.days)} days are not listed: listing them costs "
            f"{plan.listing_credits:,} credits (--list-only buys just that), then the cost is exact"
        )
    yield (
        f"{plan.missing:,} of {plan.slots:,} slots are missing: {plan.credits:,} credits"
        + (" for the days that are listed" if plan.unlisted else "")
    )
    spread = plan.spread
    if spread is not None:
        yield (
            f"Sample: {spread.chosen} of {spread.games} games, {spread.teams_covered} of "
            f"{spread.teams} teams ({spread.team_share[0]:.0%} to {spread.team_share[1]:.0%} of "
            f"a team's games), {spread.days_covered} of {spread.days} dates, "
            f"{spread.pairings_covered} of {spread.pairings} pairings"
        )
    if plan.no_scores:
        yield f"Results of {len(plan.no_scores)} days are told no more: `odds import` has them"


def _values(plan: "BackfillPlan", bought: "Backfilled | None", paid: float) -> dict[str, Any]:
    spread = plan.spread
    return {
        "days": [_day_row(one) for one in plan.days],
        "slots": plan.slots,
        "missing": plan.missing,
        "credits_forecast": plan.credits,
        "unlisted_days": len(plan.unlisted),
        "listing_credits": plan.listing_credits,
        "days_without_scores": len(plan.no_scores),
        "games": None if spread is None else spread.games,
        "games_chosen": None if spread is None else spread.chosen,
        "teams_covered": None if spread is None else spread.teams_covered,
        "credits": paid,
        "slots_ok": None if bought is None else sum(day.ok for day in bought.days),
        "slots_gap": None if bought is None else sum(day.gaps for day in bought.days),
        "stopped": None if bought is None else bought.stopped,
    }


def _day(text: str, option: str) -> date:
    try:
        return screen.iso_day(text)
    except ValueError:
        reason = f"{option}: {text!r} is not a day such as 2026-01-31"
    raise UsageError(reason)


@contextmanager
def _bar(title: str, total: int, quiet: bool) -> Iterator[Callable[[int, str], None]]:
    """In a terminal a bar with the time left; elsewhere one line a day."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn(title),
        BarColumn(),
        TextColumn("{task.completed:g} of {task.total:g}  {task.fields[day]}"),
        TimeRemainingColumn(),
        console=screen.console(),
        transient=True,
        redirect_stderr=False,
        disable=quiet or not screen.console().is_terminal,
    )
    plain = not quiet and not screen.console().is_terminal
    last = ""
    with bar:
        task = bar.add_task(title, total=total, day="")

        def advance(done: int, day: str) -> None:
            nonlocal last
            bar.update(task, completed=done, day=day)
            if plain and day != last:
                screen.say(f"{title}: {day}, {done:,} of {total:,}")
            last = day

        yield advance
