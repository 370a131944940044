"""`odds db reparse`: stored documents read again after a parser fix.

Belongs here: which documents, what a person sees. Does not belong here: reading them again
(``services.reparse``), showing days in Dagster (``orchestration.runs``).
"""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.session import configured, require_database
from odds_pipeline.errors import UsageError

if TYPE_CHECKING:
    from odds_pipeline.services.reparse import Reparsed
    from odds_pipeline.settings import Settings
    from odds_pipeline.storage.reparse import Choice


def reparse(
    start: Annotated[
        str | None, typer.Option(help="First UTC day of captures, as 2026-01-31 [all].")
    ] = None,
    end: Annotated[str | None, typer.Option(help="Last UTC day of captures [all].")] = None,
    raw_id: Annotated[int | None, typer.Option(help="Only this raw document.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Find out what would change; keep nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read stored responses again that an older parser read.

    What they say otherwise is appended and known from now on: an answer for an earlier --known-by
    stays as it was. Days whose facts changed are validated and shown in Dagster, from
    HISTORY_START on. Stopped at any time, the same command goes on there.
    """
    from odds_pipeline.services.reparse import choose

    settings = configured()
    require_database(settings)
    choice = choose(_day(start, "--start"), _day(end, "--end"), raw_id)
    done, days = _run(settings, choice, dry_run, as_json)
    if as_json:
        screen.show_json(_record(done, days))
    else:
        screen.say(_verdict(done, days, dry_run))


def _run(
    settings: "Settings", choice: "Choice", dry_run: bool, quiet: bool
) -> tuple["Reparsed", list[date]]:
    """Read again, and report to Dagster; returns what was done and the days reported."""
    from odds_pipeline.cli.instance import dagster_instance, exported
    from odds_pipeline.composition import open_platform
    from odds_pipeline.services.reparse import reparse_all

    with exported(settings) as named, open_platform(named) as platform:
        with screen.spinner("Reading again", quiet) as now:
            done = reparse_all(
                platform, choice, dry_run, lambda n, of: now(f"{n:,} of {of:,} documents")
            )
        days = [day for day in sorted(done.days) if day >= named.history_start]
        if dry_run or not days:
            return done, []
        from odds_pipeline.orchestration.runs import report_import

        with dagster_instance(named) as instance, screen.spinner("Validating", quiet) as now:
            report_import(platform, instance, days, lambda day: now(f"{day} (of {len(days)} days)"))
    return done, days


def _record(done: "Reparsed", days: list[date]) -> dict[str, Any]:
    return {
        "documents": done.documents,
        "agreeing": done.agreeing,
        "changed": done.changed,
        "failed": done.failed,
        "snapshots": done.snapshots,
        "quotes": done.quotes,
        "statements": done.statements,
        "changed_days": sorted(done.days),
        "days": days,
    }


def _verdict(done: "Reparsed", days: list[date], dry_run: bool) -> str:
    if not done.documents:
        return f"{screen.YES} This parser has read every one of these documents."
    rows = f"{done.snapshots:,} snapshots, {done.quotes:,} quotes, {done.statements:,} statements"
    said = (
        f"{done.documents:,} documents: {done.agreeing:,} say the same, {done.changed:,} otherwise"
        + (f", {done.failed:,} cannot be read" if done.failed else "")
    )
    if dry_run:
        return f"{said}; {rows} would be appended. Nothing was kept."
    sign = screen.WARN if done.failed else screen.YES
    return f"{sign} {said}; {rows} appended; {len(days)} days validated and reported to Dagster"


def _day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return screen.iso_day(text)
    except ValueError:
        reason = f"{option}: {text!r} is not a day such as 2026-01-31"
    raise UsageError(reason)
