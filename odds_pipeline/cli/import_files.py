"""`odds import`: documents people already own, into the same store as live data."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from odds_pipeline.catalog.observations import OddsFormat
from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import configured, platform, require_database
from odds_pipeline.errors import NotFound

if TYPE_CHECKING:
    from odds_pipeline.services.import_files import Import, ImportedFile, Stated
    from odds_pipeline.settings import Settings

REFUSED, FAILED = 2, 1
MOST = 20

Paths = Annotated[list[Path], typer.Argument(help="Files, or folders to search for files.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what an import would bring, and keep nothing.")
]
_SIGNS = {
    "imported": screen.YES,
    "unchanged": screen.YES,
    "readable": screen.YES,
    "refused": screen.WARN,
}
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


@dataclass(frozen=True, slots=True)
class Report:
    """The UTC days that were reported to Dagster, and the issues found on them, by rule."""

    days: list[date] = field(default_factory=list)
    flagged: Mapping[str, int] = field(default_factory=dict)


def register(app: typer.Typer) -> None:
    """Add the command group: The Odds API's documents, each known archive, and any other one."""
    from odds_pipeline.sources.archives.layouts.registry import LAYOUTS

    group = typer.Typer(
        cls=_WithPlugins, help="Import documents you already own.", no_args_is_help=True
    )
    group.command(
        "the-odds-api",
        epilog="Example: odds import the-odds-api dumps/ --captured-at 2026-01-31T18:00:00Z",
    )(the_odds_api)
    for name in LAYOUTS:
        _add_archive(group, name)
    group.command("generic", epilog="Example: odds import generic my.csv --mapping my.toml")(
        generic
    )
    group.command("model", epilog="Example: odds import model ratings.csv --model elo --version 3")(
        model
    )
    app.add_typer(group, name="import")


