"""Merged events answer as one would whose captures had all been stored under one id."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import (
    CaptureBasis,
    EventOdds,
    EventStated,
    OddsCapture,
    Scope,
)
from odds_pipeline.storage import merges, readers
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.storage.histories import (
    BOOKS,
    MARKETS,
    START,
    TIMES,
    boards,
    store_history,
)

if TYPE_CHECKING:
    import pandas as pd

Conn = psycopg.Connection[Any]
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Conn]:
    with transaction(engine) as opened:
        yield opened


def _number(conn: Conn, event: str) -> int:
    return merges.sides(conn, event).event_no


def merged(conn: Conn, kept: str, member: str) -> tuple[int, datetime]:
    number = merges.write_event(
        conn, _number(conn, kept), _number(conn, member), "the same game", "test"
    )
    return number, merges.merge(conn, number).known_time


@st.composite
def parted(draw: st.DrawFn) -> list[tuple[str, OddsCapture]]:
    """Captures of one game, each of them under the id a or b, in the order they become known."""
    sport = f"sport_{uuid.uuid4().hex[:12]}"
    hours = draw(st.lists(st.integers(0, 9), min_size=2, max_size=6, unique=True))
    told: list[tuple[str, OddsCapture]] = []
    for hour in hours:
        moment = START + timedelta(hours=hour, microseconds=500_000)
        books = draw(st.sampled_from((None, BOOKS, BOOKS[:1], BOOKS[1:])))
        markets = draw(st.sampled_from((None, MARKETS, MARKETS[:1])))
        start = START + timedelta(hours=draw(st.sampled_from((5, 6, 30))))
        offered = tuple(
            draw(boards(book, market, moment, certain=True))
            for book in books or BOOKS
            for market in markets or MARKETS
            if draw(st.integers(0, 3))
        )
        # Both of them, whatever is drawn.
        name = "ab"[len(told)] if len(told) < 2 else draw(st.sampled_from("ab"))
        event = EventStated(f"{sport}-{name}", sport, start, "Home", "Away")
        scope = Scope(sport, books, None, markets)
        capture = OddsCapture(moment, CaptureBasis.TIMESTAMP, scope, (EventOdds(event, offered),))
        told.append((name, capture))
    return told


def under(capture: OddsCapture, event_id: str) -> OddsCapture:
    """The capture with its event under another id."""
    (odds,) = capture.events
    event = msgspec.structs.replace(odds.event, event_id=event_id)
    return msgspec.structs.replace(capture, events=(msgspec.structs.replace(odds, event=event),))


def answers(conn: Conn, event: str, known_by: datetime | None = None) -> list[Any]:
    """Every reader's answer about an event, without its id and what depends on known times."""
    moments = [START + timedelta(hours=hour, minutes=30) for hour in (1, 4, 10)]
    found: list[Any] = [_plain(readers.odds_at(conn, event, at, known_by)) for at in moments]
    offsets = [timedelta(hours=hours) for hours in (0, 3)]
    found.append(_plain(readers.decision_frame(conn, [event], offsets, known_by)))
    found.append(_plain(readers.closing_lines(conn, [event], known_by)))
    found.append(_plain(readers.opening_lines(conn, [event], known_by)))
    found.extend(
        _plain(readers.line_movement(conn, event, book, market, None, known_by))
        for book, market in (("pinnacle", "h2h"), ("fanduel", "spreads"))
    )
    history = readers.event_history(conn, event, known_by).sort_values("capture_time")
    # By what was known before each: a merge makes the other event's statements known later.
    changes = [name for name in history.columns if name.endswith("_changed")]
    found.append(_plain(history.drop(columns=changes)))
    return found


def _plain(frame: "pd.DataFrame") -> list[tuple[Any, ...]]:
    left_out = frame.columns.intersection(["event_id", "known_time"])
    rows = frame.drop(columns=left_out).astype(object)
    return sorted(rows.where(rows.notna(), None).itertuples(index=False, name=None), key=repr)


@settings(
    max_examples=6 * TIMES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(told=parted())
def test_merged_events_answer_as_one(
    engine: Engine, told: Sequence[tuple[str, OddsCapture]]
) -> None:
    sport = told[0][1].scope.sport_key
    with transaction(engine) as conn, conn.transaction(force_rollback=True):
        store_history(conn, [capture for _, capture in told], [1] * 6)
        store_history(conn, [under(capture, f"{sport}-one") for _, capture in told], [1] * 6)
        a, b, one = (f"{sport}-{name}" for name in ("a", "b", "one"))
        apart = answers(conn, a), answers(conn, b)
        number, since = merged(conn, a, b)
        assert answers(conn, a) == answers(conn, b) == answers(conn, one)
        before = since - MOMENT
        assert (answers(conn, a, before), answers(conn, b, before)) == apart
        assert merges.undo(conn, number, "two games after all", "test")
        undone = conn.execute("SELECT max(known_time) FROM merge_undos").fetchone()
        assert undone is not None
        assert (answers(conn, a), answers(conn, b)) == apart
        united = answers(conn, b, undone[0] - MOMENT)
        assert united == answers(conn, one)
