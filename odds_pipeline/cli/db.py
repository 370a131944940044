"""`odds db`: the database: make, migrate, measure, save, restore, archive, rebuild, re-parse."""

from typing import Annotated

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.db_backup import backup, backups, relocate, restore
from odds_pipeline.cli.db_clean import clean
from odds_pipeline.cli.db_rebuild import rebuild
from odds_pipeline.cli.db_reparse import reparse
from odds_pipeline.cli.db_reset import reset
from odds_pipeline.cli.db_roles import roles
from odds_pipeline.cli.db_schema import downgrade, history, init, migrate, status
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import configured, platform

_TABLES = (
    Column("table", "table"),
    Column("rows", "rows (estimate)", right=True),
    Column("size", "size", right=True),
)


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(
        help="Make, migrate, measure, save, restore and archive the database.",
        no_args_is_help=True,
    )
    group.command(epilog="Example: odds db init --sample-data")(init)
    group.command(epilog="Example: odds db migrate")(migrate)
    group.command(epilog="Example: odds db status")(status)
    group.command(epilog="Example: odds db history")(history)
    group.command(epilog="Example: odds db downgrade 0016")(downgrade)
    group.command(epilog="Example: odds db reset")(reset)
    group.command(
        epilog="Example: DATABASE_COLLECTOR_PASSWORD_FILE=secrets/collector odds db roles"
    )(roles)
    group.command(epilog="Example: odds db stats --json")(stats)
    group.command(epilog='Example: psql "$(odds db url --show-password)"')(url)
    group.command(epilog="Example: odds db backup /mnt/backups --drill")(backup)
    group.command(epilog="Example: odds db backups")(backups)
    group.command(
        epilog="Example: ODDS_HOME=.odds2 odds db restore .odds/backups/odds-20261128T033000Z"
    )(restore)
    group.command(epilog="Example: odds db relocate")(relocate)
    group.command(epilog="Example: odds db clean --older-than 6m --dry-run")(clean)
    group.command(epilog="Example: odds db rebuild --day 2026-01-31 --verify")(rebuild)
    group.command(epilog="Example: odds db reparse --start 2026-01-31 --dry-run")(reparse)
    group.command(epilog="Example: odds db stop")(stop)
    app.add_typer(group, name="db")


def stats(as_json: AsJson = False) -> None:
    """Show each table's rows (PostgreSQL's estimate) and size, largest first."""
    from odds_pipeline.storage.engine import transaction
    from odds_pipeline.storage.statistics import table_sizes

    with platform() as opened, transaction(opened.engine) as conn:
        sizes = table_sizes(conn)
    rows = [size._asdict() for size in sizes]
    if as_json:
        screen.show_json(rows)
        return
    shown = [row | {"size": screen.size(row["bytes"])} for row in rows]
    screen.show_table(shown, _TABLES, screen.zone_named("UTC"))
    screen.say(f"Total {screen.size(sum(size.bytes for size in sizes))}")


def url(
    show_password: Annotated[
        bool, typer.Option("--show-password", help="Print it whole, for psql and other programs.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print the database's address; its password only when asked for.

    The embedded server answers there while an odds process uses it, or after `odds env`.
    """
    from odds_pipeline.cli.session import require_database
    from odds_pipeline.storage.database import database
    from odds_pipeline.storage.urls import libpq_url, redacted

    settings = configured()
    require_database(settings)
    with database(settings.own_database, settings.home) as address:
        plain = libpq_url(address)
    text = plain if show_password else redacted(plain)
    if as_json:
        screen.show_json({"url": text})
    else:
        screen.say(text)


def stop() -> None:
    """Stop the embedded PostgreSQL server that `odds env` left running."""
    from odds_pipeline.storage.embedded import EmbeddedServer

    server = EmbeddedServer(configured().home)
    running = server.status().running
    server.stop()
    what = "stopped" if running else "was not running"
    screen.say(f"{screen.YES} The embedded PostgreSQL {what}.")
