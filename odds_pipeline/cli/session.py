"""Opening the platform for a command: settings, log file, database.

Belongs here: what nearly every command does first. Does not belong here: Dagster's instance
(``instance``), the commands.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from odds_pipeline.errors import SchemaOutOfDate
from odds_pipeline.log_file import start_logging
from odds_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from odds_pipeline.services.platform import Platform


def configured() -> Settings:
    """The settings, with logging started as they say.

    Raises:
        SettingsError: a setting is wrong.
    """
    settings = load_settings()
    start_logging(settings)
    return settings


@contextmanager
def platform() -> Iterator["Platform"]:
    """The platform on the configured database.

    Raises:
        SettingsError: a setting is wrong.
        DatabaseUnavailable: the database cannot be reached.
        SchemaOutOfDate: there is no database yet, or it is at another revision.
    """
    settings = configured()
    require_database(settings)
    from odds_pipeline.composition import open_platform

    with open_platform(settings) as opened:
        yield opened


def require_database(settings: Settings) -> None:
    """Refuse to make an embedded server only to find it empty.

    Raises:
        SchemaOutOfDate: there is no database of one's own and no embedded one yet.
    """
    if settings.database_url is not None:
        return
    from odds_pipeline.storage.embedded import EmbeddedServer

    if not EmbeddedServer(settings.home).status().initialised:
        raise SchemaOutOfDate(
            f"there is no database in {settings.home} yet; run `odds up` (or `odds db migrate`)"
        )
