"""Every migration up, down and up again while two writers write: no row changes, nobody waits long.

Each step is made on a million quotes, with events, slots and issues beside them, and all rows that
were there before are compared with what is there after its pair. The first two revisions are left
out: without the second nothing draws a known time, so nobody can write.
"""

import statistics
import threading
import time
from collections import defaultdict
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import (
    Board,
    CaptureBasis,
    Document,
    EventOdds,
    EventStated,
    OddsCapture,
    Quote,
    Scope,
)
from odds_pipeline.storage import locks, normalisation, raw
from odds_pipeline.storage.captures import Item
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.facts import write_documents
from odds_pipeline.storage.memory import Memory
from odds_pipeline.storage.normalisation import Mark, Pending
from odds_pipeline_tests.conftest import REPOSITORY, migrate_here

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
START = NOON + timedelta(days=9)
OLDEST = "0002"
LONGEST_STALL_S = 0.5
QUIET_S = 3.0
FILLED_FROM = 1_000_000  # events that no writer touches
# Of a table the rows that no writer adds while a migration runs; all of those not named here.
BEFORE = {
    "event_selections": "event_no >= 1000000",
    "event_starts": "event_no >= 1000000",
    "event_statements": "event_no >= 1000000",
    "slots": "purpose = 'filled'",
    "data_quality_logs": "rule = 'filled'",
    "quality_flags": "log_id IN (SELECT id FROM data_quality_logs WHERE rule = 'filled')",
}
KNOWN = ("raw_responses", "raw_bodies", "normalisations", "captures", "snapshots", "quotes")
LEFT_OUT = {"alembic_version", "fact_state", "pending_raw"}  # says: a schema made anew; a queue

# A million quotes: so many events with fifty series each, and ten rows of each series.
_FILL = """
SELECT ensure_month('2026-02-01Z', ARRAY['quotes']);
INSERT INTO event_ids (event_no, event_id, sport_id) OVERRIDING SYSTEM VALUE
SELECT 1000000 + e, 'filled' || e, (SELECT min(sport_id) FROM sports)
FROM generate_series(1, {events} * 10) e;
INSERT INTO event_statements (event_no, capture_time, known_time, capture_id, matchup_id,
    commence_time, day_only)
SELECT 1000000 + e, c.capture_time, c.known_time, c.capture_id, m.matchup_id,
    '2026-02-01Z'::timestamptz + e * interval '1 minute', false
FROM generate_series(1, {events} * 10) e,
    (SELECT * FROM captures ORDER BY capture_id LIMIT 1) c,
    (SELECT * FROM matchups ORDER BY matchup_id LIMIT 1) m;
INSERT INTO quotes
SELECT '2026-02-01Z'::timestamptz + n * interval '1 minute', '2026-02-01Z', 1.5 + n % 7, NULL,
    1000000 + e, s, 0
FROM generate_series(1, {events}) e, generate_series(1, 50) s, generate_series(1, 10) n;
INSERT INTO slots (purpose, sport_key, slot_time, status, reason)
SELECT 'filled', 'a', '2020-01-01Z'::timestamptz + n * interval '5 minutes',
    CASE WHEN n % 10 = 0 THEN 'gap' ELSE 'ok' END, CASE WHEN n % 10 = 0 THEN 'missed' END
FROM generate_series(1, {events} * 50) n;
INSERT INTO data_quality_logs (partition, rule, issue_type, severity, event_id, description)
SELECT '2026-02-01', 'filled', 'a', 'warning', 'filled' || n % ({events} * 10) + 1, n::text
FROM generate_series(1, {events} * 25) n;
"""

