"""A document read again says what the newer parser reads, from then on and never before."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import (
    Document,
    EventOdds,
    OddsCapture,
    RawDocument,
    Rejection,
    Scope,
)
from odds_pipeline.errors import MalformedResponse, NotFound, UsageError
from odds_pipeline.services import rebuild, reparse
from odds_pipeline.services.archive import clean
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.rebuild import rebuild_day, rebuild_days
from odds_pipeline.services.reparse import choose, reparse_all
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.sources.parse import parse_document
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.readers import events_between, odds_at
from odds_pipeline.storage.scoping import answered
from odds_pipeline_tests.services.books import rows
from odds_pipeline_tests.services.documents import NOON, UPDATE, event, store
from odds_pipeline_tests.storage.histories import (
    Known,
    against_the_oracle,
    batch_sizes,
    captures,
    forget_facts,
    offers,
    store_history,
)
from odds_pipeline_tests.storage.months import answers, platform_of

Reader = Callable[[Document], Document]
MOMENT = timedelta(seconds=1)
DAYS = (date(2026, 3, 1), date(2026, 3, 2))


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
                replace(other, capture_time=before.capture_time),
                replace(before, events=_mixed(before, other)),
                replace(before, events=before.events[:1], listing_complete=False),
                replace(before, capture_time=other.capture_time),
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
        replace(answered(capture), lists_all_events=False),
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
    conn: psycopg.Connection[Any], events: Sequence[str], at: datetime, known_by: datetime
) -> set[tuple[Any, ...]]:
    frame = odds_at(conn, events, at, known_by)
    columns = [
        "event_id",
        "bookmaker_key",
        "market_key",
        "outcome_name",
        "description",
        "price",
        "point",
    ]
    rows = frame[columns].astype(object).where(frame[columns].notna(), None)
    return {tuple(row) for row in rows.itertuples(index=False)}


def _marks(conn: psycopg.Connection[Any]) -> list[tuple[datetime, datetime, bool, str]]:
    """(known time of the document, of its re-parse, whether it agrees, status)."""
    return conn.execute(
        """SELECT r.known_time, n.known_time, n.agrees, n.status
        FROM normalisations n JOIN raw_responses r USING (raw_id)
        WHERE parser_version = 2 ORDER BY n.known_time"""
    ).fetchall()


@against_the_oracle(4)
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
    for day in rebuild_days(platform, DAYS[0], DAYS[-1], verify=True):
        assert day.differences == ()
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
        events = sorted({e.event.event_id for k in all_known for e in k.capture.events})
        for at in (*moments, moments[-1] + MOMENT):
            for known_by in sorted({k.known_time for k in all_known}):
                assert _read(conn, events, at, known_by) == {
                    (event, *offer)
                    for event in events
                    for offer in offers(all_known, event, at, known_by)
                }


# --- documents as the provider sends them ---


@pytest.fixture
def read_otherwise(monkeypatch: pytest.MonkeyPatch) -> Callable[[Reader], None]:
    """Let a newer parser read documents, made of what this one reads."""

    def use(read: Reader) -> None:
        def parse(stored: RawDocument) -> Document:
            return read(parse_document(stored))

        for user in (reparse, rebuild):
            monkeypatch.setattr(user, "parse_document", parse)
            monkeypatch.setattr(user, "PARSER_VERSION", user.PARSER_VERSION + 1)

    return use


def _priced(document: Document, price: float) -> Document:
    """The document with its first price read otherwise."""
    (capture,) = document.odds
    first, *others = capture.events
    (board,) = first.boards
    quotes = (replace(board.quotes[0], price=price), *board.quotes[1:])
    event = replace(first, boards=(replace(board, quotes=quotes),))
    return replace(document, odds=(replace(capture, events=(event, *others)),))


def _prices(platform: Platform, at: datetime = NOON, known_by: datetime | None = None) -> list[Any]:
    with transaction(platform.engine) as conn:
        frame = odds_at(conn, ["a", "b"], at, known_by)
    return [tuple(row) for row in frame[["event_id", "outcome_name", "price"]].to_numpy()]


def test_only_what_is_read_otherwise_is_appended(
    platform: Platform, read_otherwise: Callable[[Reader], None]
) -> None:
    changed = store(platform, [event("a"), event("b")])
    same = store(platform, [event("a"), event("b")], NOON + timedelta(minutes=30))
    finish_pending(platform)
    before = _prices(platform)
    ((known,),) = rows(platform, "SELECT max(known_time) FROM raw_responses")
    read_otherwise(lambda read: _priced(read, 1.5) if read.odds[0].capture_time == NOON else read)
    done = reparse_all(platform, choose())
    assert (done.documents, done.agreeing, done.changed) == (2, 1, 1)
    # Its price, and that of the capture after it, which its own row does not say any more.
    assert (done.snapshots, done.quotes, done.days) == (1, 2, {NOON.date()})
    assert _prices(platform) == [("a", "Away", 3.1), ("a", "Home", 1.5), *before[2:]]
    assert _prices(platform, NOON + timedelta(minutes=30)) == before
    assert _prices(platform, NOON, known) == before
    marks = "SELECT raw_id, parser_version, status, agrees FROM normalisations ORDER BY known_time"
    assert rows(platform, marks) == [
        (changed, 1, "ok", None),
        (same, 1, "ok", None),
        (changed, 2, "ok", False),
        (same, 2, "ok", True),
    ]
    # The next parser reads all as the one before: the day is made again with what the first said.
    read_otherwise(lambda read: _priced(read, 1.5) if read.odds[0].capture_time == NOON else read)
    with pytest.raises(UsageError, match="run `odds db reparse` first"):
        rebuild_day(platform, NOON.date(), verify=True)
    assert reparse_all(platform, choose()).agreeing == 2
    verified = rebuild_day(platform, NOON.date(), verify=True)
    assert (verified.documents, verified.kept, verified.differences) == (3, 1, ())
    with transaction(platform.engine) as conn:
        conn.execute("DELETE FROM quotes WHERE known_time > %s", (known,))
    assert rebuild_day(platform, NOON.date()).differences
    assert _prices(platform) == [("a", "Away", 3.1), ("a", "Home", 1.5), *before[2:]]


def test_a_reparse_goes_on_where_it_stopped(
    platform: Platform, read_otherwise: Callable[[Reader], None]
) -> None:
    for hour in range(4):
        store(platform, [event("a", (1.4 + hour, 3.1))], NOON + timedelta(hours=hour))
    finish_pending(platform)
    read: list[datetime] = []

    def stopped(document: Document) -> Document:
        read.append(document.odds[0].capture_time)
        if len(read) == 3:
            raise KeyboardInterrupt
        return _priced(document, 9.0)

    read_otherwise(stopped)
    told: list[tuple[int, int]] = []
    with pytest.raises(KeyboardInterrupt):
        reparse_all(platform, choose(), progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4)]
    assert reparse_all(platform, choose()).changed == 2
    assert [moment.hour for moment in read] == [12, 13, 14, 14, 15]
    assert reparse_all(platform, choose()).documents == 0


def test_days_and_documents_are_chosen(
    platform: Platform, read_otherwise: Callable[[Reader], None]
) -> None:
    day = timedelta(days=1)
    first, second = (store(platform, [event("a")], NOON + n * day) for n in range(2))
    unreadable = store(platform, b"<html>", NOON + day)
    finish_pending(platform)
    read_otherwise(lambda read: read)

    def count(**chosen: Any) -> int:
        return reparse_all(platform, choose(**chosen), dry_run=True).documents

    assert count() == 3
    assert count(end=NOON.date()) == 1
    assert count(start=(NOON + day).date(), end=(NOON + day).date()) == 2
    assert count(start=(NOON + 2 * day).date()) == 0
    assert count(raw_id=second) == 1
    with pytest.raises(NotFound, match="raw document 99 is not stored"):
        count(raw_id=99)
    with pytest.raises(UsageError, match="lies before"):
        count(start=(NOON + day).date(), end=NOON.date())
    assert rows(platform, "SELECT count(*) FROM normalisations") == [(3,)]
    done = reparse_all(platform, choose())
    assert (done.agreeing, done.changed, done.failed) == (3, 0, 1)
    assert rows(platform, "SELECT raw_id, agrees FROM normalisations WHERE agrees IS NOT NULL") == [
        (first, True),
        (second, True),
        (unreadable, True),
    ]


def test_what_could_not_be_read_becomes_known_when_it_can(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw_id = store(platform, b"<html>")
    finish_pending(platform)
    ((known,),) = rows(platform, "SELECT max(known_time) FROM raw_responses")
    with transaction(platform.engine) as conn:
        conn.execute(
            """INSERT INTO slots (purpose, sport_key, slot_time, status, reason, call_id)
            SELECT 'live', 'basketball_nba', %s, 'gap', 'unreadable response', call_id
            FROM raw_responses""",
            (NOON,),
        )
    good = json.dumps([event("a"), event("b")]).encode()
    monkeypatch.setattr(
        reparse, "parse_document", lambda stored: parse_document(replace(stored, body=good))
    )
    monkeypatch.setattr(reparse, "PARSER_VERSION", 2)
    done = reparse_all(platform, choose())
    assert (done.changed, done.failed, done.snapshots) == (1, 0, 2)
    assert len(_prices(platform)) == 4
    assert _prices(platform, NOON, known) == []
    assert rows(platform, "SELECT status, reason FROM slots") == [("ok", None)]
    assert rows(platform, "SELECT raw_id, status FROM quarantine") == [(raw_id, "released")]


def test_a_score_read_otherwise_is_known_from_then_on(
    platform: Platform, read_otherwise: Callable[[Reader], None]
) -> None:
    scores = [{"name": "Home", "score": "9"}, {"name": "Away", "score": "7"}]
    ended = event("a") | {"completed": True, "scores": scores, "last_update": UPDATE}
    store(platform, [ended], NOON + timedelta(hours=12), "scores")
    finish_pending(platform)
    ((known,),) = rows(platform, "SELECT max(known_time) FROM raw_responses")

    def swapped(document: Document) -> Document:
        (told,) = document.statements
        (one,) = told.statements
        one = replace(one, home_score=one.away_score, away_score=one.home_score)
        return replace(document, statements=(replace(told, statements=(one,)),))

    read_otherwise(swapped)
    assert reparse_all(platform, choose()).statements == 1
    with transaction(platform.engine) as conn:
        found = [
            events_between(conn, NOON, NOON + timedelta(days=1), known_by=by)["home_score"].tolist()
            for by in (known, None)
        ]
    assert found == [[9], [7]]
    assert rebuild_day(platform, NOON.date(), verify=True).differences == ()
    assert rebuild_day(platform, (NOON + timedelta(hours=12)).date(), verify=True).kept == 1


def test_what_a_later_parse_rejects_of_a_list_changes_no_earlier_answer(
    platform: Platform, read_otherwise: Callable[[Reader], None]
) -> None:
    store(platform, [event("a"), event("b")], NOON, "events")
    store(platform, [event("b")], NOON + timedelta(hours=1), "events")
    finish_pending(platform)
    ((known,),) = rows(platform, "SELECT max(known_time) FROM raw_responses")

    def statuses() -> list[str]:
        with transaction(platform.engine) as conn:
            frame = events_between(
                conn, NOON, NOON + timedelta(days=1), at=NOON + timedelta(hours=9), known_by=known
            )
        return [str(status) for status in frame["status"]]

    assert statuses() == ["cancelled", "live"]
    read_otherwise(lambda read: replace(read, rejections=(Rejection("[7]", "no event", "{}"),)))
    reparse_all(platform, choose())
    assert rows(platform, "SELECT count(*) FROM quarantine WHERE known_time IS NOT NULL") == [(2,)]
    assert statuses() == ["cancelled", "live"]


def test_an_event_that_cannot_be_written_stays_a_dead_letter(
    platform: Platform, read_otherwise: Callable[[Reader], None]
) -> None:
    with transaction(platform.engine) as conn:
        conn.execute("ALTER TABLE quotes ADD CHECK (price <> 7.5)")
    store(platform, [event("a"), event("b")])
    finish_pending(platform)
    read_otherwise(lambda read: _priced(read, 7.5))
    assert reparse_all(platform, choose()).changed == 1
    assert [row[0] for row in _prices(platform)] == ["b", "b"]
    assert rows(platform, "SELECT event_id, status FROM quarantine") == [("a", "open")]
    assert rebuild_day(platform, NOON.date(), verify=True).differences == ()


def test_archived_captures_are_read_again_too(
    platform: Platform, read_otherwise: Callable[[Reader], None]
) -> None:
    moment = NOON - timedelta(days=28)
    store(platform, [event("a"), event("b")], moment)
    store(platform, [event("a"), event("b")], moment + timedelta(minutes=30))
    finish_pending(platform)
    before = _prices(platform, moment)
    ((known,),) = rows(platform, "SELECT max(known_time) FROM raw_responses")
    assert clean(platform, "0d")
    read_otherwise(lambda read: _priced(read, 1.5) if read.odds[0].capture_time == moment else read)
    done = reparse_all(platform, choose())
    assert (done.agreeing, done.changed, done.quotes) == (1, 1, 2)
    assert _prices(platform, moment) == [("a", "Away", 3.1), ("a", "Home", 1.5), *before[2:]]
    assert _prices(platform, moment, known) == before
    with pytest.raises(UsageError, match="is archived, or follows days that are"):
        rebuild_day(platform, moment.date(), verify=True)