def the_odds_api(
    paths: Paths,
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
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Import The Odds API's responses (JSON, gzip) and flattened CSV series.

    Importing the same bytes again changes nothing. Days whose facts changed, or that were never
    reported, are validated and shown in Dagster, from HISTORY_START on. Exit code: 0 all imported
    or unchanged, 2 a file was refused, 1 one failed.
    """
    from odds_pipeline.services.import_files import Stated

    captured = screen.moment(captured_at, "--captured-at")
    _run(paths, Stated(captured, odds_format, sport, market), dry_run, as_json)


def generic(
    paths: Paths,
    mapping: Annotated[
        Path, typer.Option(help="TOML file that says which column is what (docs/imports.md).")
    ],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Import CSV or Parquet files of past games by a mapping of your own.

    The mapping is kept with the file, so that it can be read again without it. Exit codes are
    those of the other kinds.
    """
    from odds_pipeline.services.import_files import Stated
    from odds_pipeline.sources.archives.parse import layout_from

    _run(paths, Stated(layout=layout_from(mapping)), dry_run, as_json)


def model(
    path: Annotated[Path, typer.Argument(help="CSV file; docs/market.md says which columns.")],
    name: Annotated[
        str | None, typer.Option("--model", help="Name of the model of rows that do not say.")
    ] = None,
    version: Annotated[str | None, typer.Option(help="Its version, likewise.")] = None,
    made_at: Annotated[
        str | None, typer.Option(help="When it said so, ISO 8601 with zone, likewise.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import what your own model says of outcomes: one more fair price that edges are judged by.

    Rows that cannot be kept are listed with the reason; the exit code is then 2. The same file
    again changes nothing.
    """
    from odds_pipeline.services.market.model_import import Stated as Model
    from odds_pipeline.services.market.model_import import import_model

    made = screen.moment(made_at, "--made-at")
    with platform() as opened:
        done = import_model(opened, path, Model(name, version, made))
    refused = [{"line": one.line, "reason": one.reason} for one in done.refused]
    if as_json:
        screen.show_json(
            {"rows": done.rows, "kept": done.kept, "known": done.known, "refused": refused}
        )
    else:
        for one in refused[:MOST]:
            screen.say(f"{screen.WARN} line {one['line']}: {one['reason']}")
        screen.say(f"{done.kept} kept, {done.known} known already, {len(refused)} refused")
    raise typer.Exit(REFUSED if refused else 0)


class _WithPlugins(TyperGroup):
    """The group, with the layouts of plug-ins: looked for when one is asked for, not before."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - Typer's own Context
        return [*super().list_commands(ctx), *_plugin_layouts()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401
        found = super().get_command(ctx, cmd_name)
        if found is None and cmd_name in _plugin_layouts():
            alone = typer.Typer(add_completion=False)
            _add_archive(alone, cmd_name)
            return typer.main.get_command(alone)
        return found


def _plugin_layouts() -> list[str]:
    from odds_pipeline.sources.archives.layouts.registry import LAYOUTS, layouts

    return [name for name in layouts() if name not in LAYOUTS]


def _add_archive(group: typer.Typer, name: str) -> None:
    group.command(name, epilog=f"Example: odds import {name} archive.csv.gz")(_archive(name))


def _archive(name: str) -> Callable[..., None]:
    """The command of one known layout."""

    def archive(
        paths: Paths,
        season: Annotated[
            int | None, typer.Option(help="First year of the season of dates without a year.")
        ] = None,
        dry_run: DryRun = False,
        as_json: AsJson = False,
    ) -> None:
        from odds_pipeline.services.import_files import Stated
        from odds_pipeline.sources.archives.layouts.registry import layouts

        _run(paths, Stated(season=season, layout=layouts()[name]), dry_run, as_json)

    archive.__doc__ = (
        f"Import archives of past games in the layout {name}, CSV or gzip.\n\n"
        "Opening, early and closing prices are kept as phases in that order, not as clock times. "
        "Exit codes are those of the other kinds."
    )
    return archive


def _run(paths: list[Path], stated: "Stated", dry_run: bool, as_json: bool) -> None:
    _require_paths(paths)
    report = Report()
    if dry_run:
        from odds_pipeline.services.import_files import try_paths

        with screen.spinner("Reading", as_json) as now:
            done = try_paths(paths, stated, lambda path: now(path.name))
    else:
        settings = configured()
        require_database(settings)
        done, report = _import(settings, paths, stated, as_json)
    rows = [_row(file) for file in done.files]
    if as_json:
        told = {"files": rows, "days": report.days, "questions": done.questions}
        screen.show_json(told | {"flagged": report.flagged})
    elif not rows:
        screen.say("No files there to import.")
    else:
        signed = [row | {"sign": _sign(row["status"])} for row in rows]
        screen.show_table(signed, _COLUMNS, screen.zone_named("UTC"))
        _explain(done, report)
        screen.say("Nothing was kept." if dry_run else _summary(done, report))
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
) -> tuple["Import", Report]:
    """Import, and report to Dagster; returns what was imported and what was reported."""
    from odds_pipeline.cli.instance import exported, reporting_instance
    from odds_pipeline.composition import open_platform
    from odds_pipeline.orchestration.runs import report_import, unreported
    from odds_pipeline.services.import_files import import_paths

    with exported(settings) as named, open_platform(named) as platform:
        with screen.spinner("Importing", quiet) as now:
            done = import_paths(platform, paths, stated, lambda path: now(path.name))
        if not done.days and not done.unchanged_days:
            return done, Report()
        with reporting_instance(named) as instance, screen.spinner("Validating", quiet) as now:
            missed = unreported(platform, instance, done.unchanged_days)
            days = [day for day in sorted([*done.days, *missed]) if day >= named.history_start]
            flagged = report_import(
                platform, instance, days, lambda day: now(f"{day} (of {len(days)} days)")
            )
    return done, Report(days, flagged)


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
        "quarantined_for": dict(file.quarantined_for),
        "reason": file.reason,
    }


def _sign(status: str) -> str:
    return _SIGNS.get(status, screen.NO)


def _explain(done: "Import", report: Report) -> None:
    """Say why parts are in quarantine, and which rules flagged what."""
    reasons: Counter[str] = Counter()
    for file in done.files:
        reasons.update(file.quarantined_for)
    for title, counts in (("Quarantined", reasons), ("Flagged", Counter(report.flagged))):
        for reason, count in counts.most_common(MOST):
            screen.say(f"{title}: {count:,} × {reason}")  # noqa: RUF001
    if done.questions:
        screen.say(f"{done.questions} questions of identity: see `odds review list`.")


def _summary(done: "Import", report: Report) -> str:
    counts = dict.fromkeys(("imported", "unchanged", "refused", "failed"), 0)
    for file in done.files:
        counts[file.status] += 1
    said = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    return f"{said}; {len(report.days)} days validated and reported to Dagster"


def _code(done: "Import") -> int:
    statuses = {file.status for file in done.files}
    return FAILED if "failed" in statuses else REFUSED if "refused" in statuses else 0
