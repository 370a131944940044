"""``decision_frame`` against a naive loop, and against what lies in the future of a decision."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pandas as pd
import psycopg
import pytest
from hypothesis import given
from sqlalchemy import Engine

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
from odds_pipeline.quality.schemas import schema
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.readers import decision_frame, odds_at
from odds_pipeline_tests.storage.histories import (
    Known,
    against_the_oracle,
    batch_sizes,
    histories,
    store_history,
)

Conn = psycopg.Connection[Any]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
OFFSETS = (timedelta(hours=25), 3 * HOUR, HOUR, timedelta(0), -HOUR)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Conn]:
    with transaction(engine) as opened:
        yield opened


def capture(
    event: str, moment: datetime, start: datetime, price: float, *, day_only: bool = False
) -> OddsCapture:
    stated = EventStated(event, "basketball_nba", start, "Home", "Away", "NBA", day_only)
    board = Board("pinnacle", "h2h", moment, (Quote("Home", price),))
    scope = Scope("basketball_nba", ("pinnacle",), None, ("h2h",))
    return OddsCapture(moment, CaptureBasis.CLOCK, scope, (EventOdds(stated, (board,)),))


def _decided(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    columns = ["offset_seconds", "decision_time", "commence_time", "capture_time", "price"]
    return [tuple(row) for row in frame[columns].itertuples(index=False)]


def _stated_at(known: Sequence[Known], event: str, at: datetime) -> datetime | None:
    """The start stated last by a moment, found by looking at every capture."""
    said = [
        (k.capture.capture_time, k.known_time, e.event.commence_time)
        for k in known
        for e in k.capture.events
        if e.event.event_id == event and k.capture.capture_time <= at
    ]
    return max(said)[2] if said else None


def _decision_time(known: Sequence[Known], event: str, offset: timedelta) -> datetime | None:
    """The first moment at which the start stated then is near enough: every candidate tried."""
    starts = {e.event.commence_time for k in known for e in k.capture.events}
    moments = {k.capture.capture_time for k in known} | {start - offset for start in starts}
    for moment in sorted(moments):
        start = _stated_at(known, event, moment)
        if start is not None and start - moment <= offset:
            return moment
    return None


@against_the_oracle(40)
@given(history=histories(), sizes=batch_sizes())
def test_one_pass_equals_a_loop_over_events_and_offsets(
    engine: Engine, history: Sequence[OddsCapture], sizes: Sequence[int]
) -> None:
    with transaction(engine) as conn:
        known = store_history(conn, history, sizes)
        events = sorted({e.event.event_id for c in history for e in c.events})
        for place, last in enumerate(known, start=1):
            frame = decision_frame(conn, events, OFFSETS, last.known_time, max_age=6 * HOUR)
            parts = []
            for event in events:
                for offset in OFFSETS:
                    moment = _decision_time(known[:place], event, offset)
                    if moment is not None:
                        part = odds_at(conn, event, moment, last.known_time, 6 * HOUR)
                        part["commence_time"] = _stated_at(known[:place], event, moment)
                        parts.append(part.assign(offset=offset.total_seconds(), moment=moment))
            _require_same(frame, parts)


def _require_same(frame: pd.DataFrame, parts: Sequence[pd.DataFrame]) -> None:
    parts = [part for part in parts if len(part)]
    assert len(frame) == sum(map(len, parts))
    if not parts:
        return
    wanted = pd.concat(parts, ignore_index=True)
    wanted = wanted.rename(columns={"offset": "offset_seconds", "moment": "decision_time"})
    found = frame.drop(columns="start_precision")[list(wanted.columns)]
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False)


def test_a_price_after_the_decision_never_appears(conn: Conn) -> None:
    start = NOON + 10 * HOUR
    said = [
        capture("e1", NOON, start, 1.5),
        capture("e1", start - HOUR, start, 2.0),
        capture("e1", start - HOUR + timedelta(microseconds=1), start, 9.0),
    ]
    store_history(conn, said, [3])
    frame = decision_frame(conn, ["e1"], [HOUR])
    assert frame["price"].tolist() == [2.0]
    assert frame["age_seconds"].tolist() == [0.0]


def test_the_final_start_of_a_postponed_event_is_not_foreseen(conn: Conn) -> None:
    first, final = NOON + 6 * HOUR, NOON + 30 * HOUR
    said = [
        capture("e1", NOON, first, 1.5),
        capture("e1", first - 30 * MINUTE, final, 3.0),  # put off after the decision was taken
        capture("e1", final - 2 * HOUR, final, 5.0),
    ]
    store_history(conn, said, [3])
    frame = decision_frame(conn, ["e1"], [HOUR])
    assert _decided(frame) == [(3600.0, first - HOUR, first, NOON, 1.5)]
    # Put off before it: the new start counts from then on.
    frame = decision_frame(conn, ["e1"], [10 * MINUTE])
    assert _decided(frame) == [(600.0, final - 10 * MINUTE, final, final - 2 * HOUR, 5.0)]


def test_an_event_brought_forward_is_decided_when_that_is_learned(conn: Conn) -> None:
    learned = NOON + 4 * HOUR
    said = [
        capture("e1", NOON, NOON + 9 * HOUR, 1.5),
        capture("e1", learned, learned + 20 * MINUTE, 2.0),
    ]
    store_history(conn, said, [2])
    frame = decision_frame(conn, ["e1"], [HOUR])
    assert _decided(frame) == [(3600.0, learned, learned + 20 * MINUTE, learned, 2.0)]


def test_a_decision_of_the_future_has_no_rows(conn: Conn) -> None:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    store_history(conn, [capture("e1", NOON, start, 1.5)], [1])
    frame = decision_frame(conn, ["e1"], [HOUR, timedelta(days=3)])
    assert frame["offset_seconds"].tolist() == [3 * 86400.0]


def test_a_start_known_to_the_day_counts_from_the_day_s_beginning(conn: Conn) -> None:
    day = datetime(2026, 3, 2, tzinfo=UTC)
    store_history(conn, [capture("e1", NOON, day, 1.5, day_only=True)], [1])
    frame = decision_frame(conn, ["e1"], [HOUR])
    assert frame["decision_time"].tolist() == [day - HOUR]
    assert frame["start_precision"].tolist() == ["day"]


def test_only_what_is_asked_for(conn: Conn) -> None:
    store_history(conn, [capture("e1", NOON, NOON + 6 * HOUR, 1.5)], [1])
    assert decision_frame(conn, ["e1"], [HOUR], bookmakers=["fanduel"]).empty
    assert decision_frame(conn, ["e1"], [HOUR], markets=["totals"]).empty
    assert decision_frame(conn, ["e1"], [HOUR], max_age=HOUR).empty
    assert decision_frame(conn, ["e1"], [HOUR], max_quote_age=HOUR).empty
    assert decision_frame(conn, ["e1"], []).empty
    found = decision_frame(conn, ["e1"], [HOUR], bookmakers=["pinnacle"], markets=["h2h"])
    assert len(found) == 1
    assert len(decision_frame(conn, ["e1", "nothing"], [HOUR])) == 1


@pytest.mark.parametrize("offsets", [[HOUR], []])
def test_the_frame_has_the_documented_columns(conn: Conn, offsets: list[timedelta]) -> None:
    event = uuid4().hex
    store_history(conn, [capture(event, NOON, NOON + 6 * HOUR, 1.5)], [1])
    frame = decision_frame(conn, [event], offsets)
    assert tuple(frame.columns) == TABLES["decision_frame"]
    pd.testing.assert_frame_equal(schema("decision_frame").validate(frame), frame)
