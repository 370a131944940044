"""`odds db init`, `migrate`, `status`, `history`, `downgrade`: the database's tables.

Belongs here: options, questions and what is printed. Does not belong here: Alembic
(``migrations``), comparing (``storage.drift``).
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import configured, require_database
from odds_pipeline.errors import ConfirmationRequired, UsageError
from odds_pipeline.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from odds_pipeline.cli.migrations import Revision

SAMPLE_DAYS = 2
_HISTORY = (
    Column("revision", "revision"),
    Column("applied", "applied"),
    Column("what", "what it does"),
)


def init(
    sample_data: Annotated[
        bool,
        typer.Option("--sample-data", help="Collect two simulated days too (a DEMO database)."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make the database with all its tables, an embedded one unless DATABASE_URL is set.

    With --sample-data it becomes a DEMO database to look around in, without a provider or a key.
    Safe to repeat: what is there stays.
    """
    settings = configured()
    if sample_data and not settings.demo:
        raise UsageError("--sample-data makes a DEMO database, but ODDS_API_KEY is set; unset it")
    migrated(settings)
    days = _sampled(settings, quiet=as_json) if sample_data else 0
    _at_head({"sample_days": days}, as_json)


def migrate(as_json: AsJson = False) -> None:
    """Bring the database to this code's revision; safe to repeat.

    Dagster's database is made beside it, the roles whose passwords are set are made, and the
    rights of those that exist are renewed (see `odds db roles`).
    """
    migrated(configured())
    _at_head({}, as_json)


def status(as_json: AsJson = False) -> None:
    """Show the database's revision, the newest one, and where the tables differ from the code.

    Ends with 1 when it is not at the newest revision, or differs.
    """
    from odds_pipeline.composition import REVISION

    current, different = _looked()
    pending = [one.revision for one in reversed(_revisions(current)) if not one.applied]
    if as_json:
        screen.show_json(
            {"current": current, "head": REVISION, "pending": pending, "differences": different}
        )
    else:
        mark = screen.WARN if pending else screen.YES
        more = f"; `odds db migrate` runs {', '.join(pending)}" if pending else ""
        screen.say(f"{mark} Revision {current or 'none'}, newest {REVISION}{more}")
        _say_differences(different, whole=not pending)
    if pending or different:
        raise typer.Exit(1)


def history(as_json: AsJson = False) -> None:
    """List the migrations, newest first, and which of them the database has."""
    current, _ = _looked(compare=False)
    rows = [
        {"revision": one.revision, "applied": one.applied, "what": one.what}
        for one in _revisions(current)
    ]
    if as_json:
        screen.show_json(rows)
    else:
        screen.show_table(rows, _HISTORY, screen.zone_named("UTC"))


def downgrade(
    revision: Annotated[
        str, typer.Argument(help="Go back to this revision; -1 is one back, base is nothing.")
    ] = "-1",
    yes: Annotated[bool, typer.Option("--yes", help="Do it without a question.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take migrations back, for older code. What only the newer tables hold is lost.

    Take a backup first: `odds db backup`.
    """
    from odds_pipeline.cli import migrations

    settings = configured()
    migrations.require_reachable(settings)
    before, _ = _looked(compare=False)
    target = _target(_revisions(before), revision)
    if not yes and not (sys.stdin.isatty() and typer.confirm(_asked(before, target))):
        raise ConfirmationRequired("nothing was changed; take a backup, then add --yes")
    migrations.downgrade(target)
    after, _ = _looked(compare=False)
    if as_json:
        screen.show_json({"before": before, "revision": after})
    else:
        screen.say(f"{screen.YES} The database is at revision {after or 'none'} (was {before}).")


def _target(known: "list[Revision]", revision: str) -> str:
    """The revision to go to by its own name, so that a second try does not go further back."""
    applied = [one.revision for one in known if one.applied]
    if revision == "-1":
        return (applied[1:] or ["base"])[0]
    if revision != "base" and revision not in applied:
        raise UsageError(f"{revision} is not a revision that the database has; `odds db history`")
    return revision


def _asked(before: str | None, target: str) -> str:
    return f"Go from revision {before} back to {target}? What only the newer tables hold is lost."


def migrated(settings: Settings) -> None:
    """Bring our database to the newest revision, make Dagster's, and renew the roles' rights."""
    from odds_pipeline.cli import migrations
    from odds_pipeline.cli.db_roles import renew
    from odds_pipeline.cli.instance import prepare_dagster_database
    from odds_pipeline.storage.database import database

    migrations.require_reachable(settings)
    migrations.migrate()
    with database(settings.direct_database, settings.home) as url:
        prepare_dagster_database(settings, url)
        renew(settings, url)


def _at_head(more: dict[str, object], as_json: bool) -> None:
    from odds_pipeline.composition import REVISION

    if as_json:
        screen.show_json({"revision": REVISION} | more)
    else:
        screen.say(f"{screen.YES} The database is at revision {REVISION}.")


def _sampled(settings: Settings, quiet: bool) -> int:
    """Collect simulated days from a provider in this process."""
    from odds_pipeline.cli import demo_history
    from odds_pipeline.cli.instance import dagster_instance, exported
    from odds_pipeline.composition import open_platform
    from odds_pipeline.services.deployment import settle_kind
    from odds_pipeline.simulator.server import RunningSimulator

    with exported(settings) as named, RunningSimulator() as provider:
        simulated = named.model_copy(update={"odds_api_base_url": provider.url})
        with open_platform(simulated) as opened, dagster_instance(simulated) as instance:
            settle_kind(opened)
            return demo_history.backfill(opened, instance, SAMPLE_DAYS, quiet=quiet)


def _looked(*, compare: bool = True) -> tuple[str | None, list[str]]:
    """The database's revision, and, if that is the newest, its differences from the code."""
    from odds_pipeline.composition import REVISION
    from odds_pipeline.storage.content import revision_of
    from odds_pipeline.storage.drift import differences
    from odds_pipeline.storage.engine import transaction

    with _engine() as engine:
        with transaction(engine) as conn:
            current = revision_of(conn)
        if not compare or current != REVISION:
            return current, []
        with engine.connect() as connection:
            return current, differences(connection)


@contextmanager
def _engine() -> Iterator["Engine"]:
    from odds_pipeline.redaction import hide_password
    from odds_pipeline.storage.database import database
    from odds_pipeline.storage.engine import open_engine

    settings = configured()
    require_database(settings)
    with database(settings.direct_database, settings.home) as url:
        hide_password(url)
        engine = open_engine(url, 1, 0)
        try:
            yield engine
        finally:
            engine.dispose()


def _revisions(current: str | None) -> "list[Revision]":
    from odds_pipeline.cli.migrations import revisions

    return revisions(current)


def _say_differences(different: list[str], *, whole: bool) -> None:
    for line in different:
        screen.say(f"{screen.NO} {line}")
    if not different and whole:
        screen.say(f"{screen.YES} The tables are as the code describes them, and guarded.")
