"""The embedded server as its users see it: acquire it, use its URL, release it.

Every user holds a shared lock; the last one to leave stops the server unless it is kept. Starting
and stopping happen under one exclusive lock, so two starters give one server, and whoever is
killed leaves a server that the next user adopts.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg import sql

from odds_pipeline.errors import AlreadyRunning, DatabaseUnavailable
from odds_pipeline.storage.embedded.binaries import Binaries, find_binaries
from odds_pipeline.storage.embedded.cluster import (
    SUPERUSER,
    choose_port,
    create_cluster,
    start_server,
    stop_server,
)
from odds_pipeline.storage.embedded.layout import Layout, write_private
from odds_pipeline.storage.embedded.locks import FileLock, exclusively
from odds_pipeline.storage.embedded.ports import LOOPBACK
from odds_pipeline.storage.embedded.postmaster import Postmaster, disown, read_postmaster

DATABASES = ("odds", "odds_dagster")
_START_ATTEMPTS = 5
_SETTLE_S = 120.0
_POLL_S = 0.05


@dataclass(frozen=True)
class ServerStatus:
    """What `odds doctor` and `odds status` say of the embedded server."""

    folder: Path
    initialised: bool
    running: bool
    pid: int | None
    port: int | None
    kept: bool


class EmbeddedServer:
    """One process's use of the PostgreSQL server under a home folder.

    Args:
        home: the platform's home folder; the server lives in ``<home>/postgres``.
        durable: False turns every sync to disk off, for servers that are thrown away.
    """

    def __init__(self, home: Path, durable: bool = True) -> None:
        self._layout = Layout(home.expanduser().resolve() / "postgres")
        self._durable = durable
        self._users = FileLock(self._layout.users_lock)

    def __enter__(self) -> str:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def acquire(self) -> str:
        """Make the server run with our databases, and count this process among its users.

        Returns:
            ``postgresql+psycopg://…/odds`` on 127.0.0.1, with the password.

        Raises:
            DatabaseUnavailable: it cannot be created, started or logged in to.
        """
        self._layout.create()
        try:
            with exclusively(self._layout.start_lock):
                if not self._users.held:
                    self._users.share()
                port = self._ensure_running(find_binaries())
                password = self._password()
                _create_databases(self._layout.data, port, password)
        except BaseException:
            self.release()
            raise
        return f"postgresql+psycopg://{SUPERUSER}:{password}@{LOOPBACK}:{port}/{DATABASES[0]}"

    def release(self) -> None:
        """Leave; the last user stops the server unless it is kept."""
        if not self._users.held:
            return
        self._users.release()
        with exclusively(self._layout.start_lock):
            if not self._layout.kept.exists():
                self._stop_if_unused()

    def keep(self) -> None:
        """Let the server stay up after its last user, until `stop`."""
        self._layout.create()
        write_private(self._layout.kept, "")

    def stop(self) -> None:
        """Undo `keep` and stop the server.

        Raises:
            AlreadyRunning: it is in use; it now stops when its last user ends.
            DatabaseUnavailable: it did not stop.
        """
        if not self._layout.folder.exists():
            return
        self._layout.require_writable()
        with exclusively(self._layout.start_lock):
            self._layout.kept.unlink(missing_ok=True)
            if not self._stop_if_unused():
                raise AlreadyRunning(
                    f"the embedded PostgreSQL in {self._layout.folder} is in use; "
                    "it stops by itself when the last odds process using it ends"
                )

    def status(self) -> ServerStatus:
        """What is there now; starts and changes nothing."""
        found = _alive(self._layout.data)
        return ServerStatus(
            folder=self._layout.folder,
            initialised=self._layout.data.exists(),
            running=found is not None and found.ready,
            pid=found.pid if found else None,
            port=found.port if found else None,
            kept=self._layout.kept.exists(),
        )

    def _stop_if_unused(self) -> bool:
        if not self._users.try_exclude():
            return False
        try:
            if _alive(self._layout.data):
                stop_server(self._layout, find_binaries())
        finally:
            self._users.release()
        return True

    def _ensure_running(self, binaries: Binaries) -> int:
        if not self._layout.data.exists():
            create_cluster(self._layout, binaries, self._durable)
        reason = ""
        for _ in range(_START_ATTEMPTS):
            port = _settled_port(self._layout.data)
            if port is not None:
                return port
            disown(self._layout.data)
            port = choose_port(self._layout)
            failure = start_server(self._layout, binaries, port, self._durable)
            if failure is None:
                return port
            reason = failure
            # Orphaned backends of a killed server need a moment to notice and leave.
            time.sleep(10 * _POLL_S)
        raise DatabaseUnavailable(
            f"the embedded PostgreSQL does not start: {reason} (log: {self._layout.log})"
        )

    def _password(self) -> str:
        try:
            return self._layout.password.read_text()
        except OSError as missing:
            reason = missing.strerror
        raise DatabaseUnavailable(
            f"the embedded PostgreSQL's password file {self._layout.password}: {reason}; "
            "restore it, or set DATABASE_URL"
        )


def _alive(data: Path) -> Postmaster | None:
    found = read_postmaster(data)
    return found if found and found.alive else None


def _settled_port(data: Path) -> int | None:
    """Port of the running server, waited for while it starts or stops; None if none runs."""
    deadline = time.monotonic() + _SETTLE_S
    while time.monotonic() < deadline:
        found = _alive(data)
        if found is None:
            return None
        if found.ready:
            return found.port
        time.sleep(_POLL_S)
    raise DatabaseUnavailable(f"the PostgreSQL server of {data} neither starts nor stops")


def _create_databases(data: Path, port: int, password: str) -> None:
    """Log in, make sure that the server is ours, and create the missing databases."""
    try:
        with psycopg.connect(
            host=LOOPBACK,
            port=port,
            user=SUPERUSER,
            password=password,
            dbname="postgres",
            connect_timeout=10,
            autocommit=True,
        ) as connection:
            _require_ours(connection, data)
            present = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
            for name in DATABASES:
                if name not in present:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return
    except psycopg.Error as refused:
        reason = str(refused).strip().splitlines()[-1]
    raise DatabaseUnavailable(
        f"the embedded PostgreSQL on port {port} does not let us in: {reason}"
    )


def _require_ours(connection: psycopg.Connection[tuple[str, ...]], data: Path) -> None:
    shown = connection.execute("SHOW data_directory").fetchone()
    if shown is None or Path(shown[0]) != data:
        raise DatabaseUnavailable(
            f"the PostgreSQL server on port {connection.info.port} is not that of {data}"
        )
