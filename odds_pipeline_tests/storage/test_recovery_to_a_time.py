"""A base backup and archived WAL bring a server back to a stated moment, as docs/database.md says.

Slow: two servers and a base backup.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from odds_pipeline.storage.embedded.account import account_of, hand_over
from odds_pipeline.storage.embedded.binaries import Binaries, find_binaries
from odds_pipeline_tests.webserver.running import free_port

pytestmark = pytest.mark.slow


@contextmanager
def _server(data: Path, port: int, *options: str) -> Iterator[str]:
    """A server on a folder: trusting, on loopback only."""
    binaries = find_binaries()
    account = account_of(data, binaries)
    chosen = " ".join(
        f"-c {option}"
        for option in (
            *(f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=''"),
            *options,
        )
    )
    control: list[str | Path] = [
        binaries.pg_ctl,
        "--wait",
        f"--pgdata={data}",
        f"--log={data.parent / 'log'}",
    ]
    started = account.run([*control, f"--options={chosen}", "start"])
    assert started.returncode == 0, (data.parent / "log").read_text()
    try:
        yield f"postgresql://owner@127.0.0.1:{port}/postgres"
    finally:
        account.run([*control, "--mode=immediate", "stop"])


def _folder(path: Path) -> Path:
    path.mkdir()
    hand_over(path)
    return path


def _run(binaries: Binaries, folder: Path, program: str, *arguments: str) -> None:
    done = account_of(folder, binaries).run([binaries.prefix / "bin" / program, *arguments])
    assert done.returncode == 0, done.stderr


def test_what_came_after_the_moment_is_not_there(home: Path) -> None:
    home.chmod(0o755)
    binaries, port, other = find_binaries(), free_port(), free_port()
    first, wal, second = (_folder(home / name) for name in ("first", "wal", "second"))
    data, base = first / "data", second / "base"
    _run(
        binaries,
        first,
        "initdb",
        f"--pgdata={data}",
        "--username=owner",
        "--auth=trust",
        "--encoding=UTF8",
    )
    archive = f"test ! -f {wal}/%f && cp %p {wal}/%f"
    with _server(data, port, "archive_mode=on", f"archive_command='{archive}'") as url:
        _run(
            *(binaries, second, "pg_basebackup", f"--pgdata={base}", "--checkpoint=fast"),
            *("--wal-method=none", f"--dbname={url}"),
        )
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("CREATE TABLE told (what text)")
            conn.execute("INSERT INTO told VALUES ('before')")
            moment: datetime
            (moment,) = conn.execute("SELECT clock_timestamp()").fetchone() or (None,)
            conn.execute("INSERT INTO told VALUES ('after')")
            conn.execute("SELECT pg_switch_wal()")
            (last,) = conn.execute(
                "SELECT pg_walfile_name(pg_current_wal_lsn() - 1)"
            ).fetchone() or (None,)
            while conn.execute(
                "SELECT last_archived_wal >= %s FROM pg_stat_archiver", (last,)
            ).fetchone() != (True,):
                conn.execute("SELECT pg_stat_clear_snapshot(), pg_sleep(0.1)")
    (base / "recovery.signal").touch()
    recovery = (
        f"restore_command='cp {wal}/%f %p'",
        f"recovery_target_time='{moment.isoformat()}'",
        "recovery_target_action=promote",
    )
    with _server(base, other, *recovery) as url, psycopg.connect(url, autocommit=True) as conn:
        while conn.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
            conn.execute("SELECT pg_sleep(0.1)")
        assert conn.execute("SELECT what FROM told").fetchall() == [("before",)]
        conn.execute("INSERT INTO told VALUES ('and on')")
