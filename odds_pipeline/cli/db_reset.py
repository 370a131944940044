"""`odds db reset`: an empty database in place of this one.

Belongs here: the question and the refusals. Does not belong here: dropping (``storage.reset``).
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from psycopg.conninfo import conninfo_to_dict

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.session import configured, require_database
from odds_pipeline.errors import AlreadyRunning, ConfirmationRequired, StorageError, UsageError
from odds_pipeline.settings import Settings

ASIDE = ("archive", "datasets", "spool")


def reset(
    name: Annotated[
        str | None,
        typer.Option("--name", help="The database's name, for use without a terminal."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also where the server is not this machine's.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Delete everything in the database and in Dagster's beside it, and make empty tables.

    Asks for the database's name. Files that belonged to it (archives, datasets, answers that wait)
    are moved aside under ODDS_HOME, not deleted; backups stay.
    """
    from odds_pipeline.cli import migrations
    from odds_pipeline.cli.occupancy import up_pid
    from odds_pipeline.composition import REVISION
    from odds_pipeline.redaction import hide_password
    from odds_pipeline.storage import reset as storage
    from odds_pipeline.storage.database import database
    from odds_pipeline.storage.urls import dagster_database, libpq_url, redacted

    settings = configured()
    require_database(settings)
    running = up_pid(settings.home)
    if running is not None:
        raise AlreadyRunning(f"odds up runs here (pid {running}); stop it first")
    with database(settings.direct_database, settings.home) as url:
        hide_password(url)
        if not force and not storage.is_local(url):
            raise UsageError(f"{redacted(url)} is not on this machine; if it is meant, add --force")
        _agreed(str(conninfo_to_dict(libpq_url(url))["dbname"]), name)
        _emptied(url)
        _emptied_if_there(dagster_database(url))
        moved = _aside(settings)
        migrations.migrate()
    if as_json:
        screen.show_json({"revision": REVISION, "moved_to": None if moved is None else str(moved)})
        return
    kept = "" if moved is None else f"; its files were moved to {moved}"
    screen.say(f"{screen.YES} The database is empty, at revision {REVISION}{kept}.")


def _agreed(database: str, name: str | None) -> None:
    """Take the database's name for a yes.

    Raises:
        ConfirmationRequired: another name was given, or none.
    """
    if name is None and sys.stdin.isatty():
        name = str(typer.prompt(f"This deletes all of {database}. Its name"))
    if name != database:
        raise ConfirmationRequired(
            f"nothing was deleted; the database's name is {database}: --name {database}"
        )


def _emptied(url: str) -> None:
    from odds_pipeline.storage import reset as storage
    from odds_pipeline.storage.content import connected

    with connected(url) as conn:
        there = storage.others(conn)
        if there:
            raise AlreadyRunning(f"in use by {', '.join(there)}; stop them first")
        storage.empty(conn)


def _emptied_if_there(url: str) -> None:
    try:
        _emptied(url)
    except AlreadyRunning:
        raise
    except StorageError:
        return  # nobody used Dagster here


def _aside(settings: Settings) -> Path | None:
    """Move the database's files out of its successor's way."""
    found = [settings.home / name for name in ASIDE if (settings.home / name).exists()]
    if not found:
        return None
    target = settings.home / f"before-reset-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    target.mkdir()
    for path in found:
        path.rename(target / path.name)
    return target
