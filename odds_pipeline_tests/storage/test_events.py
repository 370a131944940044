"""An event's start, status and score through time: by rule, and against a naive oracle."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import CaptureBasis
from odds_pipeline.services.normalise import normalise_all
from odds_pipeline.storage import raw, readers
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.storage.histories import against_the_oracle

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
START = NOON + 8 * HOUR
LIVE = 6 * HOUR  # of a sport the catalog does not know


@dataclass(frozen=True)
class Said:
    """What one document states of one event; scores only where it is a scores document."""

    start: datetime = START
    completed: bool | None = None
    score: tuple[int, int] | None = None


@dataclass(frozen=True)
class Told:
    """One document: a list of events (full or filtered), of scores, or of odds."""

    moment: datetime
    events: dict[str, Said]
    kind: str = "events"
    filtered: bool = False
    source: str = "the_odds_api"


@dataclass(frozen=True)
class Known:
    told: Told
    known_time: datetime


class Feed:
    """Documents of one sport on their way in."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.sport = f"sport_{uuid.uuid4().hex[:12]}"
        self.known: list[Known] = []

    def tell(self, *told: Told) -> datetime:
        """Store documents in this order; returns the last one's known time."""
        with transaction(self.engine) as conn:
            for one in told:
                self.known.append(Known(one, raw.store(conn, self._record(one)).known_time))
        normalise_all(self.engine)
        return self.known[-1].known_time

    def _record(self, told: Told) -> raw.RawRecord:
        asked = {"sport": self.sport}
        if told.kind == "odds":
            asked |= {"bookmakers": "pinnacle", "markets": "h2h"}
        if told.filtered:
            asked["commenceTimeFrom"] = "2026-03-01T00:00:00Z"
        body = json.dumps([self._item(told, name, said) for name, said in told.events.items()])
        stated = told.moment if told.source == "file" else None
        return raw.RawRecord(
            uuid.uuid4(),
            told.source,
            told.kind,
            asked,
            body.encode(),
            told.moment,
            CaptureBasis.CLOCK,
            status=200,
            captured_at=stated,
        )

    def _item(self, told: Told, name: str, said: Said) -> dict[str, Any]:
        item: dict[str, Any] = {
            "id": f"{self.sport}-{name}",
            "sport_key": self.sport,
            "commence_time": f"{said.start:%Y-%m-%dT%H:%M:%SZ}",
            "home_team": "Home",
            "away_team": "Away",
        }
        if told.kind == "scores":
            home, away = said.score or (None, None)
            scores = [{"name": "Home", "score": str(home)}, {"name": "Away", "score": str(away)}]
            updated = f"{told.moment:%Y-%m-%dT%H:%M:%SZ}"
            item |= {
                "completed": said.completed is True,
                "scores": scores if said.score else None,
                "last_update": updated if said.score else None,
            }
        if told.kind == "odds":
            outcomes = [{"name": "Home", "price": 1.9}, {"name": "Away", "price": 1.9}]
            market = {"key": "h2h", "outcomes": outcomes}
            item["bookmakers"] = [{"key": "pinnacle", "title": "P", "markets": [market]}]
        return item

    def status(
        self, at: datetime, known_by: datetime | None = None, name: str = "a"
    ) -> tuple[Any, ...]:
        """Status, whether it is inferred, and the score."""
        found = self.read(at, known_by)
        return found[name][1:]

    def read(self, at: datetime, known_by: datetime | None = None) -> dict[str, tuple[Any, ...]]:
        """Start, status, whether inferred and score by event."""
        with transaction(self.engine) as conn:
            frame = readers.events_between(
                conn, NOON - 999 * HOUR, NOON + 999 * HOUR, self.sport, at, known_by
            )
        columns = ["id", "commence_time", "status", "status_inferred", "home_score"]
        shown = frame[columns].astype(object).where(frame[columns].notna(), None)
        return {row[0].rpartition("-")[2]: tuple(row[1:]) for row in shown.to_numpy().tolist()}


@pytest.fixture
def feed(engine: Engine) -> Feed:
    return Feed(engine)


SCHEDULED = ("scheduled", False, None)
CANCELLED = ("cancelled", True, None)
POSTPONED = ("postponed", True, None)
RUNNING = ("live", False, None)
ENDED = ("final", True, None)
A = {"a": Said()}
B = {"b": Said()}


