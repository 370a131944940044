"""Dagster's instance and our database, open in this process, as its own programs find them.

Belongs here: exporting the environment that Dagster reads, its database, its instance, and
keeping its chatter out of the terminal. Does not belong here: runs (``orchestration``).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from typing import TYPE_CHECKING

from odds_pipeline.cli.environment import environment
from odds_pipeline.cli.session import configured, require_database
from odds_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from odds_pipeline.services.platform import Platform


@contextmanager
def exported(settings: Settings) -> Iterator[Settings]:
    """The settings with the database named in them, and in the environment of this process.

    Children and Dagster's code find the same database while the block lasts, an embedded server's
    included.

    Raises:
        DatabaseUnavailable: the database cannot be reached or started.
    """
    from odds_pipeline.storage.database import database

    with database(settings.own_database, settings.home) as address:
        prepare_dagster_database(settings, address)
        os.environ.update(environment(settings, address))
        yield load_settings()


def prepare_dagster_database(settings: Settings, address: str) -> None:
    """Make Dagster's database where the server is one's own; the embedded one has it.

    Raises:
        DatabaseUnavailable: the server cannot be reached, or refuses.
    """
    from odds_pipeline.storage.databases import ensure_database
    from odds_pipeline.storage.urls import dagster_database

    if settings.database_url is not None:
        direct = settings.direct_database or address
        ensure_database(dagster_database(direct), direct)


@contextmanager
def shown_platform() -> "Iterator[tuple[Platform, Settings]]":
    """The platform, with the settings by which ``dagster_instance`` finds where to show its work.

    Raises:
        SettingsError: a setting is wrong.
        DatabaseUnavailable: the database cannot be reached.
        SchemaOutOfDate: there is no database yet, or it is at another revision.
    """
    from odds_pipeline.composition import open_platform

    settings = configured()
    require_database(settings)
    with exported(settings) as named, open_platform(named) as platform:
        yield platform, named


@contextmanager
def reporting_instance(settings: Settings) -> Iterator["DagsterInstance"]:
    """As ``dagster_instance``, for reports of many days: the server syncs to disk when it likes.

    What a crash loses of them is found missing and reported by the next import.
    """
    from odds_pipeline.storage.databases import synced_later

    with synced_later(), dagster_instance(settings) as instance:
        yield instance


@contextmanager
def dagster_instance(settings: Settings) -> Iterator["DagsterInstance"]:
    """The instance that the exported environment names; call within ``exported``.

    Dagster writes each event of a run to standard error; for the length of the block that goes
    to ``<home>/logs/runs.log``.
    """
    log = settings.home / "logs" / "runs.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as file, redirect_stderr(file):
        from dagster import DagsterInstance

        from odds_pipeline.orchestration.connections import keep_connected

        with DagsterInstance.get() as instance:
            keep_connected(instance)
            yield instance
