"""The database's revisions through Alembic's own API: where it is, up, down.

Belongs here: calls of Alembic. Does not belong here: what a revision does (``migrations/``),
differences from the code (``storage.drift``), printing.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from odds_pipeline.cli.environment import project_root
from odds_pipeline.errors import UsageError
from odds_pipeline.settings import Settings

if TYPE_CHECKING:
    from alembic.config import Config


@dataclass(frozen=True, slots=True)
class Revision:
    """One migration; ``applied`` says whether the database has it."""

    revision: str
    what: str
    applied: bool


def migrate() -> None:
    """Run every missing migration on the database that the environment's settings name.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
        UsageError: the package was installed without its repository.
    """
    from alembic import command

    command.upgrade(_config(), "head")


def downgrade(revision: str) -> None:
    """Take back every migration after that one; ``base`` takes back all.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
    """
    from alembic import command

    command.downgrade(_config(), revision)


def revisions(current: str | None) -> list[Revision]:
    """Every migration there is, newest first.

    Args:
        current: the database's revision; ``None`` where nothing was migrated.

    Raises:
        UsageError: this code does not know that revision.
    """
    from alembic.script import ScriptDirectory

    scripts = list(ScriptDirectory.from_config(_config()).walk_revisions())
    names = [script.revision for script in scripts]
    if current is not None and current not in names:
        raise UsageError(
            f"the database is at revision {current}, which this code does not know: it was made by "
            "newer code; use that"
        )
    place = len(names) if current is None else names.index(current)
    return [
        Revision(script.revision, (script.doc or "").rstrip("."), number >= place)
        for number, script in enumerate(scripts)
    ]


def require_reachable(settings: Settings) -> None:
    """Say in our words when the server is not there, before Alembic says it in its own.

    Raises:
        DatabaseUnavailable: no connection can be made.
    """
    from odds_pipeline.storage.engine import open_engine, transaction

    if settings.direct_database is None:
        return
    engine = open_engine(settings.direct_database)
    try:
        with transaction(engine):
            pass
    finally:
        engine.dispose()


def _config() -> "Config":
    from alembic.config import Config

    return Config(toml_file=project_root() / "pyproject.toml")
