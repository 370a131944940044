"""A home folder per test, processes that use its server, and proof that none stays behind."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[3]
StartUser = Callable[..., "User"]


def environment(python_path: str = "") -> dict[str, str]:
    paths = filter(None, [python_path, str(ROOT), str(Path(psutil.__file__).parents[1])])
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@cache
def interpreter(uid: int | None) -> str:
    """A Python of our version that this account may run; root's own is often in a private home."""
    if uid is None:
        return sys.executable
    version = f"python3.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        try:
            tried = subprocess.run(
                [candidate, "-c", "import odds_pipeline.storage.embedded"],
                user=uid,
                group=uid,
                extra_groups=[],
                cwd="/",
                env=environment(),
                capture_output=True,
                check=False,
            )
        except OSError:
            continue
        if tried.returncode == 0:
            return candidate
    pytest.skip(f"no {version} with our packages that user id {uid} may run")


class User:
    """One process that uses the server of ``home``."""

    def __init__(self, home: Path, uid: int | None = None, python_path: str = "") -> None:
        self.process = subprocess.Popen(
            [
                interpreter(uid),
                "-m",
                "odds_pipeline_tests.storage.embedded.user_process",
                str(home),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            user=uid,
            group=uid,
            extra_groups=None if uid is None else [],
            cwd="/",
            env=environment(python_path),
        )

    def url(self) -> str:
        """Wait until the server answers."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line, self.process.communicate()[1]
        return line

    def leave(self) -> int:
        """End in order; returns the exit code."""
        self.process.communicate(timeout=60)
        return self.process.returncode

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


def servers_of(folder: Path) -> list[psutil.Process]:
    """Postmasters started for a folder below this one."""
    return [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == "postgres"
        and any(part.startswith(str(folder)) for part in process.info["cmdline"] or [])
    ]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    left = servers_of(tmp_path)
    for process in left:
        process.kill()
    assert not left, "a server was left behind"


@pytest.fixture
def start_user() -> Iterator[StartUser]:
    started: list[User] = []

    def start(home: Path, uid: int | None = None, python_path: str = "") -> User:
        started.append(User(home, uid, python_path))
        return started[-1]

    yield start
    for user in started:
        if user.process.poll() is None:
            user.kill()