@pytest.mark.parametrize("kind", ["events", "odds"])
def test_an_event_that_leaves_the_feed_before_its_start_is_cancelled_once_that_passes(
    feed: Feed, kind: str
) -> None:
    first = feed.tell(Told(NOON, A | B, kind))
    gone = feed.tell(Told(NOON + HOUR, B, kind))
    assert feed.status(NOON + 2 * HOUR) == SCHEDULED
    assert feed.status(START) == CANCELLED
    assert feed.status(START + 9 * HOUR) == CANCELLED
    assert feed.status(START, first) == RUNNING
    assert feed.status(START, gone, "b") == RUNNING
    assert feed.status(START + LIVE, gone, "b") == ENDED
    score = {"a": Said(completed=False, score=(3, 2))}
    late = feed.tell(Told(START + 2 * HOUR, score, "scores"))
    assert feed.status(START + HOUR) == CANCELLED
    assert feed.status(START + 2 * HOUR) == ("live", False, 3)
    assert feed.status(START + 2 * HOUR, gone) == CANCELLED
    assert late > gone


def test_an_event_seen_again_is_not_cancelled(feed: Feed) -> None:
    feed.tell(Told(NOON, A, "odds"), Told(NOON + HOUR, B, "odds"))
    assert feed.status(START) == CANCELLED
    feed.tell(Told(NOON + 2 * HOUR, A))
    assert feed.status(START) == RUNNING
    # Told late: it was missing from the list of events too, and later than it was seen.
    feed.tell(Told(NOON + 3 * HOUR, B))
    assert feed.status(START) == CANCELLED


@pytest.mark.parametrize(
    "told",
    [
        Told(START, {"b": Said(START)}),
        Told(START + HOUR, {"b": Said(START)}, "odds"),
        Told(NOON + HOUR, B, filtered=True),
        Told(NOON + HOUR, B, "scores"),
        Told(NOON + HOUR, B, source="file"),
        Told(NOON - HOUR, B),
    ],
    ids=["at its start", "in play", "filtered", "scores", "file", "earlier"],
)
def test_what_proves_nothing_cancels_nothing(feed: Feed, told: Told) -> None:
    feed.tell(Told(NOON, A | B, "odds"), told)
    assert feed.status(START + 2 * HOUR) == RUNNING
    assert feed.status(START + LIVE) == ENDED


def test_a_list_of_another_sport_or_with_unreadable_entries_proves_nothing(
    feed: Feed, engine: Engine
) -> None:
    feed.tell(Told(NOON, A))
    Feed(engine).tell(Told(NOON + HOUR, B))
    with transaction(engine) as conn:
        body = b'[{"id": "nothing else"}]'
        record = feed._record(Told(NOON + HOUR, {}))
        raw.store(
            conn,
            raw.RawRecord(
                record.call_id, record.source, "events", record.request, body,
                record.received_at, record.received_basis,
            ),
        )  # fmt: skip
    normalise_all(engine)
    assert feed.status(START) == RUNNING
    feed.tell(Told(NOON + 2 * HOUR, {}))
    assert feed.status(START) == CANCELLED


def test_a_start_moved_far_when_it_was_close_is_a_postponement_until_the_new_one(
    feed: Feed,
) -> None:
    moved = START + timedelta(days=2)
    before = feed.tell(Told(NOON, A), Told(START - HOUR, A))
    told = feed.tell(Told(START + HOUR, {"a": Said(moved)}))
    assert feed.status(START + timedelta(minutes=59)) == RUNNING
    assert feed.status(START + HOUR) == POSTPONED
    assert feed.status(START + HOUR, before) == RUNNING
    assert feed.status(moved - HOUR, told) == POSTPONED
    assert feed.status(moved) == RUNNING
    assert feed.status(moved + LIVE) == ENDED


def test_an_event_that_vanished_and_comes_back_with_a_later_start_is_postponed(
    feed: Feed,
) -> None:
    feed.tell(Told(NOON, A), Told(NOON + HOUR, B))
    assert feed.status(START) == CANCELLED
    feed.tell(Told(START + 20 * HOUR, {"a": Said(START + timedelta(days=3))}))
    assert feed.status(START + 19 * HOUR) == CANCELLED
    assert feed.status(START + 20 * HOUR) == POSTPONED


@pytest.mark.parametrize(
    ("told_at", "moved_to"),
    [
        (START - LIVE - HOUR, START + timedelta(days=7)),
        (START - LIVE, START + timedelta(days=7)),
        (START + HOUR, START + LIVE),
        (START - HOUR, START - 30 * timedelta(minutes=1)),
    ],
    ids=["long before", "before it was close", "not far", "earlier"],
)
def test_other_moves_are_no_postponements(
    feed: Feed, told_at: datetime, moved_to: datetime
) -> None:
    feed.tell(Told(NOON - 24 * HOUR, A), Told(told_at, {"a": Said(moved_to)}))
    assert feed.status(told_at) == SCHEDULED


