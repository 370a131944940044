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
    Board,
    CaptureBasis,
    EventOdds,
    EventStated,
    OddsCapture,
    Quote,
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


def _listing(hour: int, prices: dict[str, float]) -> OddsCapture:
    """A capture that lists every event of the sport: those of the prices."""
    moment = START + timedelta(hours=hour)
    events = tuple(
        EventOdds(
            EventStated(name, "relisted", START + timedelta(hours=20), "Home", "Away"),
            (Board("pinnacle", "h2h", moment, (Quote("Home", price), Quote("Away", 2.0))),),
        )
        for name, price in prices.items()
    )
    scope = Scope("relisted", ("pinnacle",), None, ("h2h",), lists_all_events=True)
    return OddsCapture(moment, CaptureBasis.TIMESTAMP, scope, events)


def test_an_event_that_goes_on_under_another_id_is_one(conn: Conn) -> None:
    told = [
        _listing(1, {"old": 1.5}),
        _listing(2, {"old": 1.6, "new": 1.7}),
        _listing(3, {"new": 1.8}),
        _listing(4, {"new": 1.8}),
    ]
    store_history(conn, told, [1] * 4)
    merged(conn, "old", "new")

    def price(hour: int) -> list[float]:
        frame = readers.odds_at(conn, "new", START + timedelta(hours=hour), outcome="Home")
        assert set(frame["event_id"]) <= {"old"}
        return [float(value) for value in frame["price"]]

    # Of one capture that lists both the kept one's price counts, unless it is no longer listed.
    assert [price(hour) for hour in (1, 2, 3, 4)] == [[1.5], [1.6], [1.8], [1.8]]
    moves = readers.line_movement(conn, "old", "pinnacle", "h2h")
    home = moves[moves["outcome_name"] == "Home"]
    assert home["price"].tolist() == [1.5, 1.6, 1.8]
    status = conn.execute(
        "SELECT id, status FROM events_as_of(%s, 'infinity') WHERE sport_key = 'relisted'",
        (START + timedelta(hours=5),),
    ).fetchall()
    assert status == [("old", "scheduled")]
    starts = conn.execute("SELECT DISTINCT event_id FROM starts_stated").fetchall()
    assert ("old",) in starts


def test_merges_and_undos_cannot_change(conn: Conn) -> None:
    store_history(conn, [_listing(1, {"old": 1.5, "new": 1.7})], [1])
    number, _ = merged(conn, "old", "new")
    assert merges.undo(conn, number, "two games", "test")
    assert not merges.undo(conn, number, "again", "test")
    for table in ("merges", "merge_undos"):
        for statement in (f"UPDATE {table} SET reason = 'x'", f"DELETE FROM {table}"):  # noqa: S608
            with (
                pytest.raises(psycopg.errors.RestrictViolation, match="immutable"),
                conn.transaction(),
            ):
                conn.execute(statement.encode())
