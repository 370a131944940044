"""The views people query in plain SQL: ``odds`` and ``odds_snapshots``, with the raw JSON."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from odds_pipeline.betting.odds import decimal_from_american
from odds_pipeline.catalog.fields import TABLES
from odds_pipeline.catalog.observations import (
    Board,
    CaptureBasis,
    EventOdds,
    EventStated,
    OddsCapture,
    Quote,
    Scope,
)
from odds_pipeline.services.normalise import normalise_all
from odds_pipeline.sources.the_odds_api.queries import OddsRequest
from odds_pipeline.storage import normalisation, quality_log, raw
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.storage.histories import store_history

Conn = psycopg.Connection[Any]
NOON = datetime(2026, 3, 1, 12, 0, 0, 400_000, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Conn]:
    with transaction(engine) as opened:
        yield opened


def capture(moment: datetime, *boards: Board, event_id: str = "e1") -> OddsCapture:
    event = EventStated(event_id, "basketball_nba", NOON + timedelta(hours=6), "Home", "Away")
    scope = Scope("basketball_nba", ("fanduel", "pinnacle"), None, ("h2h", "totals"), True)
    return OddsCapture(moment, CaptureBasis.CLOCK, scope, (EventOdds(event, boards),))


def h2h(book: str, *prices: float, update: datetime | None = NOON) -> Board:
    quotes = tuple(Quote(name, p) for name, p in zip(("Home", "Away"), prices, strict=False))
    return Board(book, "h2h", update, quotes)


def test_every_snapshot_shows_all_its_prices(conn: Conn) -> None:
    moments = [NOON + i * MINUTE for i in range(3)]
    said = [
        capture(moments[0], h2h("pinnacle", 1.9, 2.0), h2h("fanduel", 1.8, 2.1)),
        capture(moments[1], h2h("pinnacle", 1.9, 2.0)),
        capture(moments[2], h2h("pinnacle", 1.95), h2h("fanduel", 1.8, 2.1)),
    ]
    store_history(conn, said, [2, 1])
    shown = conn.execute(
        """SELECT odds_timestamp, bookmaker_key, outcome_name, decimal_price FROM odds
        ORDER BY 1, 2, 3"""
    ).fetchall()
    assert shown == [
        (moments[0], "fanduel", "Away", 2.1),
        (moments[0], "fanduel", "Home", 1.8),
        (moments[0], "pinnacle", "Away", 2.0),
        (moments[0], "pinnacle", "Home", 1.9),
        (moments[1], "pinnacle", "Away", 2.0),
        (moments[1], "pinnacle", "Home", 1.9),
        (moments[2], "fanduel", "Away", 2.1),
        (moments[2], "fanduel", "Home", 1.8),
        (moments[2], "pinnacle", "Home", 1.95),
    ]


def test_ids_are_unique_and_stay(conn: Conn) -> None:
    said = [capture(NOON, h2h("pinnacle", 1.9, 2.0), h2h("fanduel", 1.8, 2.1))]
    store_history(conn, said, [1])
    ids = "SELECT id FROM odds UNION ALL SELECT id FROM odds_snapshots ORDER BY 1"
    before = [row[0] for row in conn.execute(ids)]
    assert len(set(before)) == 5
    store_history(conn, said, [1])  # a second document that says the same
    assert [row[0] for row in conn.execute(ids)] == before
    later = NOON + MINUTE
    store_history(conn, [capture(later, h2h("pinnacle", 1.9, 2.0))], [1])
    after = {row[0] for row in conn.execute(ids)}
    assert set(before) < after
    assert len(after) == 8


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(american=st.one_of(st.integers(100, 90_000_000), st.integers(-90_000_000, -100)))
def test_american_integers_come_back(engine: Engine, american: int) -> None:
    decimal = decimal_from_american(american)
    with transaction(engine) as conn:
        row = conn.execute("SELECT american(%s)", (decimal,)).fetchone()
    assert row == (100 if american == -100 else american,)


@pytest.mark.parametrize(
    ("decimal", "american"),
    [(1.0, None), (2.0, 100), (1.5, -200), (1.91, -110), (2.5, 150), (1.0001, -1_000_000)],
)
def test_decimal_prices_have_their_american_form(
    conn: Conn, decimal: float, american: int | None
) -> None:
    store_history(conn, [capture(NOON, h2h("pinnacle", decimal))], [1])
    row = conn.execute("SELECT price, decimal_price FROM odds").fetchone()
    assert row == (american, decimal)


AGES = [
    *(-2, 0, 1, 32_765, -32_765, 32_766, -32_766, 32_767, 32_768, -32_768, -32_769),
    *(10**6, -(10**6), 10**9),
]


@pytest.mark.parametrize("age", [*AGES, None])
def test_last_update_is_exact_at_any_distance(conn: Conn, age: int | None) -> None:
    second = NOON.replace(microsecond=0)
    update = None if age is None else second - timedelta(seconds=age)
    boards = (h2h("pinnacle", 1.9, update=update), h2h("fanduel", 1.8, update=second))
    store_history(conn, [capture(NOON, *boards)], [1])
    shown = dict(conn.execute("SELECT bookmaker_key, last_update FROM odds").fetchall())
    assert shown == {"pinnacle": update, "fanduel": second}


def test_a_price_is_valid_until_a_rule_says_otherwise(conn: Conn) -> None:
    store_history(conn, [capture(NOON, h2h("pinnacle", 1.9, 2.0), h2h("fanduel", 1.8, 2.1))], [1])

    def log(severity: str, outcome: str | None, *descriptions: str) -> None:
        keys = {"event_id": "e1", "bookmaker_key": "pinnacle", "market_key": "h2h"}
        where: dict[str, Any] = {**keys, "outcome_name": outcome, "snapshot_time": NOON}
        issues = [{**where, "description": text, "evidence": {}} for text in descriptions]
        finding = quality_log.Finding(f"rule_{severity}", "type", severity, 4, issues)
        quality_log.record(conn, NOON.date(), [finding])

    def shown() -> dict[tuple[str, str], tuple[bool, str | None]]:
        rows = conn.execute(
            "SELECT bookmaker_key, outcome_name, is_valid, validation_notes FROM odds"
        )
        return {(book, name): (valid, notes) for book, name, valid, notes in rows}

    clean: tuple[bool, str | None] = (True, None)
    assert set(shown().values()) == {clean}
    log("warning", None, "odd")
    assert shown()["pinnacle", "Home"] == shown()["pinnacle", "Away"] == (True, "odd")
    log("error", "Home", "wrong")
    assert shown()["pinnacle", "Home"] == (False, "odd; wrong")
    assert shown()["pinnacle", "Away"] == (True, "odd")
    assert shown()["fanduel", "Home"] == clean
    conn.execute("UPDATE data_quality_logs SET resolution = 'no longer found'")
    assert set(shown().values()) == {clean}


# --- raw JSON in plain SQL ---

# What the documentation gives: one price as the provider wrote it, from the snapshot's own JSON.
DOCUMENTED = """
SELECT s.event_id, s.snapshot_time, b ->> 'key', m ->> 'key', o ->> 'name', o ->> 'price'
FROM odds_snapshots s,
    jsonb_array_elements(s.raw_data -> 'bookmakers') b,
    jsonb_array_elements(b -> 'markets') m,
    jsonb_array_elements(m -> 'outcomes') o
