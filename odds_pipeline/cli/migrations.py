"""Bringing the database to this code's revision through Alembic's own API."""

from odds_pipeline.cli.environment import project_root
from odds_pipeline.settings import Settings


def migrate() -> None:
    """Run every missing migration on the database that the environment's settings name.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
        UsageError: the package was installed without its repository.
    """
    from alembic import command
    from alembic.config import Config

    command.upgrade(Config(toml_file=project_root() / "pyproject.toml"), "head")


def require_reachable(settings: Settings) -> None:
    """Say in our words when the server is not there, before Alembic says it in its own.

    Raises:
        DatabaseUnavailable: no connection can be made.
    """
    from odds_pipeline.storage.engine import open_engine, transaction

    if settings.database_url is None:
        return
    engine = open_engine(settings.database_url.get_secret_value())
    try:
        with transaction(engine):
            pass
    finally:
        engine.dispose()
