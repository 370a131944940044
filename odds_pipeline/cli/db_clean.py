"""`odds db clean`: old months out of PostgreSQL, into files that answer as before.

Belongs here: the question and the table. Does not belong here: the steps (``services.archive``).
"""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import platform
from odds_pipeline.errors import ConfirmationRequired

if TYPE_CHECKING:
    from odds_pipeline.services.archive import Archived

_COLUMNS = (
    Column("month", "month"),
    Column("kind", "table"),
    Column("rows", "rows", right=True),
    Column("hot", "in PostgreSQL", right=True),
    Column("archived", "archived", right=True),
)


def clean(
    older_than: Annotated[
        str, typer.Option("--older-than", help="Age of what may go: days or months: 90, 90d, 6m.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show which months would go, and change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without a question.")] = False,
    as_json: AsJson = False,
) -> None:
    """Move whole months older than that into compressed files, and drop them from PostgreSQL.

    The files stand in `archive` under ODDS_HOME and answer as before; each is read back and
    compared before anything is dropped.
    """
    from odds_pipeline.services import archive

    with platform() as opened:
        months = archive.archivable(opened, older_than)
        if months and not dry_run:
            _agree(months, yes)
            with screen.spinner("Archiving", quiet=as_json):
                months = archive.clean(opened, older_than)
    rows = [asdict(one) | {"path": one.path and str(one.path)} for one in months]
    if as_json:
        screen.show_json(rows)
    elif not months:
        screen.say(f"Nothing whole is older than {older_than}.")
    else:
        _show_months(rows)


def _agree(months: "list[Archived]", yes: bool) -> None:
    """Ask before months leave PostgreSQL.

    Raises:
        ConfirmationRequired: nobody agreed.
    """
    if yes:
        return
    asked = f"Archive {len(months)} monthly tables and drop them from PostgreSQL?"
    if not (sys.stdin.isatty() and typer.confirm(asked)):
        raise ConfirmationRequired("nothing was archived; add --yes, or look with --dry-run first")


def _show_months(rows: list[dict[str, Any]]) -> None:
    shown = [
        row
        | {
            "month": f"{row['month']:%Y-%m}",
            "hot": screen.size(row["hot_bytes"]),
            "archived": "-" if row["archive_bytes"] is None else screen.size(row["archive_bytes"]),
        }
        for row in rows
    ]
    screen.show_table(shown, _COLUMNS, screen.zone_named("UTC"))
