"""odds_at against the naive oracle, over random histories and (at, known_by) pairs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import given
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
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.readers import odds_at, offers_at
from odds_pipeline_tests.storage.histories import (
    START,
    Known,
    Offer,
    against_the_oracle,
    batch_sizes,
    feeds,
    forget_facts,
    histories,
    offers,
    store_history,
)

MOMENT = timedelta(seconds=1)
SETTINGS = against_the_oracle(40)


def _read(
    conn: psycopg.Connection[Any], event_id: str, at: datetime, known_by: datetime
) -> set[Offer]:
    frame = odds_at(conn, event_id, at, known_by)
    columns = ["bookmaker_key", "market_key", "outcome_name", "description", "price", "point"]
    rows = frame[columns].astype(object).where(frame[columns].notna(), None)
    found = [tuple(row) for row in rows.itertuples(index=False)]
    assert len(found) == len(set(found))
    by_rows = offers_at(conn, event_id, at, known_by)
    assert [(*o[1:5], o.price, o.point) for o in by_rows] == found
    return set(found)


def _require_oracle(
    conn: psycopg.Connection[Any], history: Sequence[OddsCapture], known: Sequence[Known]
) -> None:
    moments = sorted({capture.capture_time for capture in history})
    for event_id in {e.event.event_id for c in history for e in c.events}:
        for at in (*moments, moments[0] - MOMENT, moments[-1] + MOMENT):
            for known_by in (k.known_time for k in known):
                assert _read(conn, event_id, at, known_by) == offers(known, event_id, at, known_by)


@SETTINGS
@given(history=histories(), sizes=batch_sizes())
def test_odds_at_equals_oracle(
    engine: Engine, history: Sequence[OddsCapture], sizes: Sequence[int]
) -> None:
    with transaction(engine) as conn:
        _require_oracle(conn, history, store_history(conn, history, sizes))


@pytest.mark.parametrize("remember", [False, True], ids=["fresh", "remembering"])
@SETTINGS
@given(history=histories() | feeds(), sizes=batch_sizes())
def test_a_writer_that_remembers_and_one_that_does_not_equal_the_oracle(
    engine: Engine, remember: bool, history: Sequence[OddsCapture], sizes: Sequence[int]
) -> None:
    with transaction(engine) as conn:
        forget_facts(conn)
        _require_oracle(conn, history, store_history(conn, history, sizes, remember))


def test_a_late_capture_before_two_equal_listings_is_followed_by_one_absence(
    engine: Engine,
) -> None:
    sport = f"sport_{uuid4().hex[:12]}"
    noon, start = START + timedelta(hours=1), START + timedelta(hours=30)

    def event(name: str, moment: datetime) -> EventOdds:
        board = Board("pinnacle", "h2h", moment, (Quote("Home", 1.91), Quote("Away", 1.91)))
        return EventOdds(EventStated(f"{sport}-{name}", sport, start, "Home", "Away"), (board,))

    def capture(moment: datetime, scope: Scope, name: str) -> OddsCapture:
        return OddsCapture(moment, CaptureBasis.TIMESTAMP, scope, (event(name, moment),))

    listing = Scope(sport, ("pinnacle",), None, ("h2h",), True)
    one_event = Scope(sport, ("pinnacle",), None, None)
    history = [
        capture(noon, listing, "b"),
        capture(noon, listing, "b"),
        capture(noon, one_event, "a"),
        capture(noon - timedelta(minutes=30), listing, "a"),
    ]
    with transaction(engine) as conn:
        known = store_history(conn, history, [1, 1, 1, 1])
        for at in (noon - timedelta(minutes=30), noon, noon + MOMENT):
            for known_by in (k.known_time for k in known):
                for name in ("a", "b"):
                    assert _read(conn, f"{sport}-{name}", at, known_by) == offers(
                        known, f"{sport}-{name}", at, known_by
                    )