# What a capture writes, in words that every revision knows: the first one's rows at another time.
_AGAIN = """
WITH capture AS (
    INSERT INTO captures (raw_id, known_time, capture_time, basis, event_count, kind, sport_id,
        scope_id, listing)
    SELECT %(raw_id)s, %(known)s, %(moment)s, basis, event_count, kind, sport_id, scope_id, listing
    FROM captures WHERE raw_id = %(first)s
    RETURNING capture_id
), snapshot AS (
    INSERT INTO snapshots (capture_time, known_time, commence_time, snapshot_id, event_no,
        capture_id, scope_id, layout_id, matchup_id, bookmaker_count, in_play, unlisted, ages)
    SELECT %(moment)s, %(known)s, s.commence_time, %(raw_id)s, s.event_no, c.capture_id,
        s.scope_id, s.layout_id, s.matchup_id, s.bookmaker_count, false, false, s.ages
    FROM snapshots s JOIN captures f USING (capture_id), capture c WHERE f.raw_id = %(first)s
    RETURNING event_no, matchup_id, commence_time, capture_id
), quote AS (
    INSERT INTO quotes (capture_time, known_time, price, event_no, selection_id, state)
    SELECT %(moment)s, %(known)s, %(price)s, q.event_no, q.selection_id, 0
    FROM quotes q JOIN snapshot USING (event_no) WHERE q.capture_time = %(began)s
), stated AS (
    INSERT INTO event_statements (event_no, capture_time, known_time, capture_id, matchup_id,
        commence_time, day_only)
    SELECT event_no, %(moment)s, %(known)s, capture_id, matchup_id, commence_time, false
    FROM snapshot
), issue AS (
    INSERT INTO data_quality_logs (partition, rule, issue_type, severity, event_id, description)
    VALUES ('2026-03-01', 'written', 'a', 'warning', 'a', %(raw_id)s)
)
INSERT INTO normalisations (raw_id, parser_version, known_time, status)
VALUES (%(raw_id)s, 1, %(known)s, 'ok')
"""
_SLOT = """INSERT INTO slots (purpose, sport_key, slot_time, status, call_id)
VALUES ('written', %s, %s, 'claimed', %s)"""
_SLOT_MADE = "UPDATE slots SET status = 'ok' WHERE call_id = %s"


class Writer(threading.Thread):
    """Stores one capture after another, of an event of its own: a slot, a document, its facts."""

    def __init__(self, engine: Engine, name: str, over: threading.Event) -> None:
        super().__init__()
        self._engine = engine
        self._over = over
        self._sport = f"sport_{name}"
        self._first = self._begin()
        self.at_work = threading.Lock()  # held while a capture is under way
        # When each capture was begun, and how long it took, in seconds.
        self.took: list[tuple[float, float]] = []
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            while not self._over.is_set():
                with self.at_work:
                    begun = time.monotonic()
                    self._write(NOON + timedelta(seconds=len(self.took) + 1))
                    self.took.append((begun, time.monotonic() - begun))
                time.sleep(0)  # for whoever waits for the lock
        except Exception as failed:
            self.failure = failed

    def longest(self, begun: float, ended: float) -> float:
        """Of the captures that were under way between two moments, in seconds."""
        return max(
            (took for at, took in self.took if at <= ended and at + took >= begun), default=0
        )

    def _begin(self) -> int:
        board = Board("pinnacle", "h2h", NOON, (Quote("Home", 1.5), Quote("Away", 2.5)))
        stated = EventStated(f"{self._sport}-a", self._sport, START, "Home", "Away")
        scope = Scope(self._sport, ("pinnacle",), None, ("h2h",), True)
        events = (EventOdds(stated, (board,)),)
        capture = OddsCapture(NOON, CaptureBasis.TIMESTAMP, scope, events)
        with transaction(self._engine) as conn:
            put = self._store(conn, NOON)
            item = Item(put.raw_id, put.known_time, Document(odds=(capture,)))
            write_documents(conn, Memory(), [item])
            normalisation.mark(conn, 1, [Mark(Pending(put.raw_id, put.known_time, False))])
        return put.raw_id

    def _write(self, moment: datetime) -> None:
        call = uuid4()
        with transaction(self._engine) as conn:
            conn.execute(_SLOT, (self._sport, moment, call))
        with transaction(self._engine) as conn:
            put = self._store(conn, moment)
            conn.execute(_SLOT_MADE, (call,))
        with transaction(self._engine) as conn:
            locks.take(conn, locks.NORMALISER)
            asked = {"raw_id": put.raw_id, "known": put.known_time, "moment": moment}
            price = 1.5 + len(self.took) % 7
            conn.execute(_AGAIN, asked | {"price": price, "first": self._first, "began": NOON})
            conn.execute("DELETE FROM pending_raw WHERE raw_id = %s", (put.raw_id,))

    def _store(self, conn: psycopg.Connection[Any], moment: datetime) -> raw.StoredRaw:
        record = raw.RawRecord(uuid4(), "test", "odds", {}, b"{}", moment, CaptureBasis.CLOCK)
        return raw.store(conn, record)


