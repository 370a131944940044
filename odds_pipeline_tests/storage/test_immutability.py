"""What PostgreSQL itself refuses, whoever asks: changes to what was observed, and bad prices."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import psycopg
import pytest
import zstandard
from psycopg import sql
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import CaptureBasis
from odds_pipeline.errors import StorageError
from odds_pipeline.storage import raw
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.raw import StoredRaw

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
REFUSED = psycopg.errors.RestrictViolation


@pytest.fixture
def conn(engine: Engine) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a database with one row in every guarded table."""
    with transaction(engine) as opened:
        raw_id = _store(opened).raw_id
        opened.execute(
            "SELECT ensure_month(%s, ARRAY['raw_bodies', 'snapshots', 'quotes'])", (MARCH,)
        )
        opened.execute(
            """INSERT INTO captures (raw_id, known_time, capture_time, basis, kind, event_count)
            VALUES (%s, %s, %s, 'clock', 'odds', 0)""",
            (raw_id, MARCH, MARCH),
        )
        opened.execute("INSERT INTO sports (sport_key, live_hours) VALUES ('x', 4)")
        opened.execute("INSERT INTO matchups DEFAULT VALUES")
        opened.execute(
            "INSERT INTO event_ids (event_id, sport_id) SELECT 'e', sport_id FROM sports"
        )
        opened.execute(
            """INSERT INTO event_statements (event_no, capture_time, known_time, capture_id,
                matchup_id, commence_time)
            SELECT event_no, %(t)s, %(t)s, capture_id, matchup_id, %(t)s
            FROM event_ids, captures, matchups""",
            {"t": MARCH},
        )
        opened.execute(
            """INSERT INTO snapshots SELECT %(t)s, %(t)s, %(t)s, 7, 1, capture_id, 1, 1, NULL, 0,
                false, false, false, '{}' FROM captures""",
            {"t": MARCH},
        )
        opened.execute("INSERT INTO quotes VALUES (%(t)s, %(t)s, 1.9, 3.5, 1, 1, 0)", {"t": MARCH})
        opened.execute(
            """INSERT INTO credit_ledger (call_id, entry, credits, key_fingerprint, purpose,
                endpoint) VALUES (gen_random_uuid(), 'reserved', 3, 'demo', 'live', 'odds')"""
        )
        yield opened


def _store(conn: psycopg.Connection[Any]) -> StoredRaw:
    record = raw.RawRecord(uuid.uuid4(), "test", "odds", {}, b"{}", MARCH, CaptureBasis.CLOCK)
    return raw.store(conn, record)


def _refused(conn: psycopg.Connection[Any], statement: str, table: str) -> None:
    with pytest.raises(REFUSED, match="refused: its rows are immutable"), conn.transaction():
        conn.execute(sql.SQL(statement).format(sql.Identifier(table)))


@pytest.mark.parametrize(
    ("table", "column"),
    [("raw_responses", "headers"), ("raw_bodies", "body"), ("credit_ledger", "credits")],
)
def test_raw_and_ledger_cannot_change_at_all(
    conn: psycopg.Connection[Any], table: str, column: str
) -> None:
    _refused(conn, f"UPDATE {{}} SET {column} = {column}", table)  # noqa: S608
    _refused(conn, "DELETE FROM {}", table)
    _refused(conn, "TRUNCATE {} CASCADE", table)


@pytest.mark.parametrize("table", ["quotes", "snapshots", "event_statements", "captures"])
def test_facts_are_never_updated(conn: psycopg.Connection[Any], table: str) -> None:
    _refused(conn, "UPDATE {} SET capture_time = capture_time", table)


@pytest.mark.parametrize("parent", ["raw_bodies", "quotes", "snapshots"])
def test_partitions_are_guarded_like_their_table(
    conn: psycopg.Connection[Any], parent: str
) -> None:
    partitions = conn.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", (parent,)
    ).fetchall()
    probe = sql.SQL("SELECT 1 FROM {}")
    filled = [
        name
        for (name,) in partitions
        if conn.execute(probe.format(sql.Identifier(name))).fetchone()
    ]
    assert filled
    column = "body" if parent == "raw_bodies" else "known_time"
    for name in filled:
        _refused(conn, f"UPDATE {{}} SET {column} = {column}", name)  # noqa: S608
        if parent == "raw_bodies":
            _refused(conn, "DELETE FROM {}", name)
            _refused(conn, "TRUNCATE {}", name)


