"""A document read again says what the newer parser reads, from then on and never before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import Document, EventOdds, OddsCapture, RawDocument, Scope
from odds_pipeline.errors import MalformedResponse
from odds_pipeline.services import rebuild, reparse
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.rebuild import rebuild_days
from odds_pipeline.services.reparse import choose, reparse_all
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.readers import odds_at
from odds_pipeline.storage.scoping import answered
from odds_pipeline_tests.storage.histories import (
    START,
    TIMES,
    Known,
    Offer,
    batch_sizes,
    captures,
    forget_facts,
    offers,
    store_history,
)
from odds_pipeline_tests.storage.months import answers, platform_of

MOMENT = timedelta(seconds=1)


class Parser:
    """The newer parser: what it reads in each document, by the document's known time."""

    def __init__(self) -> None:
        self.reads: dict[datetime, Document | None] = {}

    def parse(self, stored: RawDocument) -> Document:
        document = self.reads[stored.known_time]
        if document is None:
            raise MalformedResponse("not a word of it")
        return document


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Parser:
    parser = Parser()
    for user in (reparse, rebuild):
        monkeypatch.setattr(user, "parse_document", parser.parse)
        monkeypatch.setattr(user, "PARSER_VERSION", 2)
    return parser


@st.composite
def rereadings(draw: st.DrawFn) -> list[tuple[OddsCapture, OddsCapture | None]]:
    """Captures as they become known, each with what a newer parser reads instead."""
    sport = f"sport_{draw(st.uuids()).hex[:12]}"
    told = draw(
        st.lists(captures(sport), min_size=1, max_size=5, unique_by=lambda c: c.capture_time)
    )
    return [(capture, _reread(draw, sport, capture)) for capture in told]


def _reread(draw: st.DrawFn, sport: str, before: OddsCapture) -> OddsCapture | None:
    """The same, or other boards, fewer events, another time or scope, or nothing at all."""
    other = draw(captures(sport))
    return draw(
        st.sampled_from(
            (
                before,
                before,
                other,
                msgspec.structs.replace(other, capture_time=before.capture_time),
                msgspec.structs.replace(before, events=_mixed(before, other)),
                msgspec.structs.replace(before, events=before.events[:1], listing_complete=False),
                msgspec.structs.replace(before, capture_time=other.capture_time),
                None,
            )
        )
    )


def _mixed(before: OddsCapture, other: OddsCapture) -> tuple[EventOdds, ...]:
    """The first event of the other in the stead of its like: prices and points read otherwise."""
    found = {event.event.event_id: event for event in (*before.events, *other.events[:1])}
    return tuple(found.values())


def _place(capture: OddsCapture) -> tuple[datetime, Scope]:
    return (
        capture.capture_time,
        msgspec.structs.replace(answered(capture), lists_all_events=False),
    )


def _as_known(told: OddsCapture, fresh: OddsCapture | None, known_time: datetime) -> list[Known]:
    """What the oracle is told of a re-parse: what was said before and is not said any more."""
    spoken: set[str] = set()
    if fresh is not None and _place(fresh) == _place(told):
        spoken = {event.event.event_id for event in fresh.events}
        if fresh.listing_complete:
            spoken.update(fresh.event_ids)
        if answered(fresh).lists_all_events:
            spoken.update(event.event.event_id for event in told.events)
    lost = tuple(
        EventOdds(event.event, (), complete=False)
        for event in told.events
        if event.event.event_id not in spoken
    )
    shell = OddsCapture(told.capture_time, told.basis, answered(told), lost, (), False)
    said = ([shell] if lost else []) + ([] if fresh is None else [fresh])
    return [Known(capture, known_time) for capture in said]


def _read(
    conn: psycopg.Connection[Any], event_id: str, at: datetime, known_by: datetime
) -> set[Offer]:
    frame = odds_at(conn, event_id, at, known_by)
    columns = ["bookmaker_key", "market_key", "outcome_name", "description", "price", "point"]
    rows = frame[columns].astype(object).where(frame[columns].notna(), None)
    return {tuple(row) for row in rows.itertuples(index=False)}


def _marks(conn: psycopg.Connection[Any]) -> list[tuple[datetime, datetime, bool, str]]:
    """(known time of the document, of its re-parse, whether it agrees, status)."""
    return conn.execute(
        """SELECT r.known_time, n.known_time, n.agrees, n.status
        FROM normalisations n JOIN raw_responses r USING (raw_id)
        WHERE parser_version = 2 ORDER BY n.known_time"""
    ).fetchall()


@settings(
    max_examples=30 * TIMES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(told=rereadings(), sizes=batch_sizes())
def test_a_reparsed_history_equals_the_oracle(
    engine: Engine,
    home: Path,
    clock: SteppedClock,
    newer: Parser,
    told: list[tuple[OddsCapture, OddsCapture | None]],
    sizes: Sequence[int],
) -> None:
    platform = platform_of(engine, home, clock)
    with transaction(engine) as conn:
        forget_facts(conn)
        known = store_history(conn, [before for before, _ in told], sizes)
        before = answers(conn, known)
    fresh = {k.known_time: now for k, (_, now) in zip(known, told, strict=True)}
    newer.reads = {
        moment: None if now is None else Document(odds=(now,)) for moment, now in fresh.items()
    }
    tried = reparse_all(platform, choose(), dry_run=True)
    done = reparse_all(platform, choose())
    assert (tried.documents, tried.changed) == (done.documents, done.changed)
    assert done.documents == len(told)
    assert reparse_all(platform, choose()).documents == 0
    with transaction(engine) as conn:
        assert answers(conn, known) == before
        marks = _marks(conn)
        assert [mark[0] for mark in marks] == [k.known_time for k in known]
        said = {k.known_time: k.capture for k in known}
        all_known = list(known)
        for moment, known_time, agrees, status in marks:
            assert (status == "failed") == (fresh[moment] is None)
            if fresh[moment] == said[moment]:
                assert agrees
            if not agrees:
                all_known += _as_known(said[moment], fresh[moment], known_time)
        moments = sorted({k.capture.capture_time for k in all_known})
        for event_id in {e.event.event_id for k in all_known for e in k.capture.events}:
            for at in (*moments, moments[0] - MOMENT, moments[-1] + MOMENT):
                for known_by in sorted({k.known_time for k in all_known}):
                    assert _read(conn, event_id, at, known_by) == offers(
                        all_known, event_id, at, known_by
                    )
