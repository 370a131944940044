"""`odds db roles`: the roles that collect and read, with passwords of their own.

Belongs here: options and what is printed. Does not belong here: rights (``storage.roles``).
"""

from typing import TYPE_CHECKING

from pydantic import SecretStr

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import configured, require_database
from odds_pipeline.errors import StorageError, UsageError
from odds_pipeline.settings import Settings

if TYPE_CHECKING:
    from odds_pipeline.storage.roles import Role

SHORTEST = 12
_MAY = {
    "collector": "add rows and work on them; raw responses, the ledger and facts only grow",
    "researcher": "read",
}
_COLUMNS = (
    Column("role", "role"),
    Column("exists", "exists"),
    Column("password_set", "password set now"),
    Column("may", "may"),
)


def roles(as_json: AsJson = False) -> None:
    """Make the database's collector and researcher, or renew their passwords and rights.

    Passwords come from DATABASE_COLLECTOR_PASSWORD and DATABASE_RESEARCHER_PASSWORD, or the files
    that those names with _FILE name; there is no default. Without either, the roles are listed.
    """
    from odds_pipeline.redaction import hide_password
    from odds_pipeline.storage.database import database

    settings = configured()
    require_database(settings)
    given = _passwords(settings)
    with database(settings.direct_database, settings.home) as url:
        hide_password(url)
        found = renew(settings, url)
    rows = [
        {
            "role": role.name,
            "exists": role.exists,
            "password_set": role.kind in given,
            "may": _MAY[role.kind],
        }
        for role in found
    ]
    if as_json:
        screen.show_json(rows)
        return
    screen.show_table(rows, _COLUMNS, screen.zone_named("UTC"))
    if not given:
        screen.say(
            "To make one: DATABASE_COLLECTOR_PASSWORD=… or DATABASE_RESEARCHER_PASSWORD=… "
            "odds db roles"
        )


def renew(settings: Settings, url: str) -> "list[Role]":
    """Make the roles that have a password in the settings, and renew the rights of all there are.

    Args:
        settings: with the passwords, if any.
        url: our database, as its owner.

    Raises:
        UsageError: a password is too short.
        StorageError: this user may not make roles.
    """
    from odds_pipeline.storage import roles as storage
    from odds_pipeline.storage.content import connected

    given = _passwords(settings)
    with connected(url) as conn:
        for role in storage.roles(conn):
            if role.kind in given:
                storage.set_password(conn, role, given[role.kind])
        found = storage.roles(conn)
        there = {role.kind: role.name for role in found if role.exists}
        owner = storage.is_owner(conn)
        if there and owner:
            storage.grant(conn, there)
    if owner:  # once the roles are there for everybody
        _grant_dagster(url, there)
    return found


def _grant_dagster(url: str, there: dict[str, str]) -> None:
    from odds_pipeline.storage import roles as storage
    from odds_pipeline.storage.content import connected
    from odds_pipeline.storage.urls import dagster_database

    if storage.COLLECTOR not in there:
        return
    try:
        with connected(dagster_database(url)) as conn:
            storage.grant_dagster(conn, there[storage.COLLECTOR])
    except StorageError:
        return  # Dagster has no database yet


def _passwords(settings: Settings) -> dict[str, str]:
    named = {
        "collector": settings.database_collector_password,
        "researcher": settings.database_researcher_password,
    }
    return {kind: _long(kind, secret) for kind, secret in named.items() if secret is not None}


def _long(kind: str, secret: SecretStr) -> str:
    password = secret.get_secret_value()
    if len(password) < SHORTEST:
        raise UsageError(
            f"DATABASE_{kind.upper()}_PASSWORD has fewer than {SHORTEST} characters; "
            "for example: openssl rand -hex 24"
        )
    return password