def test_known_time_is_the_databases(conn: psycopg.Connection[Any]) -> None:
    known = conn.execute(
        """INSERT INTO raw_responses (call_id, source, endpoint, request, sha256, body_size,
            received_at, received_basis, known_time)
        VALUES (gen_random_uuid(), 'test', 'odds', '{}', sha256('x'), 1, %(t)s, 'clock', %(t)s)
        RETURNING known_time, clock_timestamp()""",
        {"t": MARCH},
    ).fetchone()
    assert known is not None
    assert timedelta(0) <= known[1] - known[0] < timedelta(minutes=1)


def test_known_times_strictly_increase_within_a_transaction(
    conn: psycopg.Connection[Any],
) -> None:
    known = [_store(conn).known_time for _ in range(50)]
    assert known == sorted(set(known))


def test_known_times_strictly_increase_in_commit_order(engine: Engine) -> None:
    """Whoever sees a known time has seen every smaller one: it is drawn under a held lock."""
    seen: list[list[datetime]] = []

    def write() -> None:
        for _ in range(10):
            with transaction(engine) as conn:
                _store(conn)
            with transaction(engine) as conn:
                rows = conn.execute("SELECT known_time FROM raw_responses ORDER BY known_time")
                seen.append([row[0] for row in rows])

    writers = [Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    final = max(seen, key=len)
    assert len(set(final)) == 40
    assert all(known == final[: len(known)] for known in seen)


def test_known_time_goes_on_when_the_clock_went_back(conn: psycopg.Connection[Any]) -> None:
    """A normalisation known in the future (the clock was ahead then) is not overtaken."""
    ahead = datetime.now(UTC) + timedelta(days=1)
    raw_id = _store(conn).raw_id
    conn.execute(
        """INSERT INTO normalisations (raw_id, parser_version, known_time, status)
        VALUES (%s, 9, %s, 'ok')""",
        (raw_id, ahead),
    )
    assert _store(conn).known_time > ahead


def _quote(conn: psycopg.Connection[Any], price: object, state: int = 0) -> None:
    conn.execute(
        "INSERT INTO quotes VALUES (%(t)s, %(t)s, %(price)s, NULL, 1, 2, %(state)s)",
        {"t": MARCH, "price": price, "state": state},
    )


@pytest.mark.parametrize(
    "price", [float("nan"), float("inf"), float("-inf"), 0.999999, 0.0, -110.0, 1e6, 1e300]
)
def test_impossible_prices_are_refused(conn: psycopg.Connection[Any], price: float) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="ck_quotes_price"):
        _quote(conn, price)


@pytest.mark.parametrize(("price", "state"), [(None, 0), (1.9, 1), (1.9, 2), (None, 3)])
def test_a_state_has_a_price_exactly_when_priced(
    conn: psycopg.Connection[Any], price: float | None, state: int
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="ck_quotes_state"):
        _quote(conn, price, state)


@pytest.mark.parametrize("price", [1.0, 1.0000001, 999_999.99])
def test_possible_prices_are_taken(conn: psycopg.Connection[Any], price: float) -> None:
    _quote(conn, price)
    assert conn.execute("SELECT price FROM quotes WHERE selection_id = 2").fetchone() == (price,)


def test_updated_at_is_the_databases(conn: psycopg.Connection[Any]) -> None:
    conn.execute("INSERT INTO bookmakers (bookmaker_key) VALUES ('b')")
    stamps = "SELECT created_at, updated_at FROM bookmakers"
    was = conn.execute(stamps).fetchone()
    conn.execute("UPDATE bookmakers SET updated_at = %s, title = 'B'", (MARCH,))
    now = conn.execute(stamps).fetchone()
    assert was is not None
    assert now is not None
    assert was[0] > MARCH
    assert now[0] == was[0]
    assert now[1] > was[1]


def test_damaged_bytes_are_noticed(conn: psycopg.Connection[Any]) -> None:
    raw_id = _store(conn).raw_id
    conn.execute("ALTER TABLE raw_bodies DISABLE TRIGGER USER")
    (part,) = conn.execute(
        "SELECT tableoid::regclass::text FROM raw_bodies WHERE raw_id = %s", (raw_id,)
    ).fetchone() or ("",)
    conn.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(part)))
    other = zstandard.ZstdCompressor().compress(b"{ }")
    conn.execute("UPDATE raw_bodies SET body = %b WHERE raw_id = %s", (other, raw_id))
    with pytest.raises(StorageError, match="damaged"):
        raw.read(conn, raw_id)
