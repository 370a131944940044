"""Files of the embedded server under ``<home>/postgres/``, and who owns them.

Belongs here: paths, private files, ownership. Does not belong here: locks, processes.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from odds_pipeline.errors import DatabaseUnavailable

# Root's server runs as another account, which must pass through our folder but not list it.
_FOLDER_MODE = 0o711 if os.geteuid() == 0 else 0o700


@dataclass(frozen=True)
class Layout:
    """Paths of one embedded server; ``folder`` is ``<home>/postgres``."""

    folder: Path

    @property
    def data(self) -> Path:
        """The cluster; exists only when ``initdb`` has finished."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server and ``pg_ctl`` write."""
        return self.folder / "server.log"

    @property
    def password(self) -> Path:
        """Password of the superuser, mode 0600."""
        return self.folder / "password"

    @property
    def port(self) -> Path:
        """Port of the last start."""
        return self.folder / "port"

    @property
    def kept(self) -> Path:
        """Exists while the server is to stay up after its last user."""
        return self.folder / "kept"

    @property
    def start_lock(self) -> Path:
        """Held exclusively by whoever starts or stops the server."""
        return self.folder / "start.lock"

    @property
    def users_lock(self) -> Path:
        """Held shared by every process that uses the server."""
        return self.folder / "users.lock"

    def create(self) -> None:
        """Make the folder where it is missing.

        Raises:
            DatabaseUnavailable: it cannot be made, or belongs to another user.
        """
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            if not self.folder.exists():
                self.folder.mkdir(exist_ok=True)
                self.folder.chmod(_FOLDER_MODE)
                give_to_owner_of(self.folder.parent, self.folder)
        except OSError as refused:
            raise no_embedded_server(self.folder, str(refused.strerror)) from None
        self.require_writable()

    def require_writable(self) -> None:
        """Make sure that this process may use the folder.

        Raises:
            DatabaseUnavailable: it belongs to another user.
        """
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise no_embedded_server(self.folder, "it belongs to another user")


def no_embedded_server(folder: Path, reason: str) -> DatabaseUnavailable:
    """The error that says why there can be no embedded server here, and the ways out."""
    return DatabaseUnavailable(
        f"no embedded PostgreSQL in {folder}: {reason}; "
        "set ODDS_HOME to a folder of your own or DATABASE_URL to a server of your own"
    )


def write_private(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` in one step, mode 0600, durable."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    give_to_owner_of(path.parent, fresh)
    fresh.replace(path)
    sync_folder(path.parent)


def give_to_owner_of(folder: Path, path: Path) -> None:
    """When root, hand ``path`` to the folder's owner, so that a user's folder stays the user's."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def sync_folder(folder: Path) -> None:
    """Make renames inside ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
