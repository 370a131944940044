"""`odds export`: data out of the database, with a dictionary of its columns.

Belongs here: options and what is printed. Does not belong here: the export (``services.export``).
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson, KnownBy
from odds_pipeline.cli.session import platform
from odds_pipeline.errors import UsageError

_TOLD_ROWS = 250_000


class What(StrEnum):
    """Everything that can be exported."""

    ODDS = "odds"
    EVENTS = "events"
    ODDS_SNAPSHOTS = "odds_snapshots"
    DATA_QUALITY_LOGS = "data_quality_logs"
    FETCH_LOGS = "fetch_logs"
    SLOTS = "slots"
    CREDIT_LEDGER = "credit_ledger"
    QUARANTINE = "quarantine"
    RAW_RESPONSES = "raw_responses"


class Format(StrEnum):
    """How rows are written."""

    PARQUET = "parquet"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: odds export odds --format csv --start 2026-01-01")(export)


def export(
    what: Annotated[
        What, typer.Argument(help="What to export; raw_responses makes a folder of exact bytes.")
    ],
    file_format: Annotated[Format, typer.Option("--format", help="File format.")] = Format.PARQUET,
    output: Annotated[
        Path | None, typer.Option(help="File to make, for raw_responses a folder [WHAT.FORMAT].")
    ] = None,
    start: Annotated[str | None, typer.Option(help="First UTC day, YYYY-MM-DD [all].")] = None,
    end: Annotated[str | None, typer.Option(help="Last UTC day, itself included [all].")] = None,
    sport: Annotated[str | None, typer.Option(help="Only this sport's key.")] = None,
    event_id: Annotated[
        str | None, typer.Option("--event-id", help="Only this event; see `odds events`.")
    ] = None,
    known_by: KnownBy = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write data to a Parquet or CSV file, and what its columns mean to FILE.columns.json.

    Days are of capture times (events: of starts). The file appears when it is whole. In CSV a
    text that begins like a formula gets a ' in front; times are UTC.
    """
    from odds_pipeline.services.export.run import FileFormat
    from odds_pipeline.services.export.run import export as run
    from odds_pipeline.storage.exports import Asked

    first, last = _day(start, "--start"), _day(end, "--end")
    asked = Asked(
        first,
        None if last is None else last + timedelta(days=1),
        event_id,
        sport,
        screen.moment(known_by, "--known-by"),
    )
    if first and last and first > last:
        raise UsageError(f"--start {start} is after --end {end}")
    default = Path(what if what is What.RAW_RESPONSES else f"{what}.{file_format}")
    place = default if output is None else output
    with platform() as opened, _progress() as told:
        done = run(opened, what, FileFormat(file_format), place, asked, force, told)
    if as_json:
        screen.show_json(
            {
                "what": done.what,
                "path": done.path,
                "dictionary": done.dictionary,
                "format": done.format,
                "rows": done.rows,
                "bytes": done.bytes,
                "sha256": done.sha256,
                "columns": done.columns,
            }
        )
    elif done.rows:
        screen.say(
            f"{screen.YES} {done.rows:,} rows of {what} in {done.path} ({screen.size(done.bytes)})"
        )
        screen.say(f"sha256 {done.sha256}; columns explained in {done.dictionary}")
    else:
        screen.say(f"{screen.WARN} No rows of {what} match; {done.path} has only its headers")


class _progress:  # noqa: N801 (read as a verb)
    """Rows so far on standard error: one changing line in a terminal, else now and then one."""

    def __enter__(self) -> Callable[[int], None]:
        self._live = sys.stderr.isatty()
        self._said = 0
        return self._tell

    def __exit__(self, *_: object) -> None:
        if self._live and self._said:
            sys.stderr.write("\n")

    def _tell(self, rows: int) -> None:
        if self._live:
            sys.stderr.write(f"\r{rows:,} rows")
            self._said = rows
        elif rows - self._said >= _TOLD_ROWS:
            sys.stderr.write(f"{rows:,} rows\n")
            self._said = rows


def _day(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.combine(screen.iso_day(text), time(), UTC)
    except ValueError:
        reason = f"{option}: {text!r} is not a day, such as 2026-01-31"
    raise UsageError(reason)
