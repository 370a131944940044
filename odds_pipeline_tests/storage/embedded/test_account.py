"""The server runs for root and for users, in folders root alone can enter, changing no modes."""

import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from odds_pipeline.errors import DatabaseUnavailable
from odds_pipeline.storage.embedded import EmbeddedServer
from odds_pipeline.storage.embedded.binaries import find_binaries
from odds_pipeline_tests.storage.embedded.conftest import StartUser, servers_of

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
NOBODY = pwd.getpwnam("nobody").pw_uid


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder every account can reach."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        yield folder
        assert not servers_of(folder)


def modes(folder: Path) -> dict[Path, int]:
    return {each: stat.S_IMODE(each.stat().st_mode) for each in (folder, *folder.parents)}


def capabilities(pid: int) -> str:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith("CapEff"))


@only_root
def test_root_runs_it_as_nobody_without_capabilities_where_nobody_can_go(open_folder: Path) -> None:
    with EmbeddedServer(open_folder, durable=False):
        (postmaster,) = servers_of(open_folder)
        assert postmaster.uids().real == NOBODY
        assert int(capabilities(postmaster.pid), 16) == 0


@only_root
def test_root_runs_it_in_a_private_tree_and_changes_no_mode(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    before = modes(private)
    with EmbeddedServer(private / "home", durable=False):
        (postmaster,) = servers_of(private)
        assert postmaster.uids().real == NOBODY
    with EmbeddedServer(private / "home", durable=False):
        pass
    assert modes(private) == before
    assert not servers_of(private)


@only_root
def test_root_runs_programs_that_only_root_can_read(tmp_path: Path, start_user: StartUser) -> None:
    installed = find_binaries().prefix.parent
    site = tmp_path / "site"
    for name in (installed.name, f"{installed.name}.libs"):
        shutil.copytree(installed.parent / name, site / name)
    for each in [site, *site.rglob("*")]:
        each.chmod(stat.S_IMODE(each.stat().st_mode) & 0o700)
    user = start_user(tmp_path / "home", python_path=str(site))
    user.url()
    (postmaster,) = servers_of(tmp_path)
    assert Path(postmaster.exe()).is_relative_to(site)
    assert user.leave() == 0


@only_root
def test_without_setpriv_root_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DatabaseUnavailable, match=r"setpriv.*DATABASE_URL") as caught:
        EmbeddedServer(private, durable=False).acquire()
    assert "\n" not in str(caught.value)
    assert not list(private.glob("postgres/partial-*"))


@only_root
def test_a_user_runs_it_as_itself(open_folder: Path, start_user: StartUser) -> None:
    home = open_folder / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    home.chmod(0o700)
    user = start_user(home, uid=NOBODY)
    user.url()
    (postmaster,) = servers_of(home)
    assert postmaster.uids().real == NOBODY
    assert user.leave() == 0
    with EmbeddedServer(home, durable=False):
        assert len(servers_of(home)) == 1
    again = start_user(home, uid=NOBODY)
    again.url()
    assert again.leave() == 0, "root's use of a user's folder must leave it usable"


@only_root
def test_a_user_is_told_that_the_folder_is_another_s(
    open_folder: Path, start_user: StartUser
) -> None:
    with EmbeddedServer(open_folder / "home", durable=False):
        pass
    user = start_user(open_folder / "home", uid=NOBODY)
    _, said = user.process.communicate(timeout=60)
    assert user.process.returncode
    assert "belongs to another user" in said.splitlines()[-1]


def test_finding_the_programs_runs_none_of_the_package() -> None:
    process = psutil.Process()
    before = {file.path for file in process.open_files()}
    assert find_binaries().postgres.is_file()
    assert {file.path for file in process.open_files()} == before