WHERE s.event_id = %s
ORDER BY s.snapshot_time, 3, 4, 5
"""


def _event(event_id: str, price: float) -> dict[str, Any]:
    update = "2026-03-01T11:59:30Z"
    outcomes = [{"name": "Home", "price": price}, {"name": "Away", "price": 2.1}]
    market = {"key": "h2h", "last_update": update, "outcomes": outcomes}
    return {
        "id": event_id,
        "sport_key": "basketball_nba",
        "sport_title": "NBA",
        "commence_time": "2026-03-01T20:00:00Z",
        "home_team": "Home",
        "away_team": "Away",
        "bookmakers": [
            {"key": "pinnacle", "title": "Pinnacle", "last_update": update, "markets": [market]}
        ],
    }


def _store(engine: Engine, endpoint: str, body: object, received: datetime = NOON) -> uuid.UUID:
    call_id = uuid.uuid4()
    request = OddsRequest("basketball_nba", ("h2h",), ("pinnacle",)).described()
    data = json.dumps(body).encode()
    record = raw.RawRecord(
        call_id, "the_odds_api", endpoint, request, data, received, CaptureBasis.CLOCK
    )
    with transaction(engine) as conn:
        raw.store(conn, record)
    assert normalise_all(engine).failed == 0
    return call_id


def test_the_documented_query_reads_a_live_answer(engine: Engine) -> None:
    call_id = _store(engine, "odds", [_event("other", 1.5), _event("e1", 1.8)])
    with transaction(engine) as conn:
        assert conn.execute(DOCUMENTED, ("e1",)).fetchall() == [
            ("e1", NOON, "pinnacle", "h2h", "Away", "2.1"),
            ("e1", NOON, "pinnacle", "h2h", "Home", "1.8"),
        ]
        row = conn.execute(
            """SELECT raw_data, bookmaker_count, api_request_id FROM odds_snapshots
            WHERE event_id = 'e1'"""
        ).fetchone()
    assert row == (_event("e1", 1.8), 1, str(call_id))


def test_the_documented_query_reads_a_historical_answer(engine: Engine) -> None:
    envelope = {
        "timestamp": "2026-03-01T12:00:37Z",
        "previous_timestamp": None,
        "next_timestamp": None,
        "data": [_event("other", 1.5), _event("e1", 1.8)],
    }
    _store(engine, "historical_odds", envelope)
    with transaction(engine) as conn:
        prices = [row[-1] for row in conn.execute(DOCUMENTED, ("e1",))]
        moment = conn.execute("SELECT DISTINCT snapshot_time FROM odds_snapshots").fetchone()
    assert prices == ["2.1", "1.8"]
    assert moment == (datetime(2026, 3, 1, 12, 0, 37, tzinfo=UTC),)


def test_the_json_goes_and_the_bytes_stay(engine: Engine) -> None:
    _store(engine, "odds", [_event("e1", 1.8)])
    with transaction(engine) as conn:
        assert normalisation.expire_hot(conn, 3) == 0
        conn.execute("UPDATE hot_documents SET created_at = created_at - interval '73 hours'")
        assert normalisation.expire_hot(conn, 3) == 1
        assert conn.execute("SELECT raw_data FROM odds_snapshots").fetchall() == [(None,)]
        (raw_id,) = conn.execute("SELECT raw_id FROM raw_responses").fetchone() or (0,)
        assert json.loads(raw.read(conn, raw_id).body) == [_event("e1", 1.8)]


def test_old_json_does_not_come_back_when_a_document_is_read_again(engine: Engine) -> None:
    _store(engine, "odds", [_event("e1", 1.8)])
    with transaction(engine) as conn:
        normalisation.expire_hot(conn, 0)
        conn.execute("TRUNCATE quotes, snapshots, captures, event_scopes, normalisations CASCADE")
        conn.execute("INSERT INTO pending_raw SELECT raw_id, known_time FROM raw_responses")
    assert normalise_all(engine, hot_days=0).documents == 1
    with transaction(engine) as conn:
        assert conn.execute("SELECT raw_data FROM odds_snapshots").fetchall() == [(None,)]
        assert conn.execute("SELECT count(*) FROM odds").fetchone() == (2,)


@pytest.mark.parametrize("view", ["events", "odds", "odds_snapshots"])
def test_views_have_the_documented_columns(conn: Conn, view: str) -> None:
    described = conn.execute(f"SELECT * FROM {view}").description or []  # noqa: S608
    assert tuple(column.name for column in described) == TABLES[view]


@pytest.mark.parametrize(
    "table",
    [
        *("data_quality_logs", "fetch_logs", "slots"),
        *("credit_ledger", "quarantine", "raw_responses"),
    ],
)
def test_tables_have_the_documented_columns(conn: Conn, table: str) -> None:
    described = conn.execute(f"SELECT * FROM {table}").description or []  # noqa: S608
    assert set(TABLES[table]) <= {column.name for column in described}
