"""``event_history``: every statement stands, in the order in which it became known."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import psycopg
import pytest
from sqlalchemy import Engine

from odds_pipeline.catalog.fields import TABLES
from odds_pipeline.catalog.observations import (
    CaptureBasis,
    Document,
    EventCapture,
    EventStated,
    EventStatement,
)
from odds_pipeline.errors import NotFound
from odds_pipeline.quality.schemas import schema
from odds_pipeline.storage import normalisation, raw, readers
from odds_pipeline.storage.captures import Item
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.facts import write_documents
from odds_pipeline.storage.memory import Memory
from odds_pipeline.storage.readers import event_history
from odds_pipeline_tests.storage.histories import store_history
from odds_pipeline_tests.storage.test_lines import START, capture

Conn = psycopg.Connection[Any]
HOUR = timedelta(hours=1)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Conn]:
    with transaction(engine) as opened:
        yield opened


def _score(conn: Conn, moment: datetime, home: int, away: int, *, completed: bool) -> datetime:
    record = raw.RawRecord(uuid.uuid4(), "test", "scores", {}, b"{}", moment, CaptureBasis.CLOCK)
    stored = raw.store(conn, record)
    event = EventStated("e1", "basketball_nba", START, "Home", "Away", "NBA")
    statement = EventStatement(event, completed, home, away, moment)
    said = EventCapture(moment, CaptureBasis.CLOCK, (statement,))
    item = Item(stored.raw_id, stored.known_time, Document(statements=(said,)))
    write_documents(conn, Memory(), [item])
    pending = normalisation.Pending(stored.raw_id, stored.known_time, False)
    normalisation.mark(conn, 1, [normalisation.Mark(pending)])
    return stored.known_time


def _rows(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    chosen = frame[list(columns)].astype(object).where(frame[list(columns)].notna(), None)
    return [tuple(row) for row in chosen.itertuples(index=False)]


def test_starts_statuses_and_scores_append(conn: Conn) -> None:
    moved = START + HOUR
    store_history(conn, [capture(START - 2 * HOUR, 1.5)], [1])
    store_history(conn, [capture(START + HOUR / 2, 1.6, moved)], [1])  # late: not begun
    _score(conn, START + 4 * HOUR, 100, 98, completed=False)
    final = _score(conn, START + 5 * HOUR, 101, 99, completed=True)
    _score(conn, START + 9 * HOUR, 101, 98, completed=True)  # corrected afterwards
    store_history(conn, [capture(START - HOUR, 1.7)], [1])  # an old capture that comes late
    frame = event_history(conn, "e1")
    assert _rows(frame, "capture_time", "status", "home_score", "away_score") == [
        (START - 2 * HOUR, "scheduled", None, None),
        (START + HOUR / 2, "scheduled", None, None),
        (START + 4 * HOUR, "live", 100, 98),
        (START + 5 * HOUR, "final", 101, 99),
        (START + 9 * HOUR, "final", 101, 98),
        (START - HOUR, "scheduled", None, None),
    ]
    changes = _rows(frame, "start_changed", "status_changed", "score_changed")
    assert changes == [
        (False, False, False),
        (True, False, False),
        (True, True, True),
        (False, True, True),
        (False, False, True),
        (False, True, False),
    ]
    assert frame["known_time"].is_monotonic_increasing
    assert len(event_history(conn, "e1", final)) == 4
    assert tuple(frame.columns) == TABLES["event_history"]
    pd.testing.assert_frame_equal(schema("event_history").validate(frame), frame)


def test_play_is_judged_by_the_start_stated_then_and_by_the_true_one(conn: Conn) -> None:
    early, late = START, START + 2 * HOUR
    store_history(conn, [capture(early + HOUR, 1.5, early), capture(late, 1.6, late)], [2])
    frame = event_history(conn, "e1")
    assert _rows(frame, "in_play", "in_play_by_true_start") == [(True, False), (True, True)]


def test_of_an_event_not_known_yet_there_is_nothing_before_it_is_stored_and_after(
    conn: Conn,
) -> None:
    row = conn.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    known = row[0]

    def answers() -> list[pd.DataFrame]:
        return [
            event_history(conn, "e1", known),
            readers.line_movement(conn, "e1", "pinnacle", "h2h", START, known),
            readers.closing_lines(conn, ["e1"], known),
            readers.opening_lines(conn, ["e1"], known),
            readers.decision_frame(conn, ["e1"], [HOUR], known),
            readers.odds_at(conn, "e1", START, known),
        ]

    before = answers()
    with pytest.raises(NotFound, match="'e1' is not known here by 20"):
        readers.require_event(conn, "e1", known)
    store_history(conn, [capture(START - HOUR, 1.5, START)], [1])
    for one, other in zip(before, answers(), strict=True):
        assert one.empty
        pd.testing.assert_frame_equal(one, other)
    readers.require_event(conn, "e1")
    with pytest.raises(NotFound, match="'e1' is not known here by 20"):
        readers.require_event(conn, "e1", known)
    with pytest.raises(NotFound, match="'nothing' is not known here;"):
        readers.require_event(conn, "nothing")
