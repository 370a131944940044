"""Migrations down and up while two writers write: no row changes, and nobody waits long."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
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
from odds_pipeline_tests.conftest import migrate_here

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
START = NOON + timedelta(days=9)
OLDEST = "0003"
TABLES = ("raw_responses", "raw_bodies", "normalisations", "captures", "snapshots", "quotes")

# Rows of a hundred events and a hundred series each, for as many captures as it takes.
_FILL = """
SELECT ensure_month('2026-02-01Z', ARRAY['quotes']);
INSERT INTO quotes
SELECT '2026-02-01Z'::timestamptz + n * interval '1 minute', '2026-02-01Z', 1.5 + n % 7, NULL,
    1000000 + e, s, 0
FROM generate_series(1, 100) e, generate_series(1, 100) s, generate_series(1, {captures}) n
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
    RETURNING event_no
), quote AS (
    INSERT INTO quotes (capture_time, known_time, price, event_no, selection_id, state)
    SELECT %(moment)s, %(known)s, %(price)s, q.event_no, q.selection_id, 0
    FROM quotes q JOIN snapshot USING (event_no) WHERE q.capture_time = %(began)s
)
INSERT INTO normalisations (raw_id, parser_version, known_time, status)
VALUES (%(raw_id)s, 1, %(known)s, 'ok')
"""


class Writer(threading.Thread):
    """Stores one capture after another, of an event of its own."""

    def __init__(self, engine: Engine, name: str, over: threading.Event) -> None:
        super().__init__()
        self._engine = engine
        self._over = over
        self._first = self._begin(f"sport_{name}")
        self.written = 1
        self.longest = 0.0
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            while not self._over.is_set():
                begun = time.monotonic()
                self._write(NOON + timedelta(seconds=self.written))
                self.longest = max(self.longest, time.monotonic() - begun)
        except Exception as failed:
            self.failure = failed

    def _begin(self, sport: str) -> int:
        board = Board("pinnacle", "h2h", NOON, (Quote("Home", 1.5), Quote("Away", 2.5)))
        stated = EventStated(f"{sport}-a", sport, START, "Home", "Away")
        scope = Scope(sport, ("pinnacle",), None, ("h2h",), True)
        events = (EventOdds(stated, (board,)),)
        capture = OddsCapture(NOON, CaptureBasis.TIMESTAMP, scope, events)
        with transaction(self._engine) as conn:
            put = self._store(conn, NOON)
            item = Item(put.raw_id, put.known_time, Document(odds=(capture,)))
            write_documents(conn, Memory(), [item])
            normalisation.mark(conn, 1, [Mark(Pending(put.raw_id, put.known_time, False))])
        return put.raw_id

    def _write(self, moment: datetime) -> None:
        with transaction(self._engine) as conn:
            put = self._store(conn, moment)
        with transaction(self._engine) as conn:
            locks.take(conn, locks.NORMALISER)
            asked = {"raw_id": put.raw_id, "known": put.known_time, "moment": moment}
            price = 1.5 + self.written % 7
            conn.execute(_AGAIN, asked | {"price": price, "first": self._first, "began": NOON})
            conn.execute("DELETE FROM pending_raw WHERE raw_id = %s", (put.raw_id,))
        self.written += 1

    def _store(self, conn: psycopg.Connection[Any], moment: datetime) -> raw.StoredRaw:
        record = raw.RawRecord(uuid4(), "test", "odds", {}, b"{}", moment, CaptureBasis.CLOCK)
        return raw.store(conn, record)


def _hashes(conn: psycopg.Connection[Any], known_by: datetime) -> dict[str, tuple[Any, ...]]:
    """Of each table how many rows were known by then, and a hash that no order changes."""
    found = {}
    for table in TABLES:
        row = conn.execute(
            sql.SQL(
                "SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {} t "
                "WHERE known_time <= %s"
            ).format(sql.Identifier(table)),
            (known_by,),
        ).fetchone()
        found[table] = row or ()
    return found


def _down_and_up(engine: Engine, url: str, captures: int) -> list[Writer]:
    """Fill the tables, migrate with two writers running, and find every row as it was."""
    over = threading.Event()
    writers = [Writer(engine, name, over) for name in ("one", "two")]
    with transaction(engine) as conn:
        conn.execute("SET LOCAL statement_timeout = 0")
        conn.execute(sql.SQL(_FILL).format(captures=captures))
        row = conn.execute("SELECT max(known_time) FROM raw_responses").fetchone()
        assert row is not None
        before = _hashes(conn, row[0])
    for writer in writers:
        writer.start()
    try:
        migrate_here(url, OLDEST)
        migrate_here(url)
    finally:
        over.set()
        for writer in writers:
            writer.join()
    assert [writer.failure for writer in writers] == [None, None]
    with transaction(engine) as conn:
        assert _hashes(conn, row[0]) == before
        stored = conn.execute(
            """SELECT (SELECT count(*) FROM raw_responses), (SELECT count(*) FROM normalisations),
                (SELECT count(*) FROM quotes WHERE event_no < 1000000)"""
        ).fetchone()
        derived = conn.execute(
            """WITH stored AS (SELECT DISTINCT event_no, selection_id FROM quotes),
                noted AS (SELECT event_no, selection_id FROM event_selections)
            (TABLE stored EXCEPT TABLE noted) UNION ALL (TABLE noted EXCEPT TABLE stored)"""
        ).fetchall()
    written = sum(writer.written for writer in writers)
    assert stored == (written, written, 2 * written)
    assert derived == []
    return writers


@pytest.mark.slow
def test_no_row_changes_while_two_writers_write(engine: Engine, database_url: str) -> None:
    writers = _down_and_up(engine, database_url, captures=1)
    assert all(writer.written > 3 for writer in writers)


@pytest.mark.slow
def test_of_a_million_rows_none_changes_and_no_writer_waits_a_second(
    engine: Engine, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    writers = _down_and_up(engine, database_url, captures=100)
    longest = max(writer.longest for writer in writers)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n1,000,000 rows: {sum(w.written for w in writers):,} captures written meanwhile, "
            f"the longest took {longest:.2f} s"
        )
    assert longest < 1.0