def test_a_corrected_score_leaves_the_old_answer_as_it_was(feed: Feed) -> None:
    end = START + 3 * HOUR
    first = feed.tell(
        Told(NOON, A), Told(end, {"a": Said(completed=True, score=(101, 99))}, "scores")
    )
    corrected = feed.tell(
        Told(end + 6 * HOUR, {"a": Said(completed=True, score=(102, 99))}, "scores")
    )
    assert feed.status(end) == ("final", False, 101)
    assert feed.status(end + 6 * HOUR) == ("final", False, 102)
    assert feed.status(end + 6 * HOUR, first) == ("final", False, 101)
    # A correction of what was said at that very time: known later, true then.
    again = feed.tell(Told(end, {"a": Said(completed=True, score=(100, 99))}, "scores"))
    assert feed.status(end, corrected) == ("final", False, 101)
    assert feed.status(end, again) == ("final", False, 100)
    assert feed.status(end + 6 * HOUR, again) == ("final", False, 102)


def test_the_view_is_the_reader_now(feed: Feed, engine: Engine) -> None:
    feed.tell(Told(NOON, A | B), Told(NOON + HOUR, B))
    with transaction(engine) as conn:
        viewed = conn.execute("SELECT * FROM events ORDER BY id").fetchall()
        read = conn.execute("SELECT * FROM events_as_of(now(), 'infinity') ORDER BY id").fetchall()
        plan = "\n".join(row[0] for row in conn.execute("EXPLAIN SELECT * FROM events"))
    assert viewed == read
    assert [row[8] for row in viewed] == ["cancelled", "final"]
    assert "Function Scan" not in plan


# --- against an oracle that keeps every document whole ---


@st.composite
def documents(draw: st.DrawFn) -> list[Told]:
    """Documents about two events in the order in which they become known."""
    starts = st.sampled_from((START, START + HOUR, START + 7 * HOUR, START + 30 * HOUR))
    told = []
    for _ in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(("events", "events", "scores", "odds")))
        events = {}
        for name in ("a", "b"):
            # Odds name both: an absence there is judged by scopes, which is not the matter here.
            if kind == "odds" or draw(st.integers(0, 2)):
                completed = draw(st.booleans()) if kind == "scores" else None
                played = kind == "scores" and (completed or draw(st.booleans()))
                score = (draw(st.integers(1, 3)), 0) if played else None
                events[name] = Said(draw(starts), completed, score)
        moment = NOON + draw(st.integers(0, 40)) * HOUR
        told.append(Told(moment, events, kind, kind == "events" and draw(st.integers(0, 4)) == 0))
    return told


def _oracle(
    known: Sequence[Known], name: str, at: datetime, known_by: datetime
) -> tuple[Any, ...] | None:
    usable = [k for k in known if k.told.moment <= at and k.known_time <= known_by]
    usable.sort(key=lambda k: (k.told.moment, k.told.kind != "odds", k.known_time))
    seen = [(k.told.moment, k.told.events[name]) for k in usable if name in k.told.events]
    if not seen:
        return None
    moment, newest = seen[-1]
    start = newest.start
    scored = [said for _, said in seen if said.completed is not None]
    home = scored[-1].score[0] if scored and scored[-1].score else None
    if scored and scored[-1].completed:
        return start, "final", False, home
    if start > at:
        # What start was believed at each time, and was it close then?
        hours = int((at - NOON) / HOUR) + 1
        for moment in (NOON + n * HOUR / 2 for n in range(2 * hours)):
            believed = [said.start for when, said in seen if when <= moment <= at]
            if believed and believed[-1] - LIVE <= moment and believed[-1] + LIVE < start:
                return start, "postponed", True, home
        return start, "scheduled", False, home
    listings = [k.told for k in usable if k.told.kind == "events" and not k.told.filtered]
    if home is None and any(moment < told.moment < start for told in listings):
        return start, "cancelled", True, home
    if start + LIVE > at:
        return start, "live", False, home
    return start, "final", True, home


@against_the_oracle(40)
@given(told=documents())
def test_events_equal_the_oracle_at_every_pair_of_times(engine: Engine, told: list[Told]) -> None:
    feed = Feed(engine)
    feed.tell(*told)
    moments = {one.moment for one in told} | {START, START + 7 * HOUR, START + 99 * HOUR}
    for at in moments:
        for known_by in (k.known_time for k in feed.known):
            wanted = {name: _oracle(feed.known, name, at, known_by) for name in ("a", "b")}
            assert feed.read(at, known_by) == {n: w for n, w in wanted.items() if w is not None}