def _hashes(conn: psycopg.Connection[Any], known_by: datetime) -> dict[str, tuple[Any, ...]]:
    """Of each table how many rows were there by then, and a hash that no order changes."""
    conn.execute("SET LOCAL statement_timeout = 0")
    found = {}
    for (table,) in conn.execute(
        """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
            AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1"""
    ).fetchall():
        if table in LEFT_OUT:
            continue
        known = sql.SQL("known_time <= {}").format(known_by)
        rows = known if table in KNOWN else sql.SQL(BEFORE.get(table, "true"))
        row = conn.execute(
            sql.SQL("SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {} t WHERE {}").format(
                sql.Identifier(table), rows
            )
        ).fetchone()
        found[table] = row or ()
    return found


class Steps:
    """Makes steps while writers write, and notes how long the longest write took in each."""

    def __init__(self, engine: Engine, url: str, writers: list[Writer]) -> None:
        self._engine, self._url, self._writers = engine, url, writers
        self.stalls: dict[str, dict[str, float]] = defaultdict(dict)
        time.sleep(QUIET_S)
        self.quiet = statistics.median(took for w in writers for _, took in list(w.took))

    def pair(self, revision: str, before: str) -> None:
        """Up, down and up again; what was there after the first is there after the second."""
        self._step(revision, "up", revision)
        with ExitStack() as at_rest, transaction(self._engine) as conn:
            for writer in self._writers:
                at_rest.enter_context(writer.at_work)
            row = conn.execute("SELECT max(known_time) FROM raw_responses").fetchone()
            assert row is not None
            there = _hashes(conn, row[0])
        self._step(revision, "down", before)
        self._step(revision, "up again", revision)
        with transaction(self._engine) as conn:
            assert _hashes(conn, row[0]) == there

    def _step(self, revision: str, way: str, to: str) -> None:
        begun = time.monotonic()
        migrate_here(self._url, to, up=way != "down")
        longest = max(writer.longest(begun, time.monotonic()) for writer in self._writers)
        self.stalls[revision][way] = longest - self.quiet

    def lines(self) -> list[str]:
        """Each revision's stalls in words."""
        return [
            f"{revision}  " + ", ".join(f"{way} {stall:.2f} s" for way, stall in ways.items())
            for revision, ways in self.stalls.items()
        ]


def _up_down_and_up(engine: Engine, url: str, events: int) -> Steps:
    over = threading.Event()
    writers = [Writer(engine, name, over) for name in ("one", "two")]
    migrate_here(url, OLDEST)
    with transaction(engine) as conn:
        conn.execute("SET LOCAL statement_timeout = 0")
        conn.execute(sql.SQL(_FILL).format(events=events))
    for writer in writers:
        writer.start()
    try:
        steps = Steps(engine, url, writers)
        before = OLDEST
        scripts = ScriptDirectory.from_config(Config(toml_file=REPOSITORY / "pyproject.toml"))
        for revision in [one.revision for one in scripts.walk_revisions()][::-1]:
            if revision > OLDEST:
                steps.pair(revision, before)
                before = revision
    finally:
        over.set()
        for writer in writers:
            writer.join()
        assert [writer.failure for writer in writers] == [None, None]
    _judge(engine, sum(len(writer.took) for writer in writers))
    return steps


def _judge(engine: Engine, written: int) -> None:
    """Every capture is there once, and what is derived says what the facts say."""
    with transaction(engine) as conn:
        conn.execute("SET LOCAL statement_timeout = 0")
        stored = conn.execute(
            """SELECT (SELECT count(*) FROM raw_responses), (SELECT count(*) FROM normalisations),
                (SELECT count(*) FROM quotes WHERE event_no < 1000000),
                (SELECT count(*) FROM slots WHERE purpose = 'written' AND status = 'ok')"""
        ).fetchone()
        derived = conn.execute(
            """WITH stored AS (SELECT DISTINCT event_no, selection_id FROM quotes),
                noted AS (SELECT event_no, selection_id FROM event_selections)
            (TABLE stored EXCEPT TABLE noted) UNION ALL (TABLE noted EXCEPT TABLE stored)"""
        ).fetchall()
    assert stored == (written + 2, written + 2, 2 * (written + 2), written)
    assert derived == []


@pytest.mark.slow
def test_no_row_changes_while_two_writers_write(engine: Engine, database_url: str) -> None:
    _up_down_and_up(engine, database_url, events=20)


@pytest.mark.slow
def test_of_a_million_quotes_none_changes_and_no_writer_stalls(
    engine: Engine, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = _up_down_and_up(engine, database_url, events=2000)
    with capsys.disabled():
        print(f"\nbeyond the median of {steps.quiet:.3f} s")  # noqa: T201
        print("\n".join(steps.lines()))  # noqa: T201
    worst = max(stall for ways in steps.stalls.values() for stall in ways.values())
    assert worst <= LONGEST_STALL_S
