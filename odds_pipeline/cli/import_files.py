"""`odds import`: documents people already own, into the same store as live data."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from odds_pipeline.catalog.observations import OddsFormat
from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import configured, require_database
from odds_pipeline.errors import NotFound

if TYPE_CHECKING:
    from odds_pipeline.services.import_files import Import, ImportedFile, Stated
    from odds_pipeline.settings import Settings

REFUSED, FAILED = 2, 1
_COLUMNS = (
    Column("sign", ""),
    Column("file", "file"),
    Column("status", "status"),
    Column("kind", "kind"),
    Column("events", "events", right=True),
    Column("captures", "captures", right=True),
    Column("snapshots", "snapshots", right=True),
    Column("quotes", "quotes", right=True),
    Column("quarantined", "quarantined", right=True),
    Column("reason", "reason"),
)


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Import documents you already own.", no_args_is_help=True)
    group.command(
        "the-odds-api",
        epilog="Example: odds import the-odds-api dumps/ --captured-at 2026-01-31T18:00:00Z",
    )(the_odds_api)
    # A callback keeps `the-odds-api` a subcommand while it is the only one.
    group.callback()(_group)
    app.add_typer(group, name="import")


def _group() -> None:
    """Import documents you already own."""


def the_odds_api(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders to search for files.")],
    captured_at: Annotated[
        str | None,
        typer.Option(help="Capture time of bodies that state none, ISO 8601 with zone."),
    ] = None,
    odds_format: Annotated[
        OddsFormat | None, typer.Option(help="Format of the prices [decided by the prices].")
    ] = None,
    sport: Annotated[
        str | None, typer.Option(help="Sport key of files that do not name one.")
    ] = None,
    market: Annotated[
        str | None, typer.Option(help="Market key of files that do not name one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import The Odds API's responses (JSON, gzip) and flattened CSV series.

    Importing the same bytes again changes nothing. Days whose facts changed, or that were never
    reported, are validated and shown in Dagster. Exit code: 0 all imported or unchanged, 2 a file
    was refused, 1 one failed.
    """
    from odds_pipeline.services.import_files import Stated

    captured = screen.moment(captured_at, "--captured-at")
    _require_paths(paths)
    settings = configured()
    require_database(settings)
    stated = Stated(captured, odds_format, sport, market)
    done, days = _import(settings, paths, stated, as_json)
    rows = [_row(file) for file in done.files]
    if as_json:
        screen.show_json({"files": rows, "days": days})
    elif not rows:
        screen.say("No files there to import.")
    else:
        signed = [row | {"sign": _sign(row["status"])} for row in rows]
        screen.show_table(signed, _COLUMNS, screen.zone_named("UTC"))
        screen.say(_summary(done, days))
    raise typer.Exit(_code(done))


def _require_paths(paths: list[Path]) -> None:
    """Refuse a wrong path before the right ones are imported."""
    for path in paths:
        if not path.exists():
            raise NotFound(f"{path} does not exist: name a file or a folder")


def _import(
    settings: "Settings",
    paths: list[Path],
    stated: "Stated",
    quiet: bool,
) -> tuple["Import", list[date]]:
    """Import, and report to Dagster; returns what was imported and the days reported."""
    from odds_pipeline.cli.instance import dagster_instance, exported
    from odds_pipeline.composition import open_platform
    from odds_pipeline.orchestration.runs import report_import, unreported
    from odds_pipeline.services.import_files import import_paths

    with exported(settings) as named, open_platform(named) as platform:
        with screen.spinner("Importing", quiet) as now:
            done = import_paths(platform, paths, stated, lambda path: now(path.name))
        if not done.days and not done.unchanged_days:
            return done, []
        with dagster_instance(named) as instance, screen.spinner("Validating", quiet) as now:
            missed = unreported(platform, instance, done.unchanged_days)
            days = sorted([*done.days, *missed])
            report_import(platform, instance, days, lambda day: now(f"{day} (of {len(days)} days)"))
    return done, days


def _row(file: "ImportedFile") -> dict[str, Any]:
    return {
        "file": str(file.path),
        "status": file.status,
        "kind": file.kind,
        "raw_id": file.raw_id,
        "events": file.events,
        "captures": file.captures,
        "snapshots": file.snapshots,
        "quotes": file.quotes,
        "quarantined": file.quarantined,
        "reason": file.reason,
    }


def _sign(status: str) -> str:
    return {"imported": screen.YES, "unchanged": screen.YES, "refused": screen.WARN}.get(
        status, screen.NO
    )


def _summary(done: "Import", days: list[date]) -> str:
    counts = dict.fromkeys(("imported", "unchanged", "refused", "failed"), 0)
    for file in done.files:
        counts[file.status] += 1
    said = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    return f"{said}; {len(days)} days validated and reported to Dagster"


def _code(done: "Import") -> int:
    statuses = {file.status for file in done.files}
    return FAILED if "failed" in statuses else REFUSED if "refused" in statuses else 0
