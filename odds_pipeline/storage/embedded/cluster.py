"""The cluster's own life: created once, started, stopped. The caller holds the start lock."""

import secrets
import shutil
from pathlib import Path

from odds_pipeline.errors import DatabaseUnavailable
from odds_pipeline.storage.embedded.account import account_of, hand_over
from odds_pipeline.storage.embedded.binaries import Binaries
from odds_pipeline.storage.embedded.layout import (
    Layout,
    give_to_owner_of,
    sync_folder,
    write_private,
)
from odds_pipeline.storage.embedded.ports import LOOPBACK, is_free

SUPERUSER = "odds"
# Below the range from which kernels give ports to outgoing connections.
_FIRST_PORT, _LAST_PORT = 20_000, 29_999
_PORT_ATTEMPTS = 100
_LARGEST_LOG_BYTES = 16 * 2**20
_WAIT_S = "60"
_ALWAYS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def create_cluster(layout: Layout, binaries: Binaries, durable: bool) -> None:
    """Run ``initdb`` beside its final place and move the finished cluster there.

    Args:
        layout: where the cluster goes.
        binaries: the PostgreSQL programs.
        durable: False skips the sync to disk, for clusters that are thrown away.

    Raises:
        DatabaseUnavailable: ``initdb`` failed, or cannot be run here.
    """
    for leftover in layout.folder.glob("partial-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    partial = layout.folder / f"partial-{secrets.token_hex(8)}"
    partial.mkdir(mode=0o700)
    try:
        hand_over(partial)
        _initialise(layout, partial, binaries, durable)
        (partial / "data").rename(layout.data)
        sync_folder(layout.folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _initialise(layout: Layout, partial: Path, binaries: Binaries, durable: bool) -> None:
    password = secrets.token_urlsafe(24)
    write_private(layout.password, password)
    write_private(partial / "password", password)
    made = account_of(partial, binaries).run(
        [
            binaries.initdb,
            f"--pgdata={partial / 'data'}",
            f"--username={SUPERUSER}",
            f"--pwfile={partial / 'password'}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--data-checksums",
            *([] if durable else ["--no-sync"]),
        ]
    )
    if made.returncode:
        raise DatabaseUnavailable(
            f"cannot create the embedded PostgreSQL in {layout.folder}: {_last_line(made.stderr)}"
        )


def start_server(layout: Layout, binaries: Binaries, port: int, durable: bool) -> str | None:
    """Start the server on ``port``.

    Returns:
        None when it is ready, else the last line of its log.
    """
    _open_log(layout)
    settings = _ALWAYS | {"port": str(port)} | ({} if durable else _THROW_AWAY)
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    started = account_of(layout.data, binaries).run(
        [
            binaries.pg_ctl,
            "start",
            "--wait",
            f"--timeout={_WAIT_S}",
            f"--pgdata={layout.data}",
            f"--log={layout.log}",
            f"--options={options}",
        ]
    )
    if started.returncode == 0:
        return None
    return _last_line(layout.log.read_text(errors="replace")) or _last_line(started.stderr)


def stop_server(layout: Layout, binaries: Binaries) -> None:
    """Stop the server in order; the caller knows that it runs.

    Raises:
        DatabaseUnavailable: it did not stop.
    """
    account = account_of(layout.data, binaries)
    for mode in ("fast", "immediate"):
        stopped = account.run(
            [
                binaries.pg_ctl,
                "stop",
                "--wait",
                f"--timeout={_WAIT_S}",
                f"--mode={mode}",
                f"--pgdata={layout.data}",
            ]
        )
        if stopped.returncode == 0:
            return
    raise DatabaseUnavailable(
        f"the embedded PostgreSQL in {layout.folder} did not stop: {_last_line(stopped.stderr)}"
    )


def choose_port(layout: Layout) -> int:
    """The port of the last start if it is free, else another one; kept for the next start.

    Raises:
        DatabaseUnavailable: no port is free.
    """
    last = layout.port.read_text().strip() if layout.port.exists() else ""
    if last.isdigit() and is_free(int(last)):
        return int(last)
    for _ in range(_PORT_ATTEMPTS):
        port = _FIRST_PORT + secrets.randbelow(_LAST_PORT - _FIRST_PORT + 1)
        if is_free(port):
            write_private(layout.port, f"{port}\n")
            return port
    raise DatabaseUnavailable(f"no free port on {LOOPBACK} for the embedded PostgreSQL")


def _open_log(layout: Layout) -> None:
    if layout.log.exists() and layout.log.stat().st_size > _LARGEST_LOG_BYTES:
        layout.log.replace(layout.log.with_suffix(".log.1"))
    layout.log.touch(mode=0o600)
    give_to_owner_of(layout.data, layout.log)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no reason given"
