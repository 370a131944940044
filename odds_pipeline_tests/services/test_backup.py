"""A backup taken while collection writes shows one moment, whole; old ones go, good ones stay."""

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import CaptureBasis
from odds_pipeline.errors import AlreadyRunning, StorageError
from odds_pipeline.services.backup import shelf
from odds_pipeline.services.backup.restore import drill
from odds_pipeline.services.backup.take import back_up
from odds_pipeline.storage import raw
from odds_pipeline.storage.databases import scratch_database
from odds_pipeline.storage.dumps import restore
from odds_pipeline.storage.embedded.locks import FileLock
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.urls import libpq_url
from odds_pipeline_tests.conftest import direct

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def database_url(database_url: str) -> str:
    """Backups go to the server itself."""
    return direct(database_url)


def _store(engine: Engine) -> None:
    record = raw.RawRecord(
        uuid.uuid4(), "test", "odds", {}, os.urandom(200), NOW, CaptureBasis.CLOCK
    )
    with transaction(engine) as conn:
        raw.store(conn, record)


@contextmanager
def _writing(engine: Engine) -> Iterator[None]:
    """Responses stored without a pause for the length of the block."""
    ends = Event()

    def write() -> None:
        while not ends.is_set():
            _store(engine)

    writer = Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        ends.set()
        writer.join()


def _stored(url: str) -> tuple[int, int, int, datetime | None]:
    with psycopg.connect(libpq_url(url)) as conn:
        row = conn.execute(
            """SELECT (SELECT count(*) FROM raw_responses), (SELECT count(*) FROM raw_bodies),
                (SELECT count(*) FROM pending_raw), (SELECT max(known_time) FROM raw_responses)"""
        ).fetchone()
    assert row is not None
    return row


def test_it_shows_one_moment_although_responses_keep_coming(
    engine: Engine, database_url: str, home: Path
) -> None:
    for _ in range(20):
        _store(engine)
    before = _stored(database_url)[0]
    with _writing(engine):
        made = back_up(database_url, home, home / "backups", NOW)
    after = _stored(database_url)[0]
    with scratch_database(database_url) as elsewhere:
        restore(made.path / "odds.dump", elsewhere)
        responses, bodies, pending, newest = _stored(elsewhere)
        with (
            psycopg.connect(libpq_url(elsewhere)) as conn,
            pytest.raises(psycopg.errors.RestrictViolation),
        ):
            conn.execute("DELETE FROM raw_responses")
    assert before <= responses < after
    assert responses == bodies == pending  # three tables of one transaction
    assert newest is not None
    assert newest <= made.manifest.moment  # known times are drawn before the commit that shows them
    with psycopg.connect(libpq_url(database_url)) as conn:
        row = conn.execute(
            "SELECT count(*) FROM raw_responses WHERE known_time <= %s", (newest,)
        ).fetchone()
    assert row == (responses,)
    assert drill(made.path, database_url, NOW).how == "restored"
    with psycopg.connect(libpq_url(database_url)) as conn:
        left = conn.execute("SELECT 1 FROM pg_database WHERE datname LIKE 'odds_drill_%'")
        assert left.fetchone() is None


def test_a_dump_that_lacks_a_row_is_found_out(
    engine: Engine, database_url: str, home: Path
) -> None:
    """What the files' digests cannot tell: that the dump is not what was there."""
    _store(engine)
    made = back_up(database_url, home, home / "backups", NOW)
    text = (made.path / "manifest.json").read_text()
    _store(engine)
    newer = back_up(database_url, home, home / "backups", NOW + timedelta(seconds=1))
    for name in ("odds.dump", "manifest.json"):
        shutil.copy(newer.path / name, made.path / name)
    (made.path / "manifest.json").write_text(_tables_of(text, newer.path / "manifest.json"))
    with pytest.raises(StorageError, match=r"not what was saved in .*raw_bodies"):
        drill(made.path, database_url, NOW)


def _tables_of(old: str, new: Path) -> str:
    """The new manifest with the tables of the old one."""
    return json.dumps(json.loads(new.read_text()) | {"tables": json.loads(old)["tables"]})


def test_who_may_not_make_databases_has_it_read_to_its_end(
    engine: Engine, database_url: str, home: Path
) -> None:
    made = back_up(database_url, home, home / "backups", NOW)
    role = f"plain_{uuid.uuid4().hex}"
    with psycopg.connect(libpq_url(database_url), autocommit=True) as conn:
        conn.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'long-enough-1'").format(sql.Identifier(role))
        )
        try:
            plain = f"postgresql://{role}:long-enough-1@{database_url.rpartition('@')[2]}"
            assert drill(made.path, plain, NOW).how == "read"
        finally:
            conn.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def test_old_ones_go_and_the_last_proven_one_stays(database_url: str, home: Path) -> None:
    folder = home / "backups"
    made = [back_up(database_url, home, folder, NOW + timedelta(seconds=n)).path for n in range(4)]
    assert [one.path for one in shelf.backups(folder)] == made[::-1]
    assert shelf.last_good(folder) is None
    drill(made[0], database_url, NOW)
    assert shelf.prune(folder, 2) == [made[1]]
    assert [one.path for one in shelf.backups(folder)] == [made[3], made[2], made[0]]
    good = shelf.last_good(folder)
    assert good is not None
    assert good.path == made[0]


def test_one_at_a_time_and_what_a_killed_one_left_goes(database_url: str, home: Path) -> None:
    folder = home / "backups"
    left = folder / ".odds-20260310T120000Z.1.part"
    left.mkdir(parents=True)
    lock = FileLock(folder / ".lock")
    assert lock.try_exclude()
    with pytest.raises(AlreadyRunning):
        back_up(database_url, home, folder, NOW)
    assert left.exists()
    lock.release()
    back_up(database_url, home, folder, NOW)
    assert not left.exists()


def test_no_password_stands_on_a_command_line(
    database_url: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def run(argv: list[str], **options: object) -> "subprocess.CompletedProcess[str]":
        told.extend(argv)
        return subprocess.CompletedProcess(argv, 1, "", "pg_dump: error: stopped")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(StorageError, match="stopped"):
        back_up(database_url, home, home / "backups", NOW)
    password = database_url.split(":")[2].partition("@")[0]
    assert told
    assert password not in " ".join(told)
    assert not shelf.backups(home / "backups")
