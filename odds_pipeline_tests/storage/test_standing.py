"""What a process remembers of facts is used while it holds, and never after."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import (
    Board,
    CaptureBasis,
    Document,
    EventCapture,
    EventOdds,
    EventStated,
    EventStatement,
    OddsCapture,
    Quote,
    Scope,
)
from odds_pipeline.storage import raw, remembered
from odds_pipeline.storage.captures import Item
from odds_pipeline.storage.engine import Connection, open_engine, transaction
from odds_pipeline.storage.facts import write_documents
from odds_pipeline.storage.memory import Memory, ask_locked_mark, locked_mark
from odds_pipeline_tests.conftest import migrate
from odds_pipeline_tests.storage.histories import forget_facts

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SPORT, EVENT = "basketball_nba", "game"


class Broken(Exception):
    """Stands for whatever may go wrong in a batch."""


GAME = EventStated(EVENT, SPORT, NOON + timedelta(hours=5), "Home", "Away")


def _capture(minutes: int, price: float | None) -> OddsCapture:
    """One listing: the game at this price, or without the game."""
    board = Board("pinnacle", "h2h", None, () if price is None else (Quote("Home", price),))
    events = () if price is None else (EventOdds(GAME, (board,)),)
    scope = Scope(SPORT, ("pinnacle",), None, ("h2h",), lists_all_events=True)
    return OddsCapture(NOON + minutes * MINUTE, CaptureBasis.CLOCK, scope, events)


def _write(conn: Connection, memory: Memory, minutes: int, price: float | None) -> int:
    """Store and apply one capture; returns the quote rows it added."""
    item = _stored(conn, Document(odds=(_capture(minutes, price),)))
    return write_documents(conn, memory, [item]).quotes


def _stored(conn: Connection, document: Document) -> Item:
    record = raw.RawRecord(uuid.uuid4(), "test", "odds", {}, b"{}", NOON, CaptureBasis.CLOCK)
    stored = raw.store(conn, record)
    return Item(stored.raw_id, stored.known_time, document)


@contextmanager
def _memory(engine: Engine) -> Iterator[tuple[Connection, Memory]]:
    with remembered.memory(engine, remembered.nothing) as (conn, memory, _):
        yield conn, memory


def _told(engine: Engine, minutes: int, price: float | None) -> int:
    with _memory(engine) as (conn, memory):
        return _write(conn, memory, minutes, price)


def _prices(engine: Engine) -> list[float | None]:
    with transaction(engine) as conn:
        rows = conn.execute("SELECT price FROM quotes ORDER BY capture_time, known_time")
        return [row[0] for row in rows]


@contextmanager
def _other(engine: Engine) -> Iterator[Engine]:
    """A second process's engine on the same database."""
    opened = open_engine(engine.url.render_as_string(hide_password=False))
    yield opened
    opened.dispose()


def test_the_next_capture_finds_what_stands_in_memory(engine: Engine) -> None:
    assert _told(engine, 0, 1.5) == 1
    with _memory(engine) as (conn, memory):
        (line,) = memory.standing.lines.values()
        assert _write(conn, memory, 1, 1.5) == 0
        assert _write(conn, memory, 2, 1.6) == 1
        assert memory.standing.lines[line.event_no] is line
    assert _told(engine, 3, None) == 1
    with _memory(engine) as (_, memory):
        assert not memory.standing.lines, "an event that left the feed is not kept"
    assert _told(engine, 4, 1.6) == 1
    assert _prices(engine) == [1.5, 1.6, None, 1.6]


def test_another_writer_between_makes_it_forget(engine: Engine) -> None:
    with _other(engine) as other:
        assert _told(engine, 0, 1.5) == 1
        assert _told(other, 1, 1.6) == 1
        assert _told(engine, 2, 1.5) == 1
        assert _told(other, 3, 1.5) == 0
        assert _told(engine, 4, None) == 1
        assert _told(other, 5, 1.5) == 1
        assert _told(engine, 6, 1.5) == 0
    assert _prices(engine) == [1.5, 1.6, 1.5, None, 1.5]


@pytest.mark.parametrize("failure", [Broken, KeyboardInterrupt])
def test_what_was_rolled_back_does_not_stand(engine: Engine, failure: type[BaseException]) -> None:
    assert _told(engine, 0, 1.5) == 1
    with pytest.raises(failure), _memory(engine) as (conn, memory):
        assert _write(conn, memory, 1, 1.6) == 1
        raise failure
    assert _told(engine, 2, 1.6) == 1
    assert _prices(engine) == [1.5, 1.6]


@pytest.mark.parametrize("removal", ["truncate", "delete"])
def test_removed_facts_do_not_stand(engine: Engine, removal: str) -> None:
    assert _told(engine, 0, 1.5) == 1
    with transaction(engine) as conn:
        if removal == "truncate":
            forget_facts(conn)
        else:
            for table in ("quotes", "snapshots", "event_scopes", "captures"):
                conn.execute(f"DELETE FROM {table}")  # noqa: S608
    assert _told(engine, 1, 1.5) == 1
    assert _prices(engine) == [1.5]


def test_a_rebuilt_day_is_written_whole(engine: Engine) -> None:
    """Its captures keep their numbers' order, so only the count of removals tells."""
    assert _told(engine, 0, 1.5) == 1
    with transaction(engine) as conn:
        conn.execute("DELETE FROM quotes")
        conn.execute("DELETE FROM snapshots")
    assert _told(engine, 1, 1.5) == 1


def test_a_schema_made_anew_is_another_one(engine: Engine, database_url: str) -> None:
    assert _told(engine, 0, 1.5) == 1
    migrate(database_url, "downgrade", "base")
    migrate(database_url)
    with _other(engine) as other:
        assert _told(other, 0, 1.6) == 1
    assert _told(engine, 1, 1.5) == 1
    assert _prices(engine) == [1.6, 1.5]


def test_a_late_capture_makes_it_forget(engine: Engine) -> None:
    assert _told(engine, 0, 1.5) == 1
    assert _told(engine, 5, 1.6) == 1
    assert _told(engine, 2, 1.7) == 1
    assert _told(engine, 6, 1.6) == 0
    assert _told(engine, 7, 1.5) == 1
    assert _prices(engine) == [1.5, 1.7, 1.6, 1.5]


def test_each_day_begins_with_everything(engine: Engine) -> None:
    day = 24 * 60
    assert [_told(engine, minutes, 1.5) for minutes in (0, 1, 700, 720, 721)] == [1, 0, 0, 1, 0]
    assert _told(engine, day + 720, 1.5) == 1


def test_a_batch_of_odds_and_scores_leaves_the_mark_that_is_stored(engine: Engine) -> None:
    """Or the next batch would remember nothing of it."""
    told = EventCapture(NOON, CaptureBasis.CLOCK, (EventStatement(GAME),))
    documents = [
        Document(odds=(_capture(0, 1.5),)),
        Document(statements=(told,)),
        Document(odds=(_capture(1, 1.6),)),
    ]
    with _memory(engine) as (conn, memory):
        write_documents(conn, memory, [_stored(conn, one) for one in documents])
        assert memory.mark == locked_mark(ask_locked_mark(conn))
