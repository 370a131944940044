"""`odds db backup`, `backups`, `restore`, `relocate`: everything saved, and had again.

Belongs here: options and what is printed. Does not belong here: the steps (``services.backup``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import configured, platform, require_database
from odds_pipeline.errors import NotFound
from odds_pipeline.settings import Settings

if TYPE_CHECKING:
    from odds_pipeline.services.backup.shelf import Backup

_COLUMNS = (
    Column("name", "backup"),
    Column("moment", "as of"),
    Column("revision", "revision"),
    Column("rows", "rows", right=True),
    Column("size", "size", right=True),
    Column("verified_at", "proven"),
    Column("verified_how", "how"),
)


def backup(
    directory: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="Folder that gets the backup's folder [BACKUP_DIR]."),
    ] = None,
    drill: Annotated[
        bool, typer.Option("--drill", help="Prove it: restore it beside the database, compare.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Save databases, archives, datasets and waiting answers, while collection goes on.

    It shows one moment. Nothing is removed: `backup_database` in Dagster keeps the newest
    BACKUP_KEEP.
    """
    from odds_pipeline.services.backup.restore import drill as prove
    from odds_pipeline.services.backup.shelf import Backup
    from odds_pipeline.services.backup.take import back_up

    settings = configured()
    folder = (directory or settings.backups).expanduser().resolve()
    with _address(settings) as url:
        with screen.spinner("Saving", quiet=as_json):
            made = back_up(url, settings.home, folder, datetime.now(UTC))
        if drill:
            with screen.spinner("Restoring it beside the database", quiet=as_json):
                verified = prove(made.path, url, datetime.now(UTC))
            made = Backup(made.path, made.manifest, verified)
    if as_json:
        screen.show_json(_record(made) | {"tables": _tables(made)})
        return
    said = made.manifest
    screen.say(
        f"{screen.YES} {made.path}: {len(said.tables)} tables, {said.rows:,} rows, "
        f"{screen.size(said.bytes)}, as of {said.moment:%Y-%m-%d %H:%M:%S} UTC, "
        f"{said.elapsed_s:.1f} s"
    )
    if made.verified is not None:
        screen.say(f"{screen.YES} {_proven(made.verified.how)}, {made.verified.elapsed_s:.1f} s")


def backups(
    directory: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Folder they stand in [BACKUP_DIR].")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the backups there are, newest first, and when each was proven."""
    from odds_pipeline.services.backup import shelf

    folder = (directory or configured().backups).expanduser().resolve()
    rows = [_record(one) for one in shelf.backups(folder)]
    if as_json:
        screen.show_json(rows)
    elif not rows:
        screen.say(f"No backup in {folder}; `odds db backup` makes one.")
    else:
        shown = [row | {"size": screen.size(row["bytes"])} for row in rows]
        screen.show_table(shown, _COLUMNS, screen.zone_named("UTC"))


def restore(
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="Folder of one backup.")],
    drill: Annotated[
        bool,
        typer.Option("--drill", help="Only prove that it can be: restore beside, compare, drop."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fill an empty database and home folder from a backup, and compare what came back.

    Nothing is ever replaced: name a new ODDS_HOME, or an empty database in DATABASE_URL.
    """
    from odds_pipeline.services.backup import restore as steps

    settings = configured()
    path = source.expanduser().resolve()
    with _address(settings, make=not drill) as url:
        if drill:
            proven = steps.drill(path, url, datetime.now(UTC))
            _tell({"how": proven.how, "elapsed_s": proven.elapsed_s}, _proven(proven.how), as_json)
            return
        with screen.spinner("Restoring", quiet=as_json):
            done = steps.restore(path, url, settings.home)
    record = {
        "how": "restored",
        "tables": len(done.manifest.tables),
        "rows": done.manifest.rows,
        "revision": done.manifest.revision,
        "dagster": done.dagster,
        "elapsed_s": round(done.elapsed_s, 3),
    }
    words = (
        f"Restored {record['tables']} tables, {done.manifest.rows:,} rows, each table equal to "
        f"what was saved; revision {done.manifest.revision}, {done.elapsed_s:.1f} s"
    )
    _tell(record, words, as_json)
    if not as_json:
        screen.say("Next: `odds db migrate`, then `odds db roles` if there are roles.")


def relocate(as_json: AsJson = False) -> None:
    """Find the archives again after ODDS_HOME was moved, to another folder or machine."""
    from odds_pipeline.services.archive import relocated

    with platform() as opened:
        moved, missing = relocated(opened)
    if as_json:
        screen.show_json({"moved": moved, "missing": [str(path) for path in missing]})
    else:
        screen.say(f"{screen.YES} {moved} archives found at their new place")
    if missing:
        raise NotFound(f"{len(missing)} archives are not there, the first one {missing[0]}")


@contextmanager
def _address(settings: Settings, *, make: bool = False) -> Iterator[str]:
    """The database's address; an embedded one is made only where that is asked for."""
    from odds_pipeline.redaction import hide_password
    from odds_pipeline.storage.database import database

    if not make:
        require_database(settings)
    with database(settings.direct_database, settings.home) as url:
        hide_password(url)
        yield url


def _record(one: "Backup") -> dict[str, Any]:
    verified = one.verified
    return {
        "name": one.path.name,
        "path": str(one.path),
        "moment": one.manifest.moment,
        "revision": one.manifest.revision,
        "kind": one.manifest.kind,
        "rows": one.manifest.rows,
        "bytes": one.manifest.bytes,
        "elapsed_s": one.manifest.elapsed_s,
        "verified_at": None if verified is None else verified.at,
        "verified_how": None if verified is None else verified.how,
        "verified_elapsed_s": None if verified is None else verified.elapsed_s,
    }


def _tables(one: "Backup") -> list[dict[str, Any]]:
    return [{"table": name} | content._asdict() for name, content in one.manifest.tables.items()]


def _proven(how: str) -> str:
    if how == "restored":
        return "Proven: restored beside the database, every table equal"
    return "Read to its end; not restored, since this user may not create databases"


def _tell(record: dict[str, Any], words: str, as_json: bool) -> None:
    if as_json:
        screen.show_json(record)
    else:
        screen.say(f"{screen.YES} {words}")
