"""Whether the database holds what this code describes: tables by Alembic's comparison, guards.

Belongs here: finding differences and putting them into words. Does not belong here: revisions
(``cli.migrations``), mending anything.
"""

import re
from typing import Any

from sqlalchemy import Connection, text

from odds_pipeline.storage.tables import metadata

PARTITION = re.compile(r"_\d{4}_\d{2}$")
_CHANGED = {
    "modify_type": "type",
    "modify_default": "default",
    "modify_nullable": "nullable",
    "modify_comment": "comment",
}


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Leave monthly partitions to the writers that make them."""
    return kind != "table" or name is None or PARTITION.search(name) is None


def differences(conn: Connection) -> list[str]:
    """What the database has otherwise than the code describes it, a line each; empty: nothing.

    Views and functions are not compared; the triggers that keep rows immutable must be in force.
    """
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(
        conn,
        opts={"compare_type": True, "compare_server_default": True, "include_name": ours},
    )
    found: list[Any] = []
    for each in compare_metadata(context, metadata):
        found.extend(each if isinstance(each, list) else [each])
    return [*map(_told, found), *_disabled(conn)]


def _told(difference: tuple[Any, ...]) -> str:
    what = str(difference[0])
    if what in _CHANGED:
        _, _, table, column, _, has, wanted = difference
        return f"{table}.{column}: {_CHANGED[what]} is {has}, the code has {wanted}"
    side, _, kind = what.partition("_")
    where = "only the code has" if side == "add" else "only the database has"
    return f"{where} the {kind} {_name(difference[1:])}"


def _name(parts: tuple[Any, ...]) -> str:
    """The object's own name, below its table where it has one."""
    thing = parts[-1]
    name = getattr(thing, "name", None) or str(thing)
    table = getattr(thing, "table", None)
    return name if table is None or table is thing else f"{table.name}.{name}"


def _disabled(conn: Connection) -> list[str]:
    rows = conn.execute(
        text(
            """SELECT tgrelid::regclass::text, tgname FROM pg_trigger
            WHERE NOT tgisinternal AND tgenabled = 'D' ORDER BY 1, 2"""
        )
    )
    return [f"the trigger {name} of {table} is switched off" for table, name in rows]
