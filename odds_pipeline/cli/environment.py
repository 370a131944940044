"""The environment in which Dagster's own programs find this platform.

Belongs here: the variables for child processes and for `eval "$(odds env)"`, and Dagster's home
folder, whose files are links to the repository's. Does not belong here: starting anything.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path

import odds_pipeline
from odds_pipeline.errors import UsageError
from odds_pipeline.settings import Settings
from odds_pipeline.storage.urls import dagster_database, dagster_url
from odds_pipeline.storage.urls import data_url as with_data_driver

_LINKED = ("dagster.yaml", "workspace.yaml")


def environment(settings: Settings, data_url: str) -> dict[str, str]:
    """Variables that make `dagster` and `odds` find the same databases and home folder.

    Args:
        settings: read for the home folder and the server's own address.
        data_url: URL of our database, with its password, in any accepted scheme.

    Raises:
        SettingsError: ``data_url`` is not the URL of a PostgreSQL database.
        UsageError: the repository's ``dagster.yaml`` is not found.
    """
    return {
        "DATABASE_URL": with_data_driver(data_url),
        "ODDS_DAGSTER_PG_URL": dagster_url(dagster_database(settings.direct_database or data_url)),
        "ODDS_HOME": str(settings.home),
        "DAGSTER_HOME": str(_linked_dagster_home(settings.home)),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
    }


def export_lines(variables: Mapping[str, str]) -> str:
    """The variables as lines a POSIX shell can evaluate."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())


def project_root() -> Path:
    """The folder of the repository this package was installed from.

    Raises:
        UsageError: the package was installed without its repository.
    """
    package = Path(odds_pipeline.__file__).resolve().parent
    for folder in package.parents:
        if all((folder / name).is_file() for name in _LINKED):
            return folder
    raise UsageError(
        f"no dagster.yaml above {package}: run from the repository, installed with `pip install -e`"
    )


def _linked_dagster_home(home: Path) -> Path:
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    for name in _LINKED:
        _link(folder / name, project_root() / name)
    return folder


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)
