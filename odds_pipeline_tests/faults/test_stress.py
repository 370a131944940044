"""Two collectors, four readers and a migration at once: the invariants hold, and answers stay."""

import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import NamedTuple

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from odds_pipeline.composition import open_platform
from odds_pipeline.services.recover import recover
from odds_pipeline.storage import readers
from odds_pipeline.storage.engine import open_engine, transaction
from odds_pipeline_tests.canary import found_in_database, found_in_files
from odds_pipeline_tests.conftest import migrate_here
from odds_pipeline_tests.faults import invariants, writer
from odds_pipeline_tests.faults.cases import Stage, processes
from odds_pipeline_tests.services.books import rows

SECONDS = float(os.environ.get("ODDS_STRESS_SECONDS", "60"))
READERS = 4
POLL_S = 0.02
BEFORE = "-1"  # running collectors of this code can work on the revision before its own


class Answer(NamedTuple):
    """What was asked, as known by a moment that had passed, and what was answered."""

    reader: int
    at: datetime
    known_by: datetime
    said: str


class Asking(threading.Thread):
    """Asks at random, and again what it asked before."""

    def __init__(self, engine: Engine, seed: int, over: threading.Event) -> None:
        super().__init__()
        self._engine = engine
        self._random = random.Random(seed)
        self._over = over
        self.answers: list[Answer] = []
        self.changed: list[Answer] = []
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            while not self._over.is_set():
                self._ask()
                if self.answers:
                    self.again(self._random.choice(self.answers))
        except Exception as failed:
            self.failure = failed

    def _ask(self) -> None:
        with transaction(self._engine) as conn:
            row = conn.execute(
                """SELECT (SELECT max(known_time) FROM normalisations),
                    (SELECT min(capture_time) FROM captures),
                    (SELECT max(capture_time) FROM captures)"""
            ).fetchone()
        assert row is not None
        known_by, first, last = row
        if known_by is not None:
            at = first + self._random.random() * (last - first + timedelta(hours=1))
            reader = self._random.randrange(3)
            said = self._answer(reader, at, known_by)
            self.answers.append(Answer(reader, at, known_by, said))

    def again(self, one: Answer) -> None:
        """Ask once more."""
        if self._answer(one.reader, one.at, one.known_by) != one.said:
            self.changed.append(one)

    def _answer(self, reader: int, at: datetime, known_by: datetime) -> str:
        with transaction(self._engine) as conn:
            events = [row[0] for row in conn.execute("SELECT event_id FROM event_ids ORDER BY 1")]
            if reader == 0:
                frame = readers.odds_at(conn, events, at, known_by)
            elif reader == 1:
                frame = readers.closing_lines(conn, events, known_by)
            else:
                week = timedelta(days=30)
                frame = readers.events_between(conn, at - week, at + week, None, at, known_by)
        return frame.to_csv(index=False)


@contextmanager
def _collecting(stage: Stage, seconds: float) -> Iterator[None]:
    """Two processes that share the slots, until they have ended."""
    files = (stage.acknowledged, stage.home / "another")
    running = [
        processes().Process(target=writer.write_for, args=(stage.environment(), file, seconds))
        for file in files
    ]
    for process in running:
        process.start()
    # A process that begins while the database is a revision down would refuse it, and rightly.
    while not all(file.exists() for file in files) and all(one.is_alive() for one in running):
        sleep(POLL_S)
    yield
    for process in running:
        process.join()
    assert [process.exitcode for process in running] == [0, 0]
    told = "".join(file.read_text() for file in files)
    stage.acknowledged.write_text(told)


def _stress(stage: Stage, seconds: float) -> str:
    """Run all at once for so long, judge, and say how much there was of each."""
    over = threading.Event()
    engine = open_engine(stage.database_url)
    asking = [Asking(engine, seed, over) for seed in range(READERS)]
    migrations = 0
    end = monotonic() + seconds
    with _collecting(stage, seconds):
        for thread in asking:
            thread.start()
        try:
            while migrations < 2 or monotonic() < end:
                migrate_here(stage.database_url, BEFORE)
                migrate_here(stage.database_url)
                migrations += 2
        finally:
            over.set()
            for thread in asking:
                thread.join()
    assert [thread.failure for thread in asking] == [None] * READERS
    for thread in asking:
        for one in thread.answers:
            thread.again(one)
        assert thread.changed == []
    engine.dispose()
    with open_platform(stage.settings) as platform:
        recover(platform)
        number = rows(platform, "SELECT count(*) FROM slots")[0][0]
        assert writer.collect(platform, number) is not None
        assert invariants.broken(platform, stage.charged(), stage.acknowledged) == []
        secret = make_url(stage.database_url).password
        assert secret
        with transaction(platform.engine) as conn:
            assert found_in_database(str(secret), conn) == []
        assert found_in_files(str(secret), stage.home) == []
    asked = sum(len(thread.answers) for thread in asking)
    return f"{number} slots, {asked:,} answers, {migrations} migrations in {seconds:g} s"


def test_collectors_readers_and_a_migration_at_once(stage: Stage) -> None:
    _stress(stage, 1.5)


@pytest.mark.slow
def test_collectors_readers_and_migrations_for_a_minute(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _stress(stage, SECONDS)
    with capsys.disabled():
        print(f"\n{said}")  # noqa: T201
