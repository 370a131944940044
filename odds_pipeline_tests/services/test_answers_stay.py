"""Answers for fixed times stay as they are, whatever is learned, corrected or moved afterwards."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import psycopg
import pytest
from msgspec.structs import replace

from odds_pipeline.catalog.observations import Document, OddsCapture, RawDocument
from odds_pipeline.errors import UsageError
from odds_pipeline.services import normalise, rebuild, reparse, voids
from odds_pipeline.services.archive import clean
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.rebuild import rebuild_day
from odds_pipeline.services.reparse import choose, reparse_all
from odds_pipeline.services.voids import VoidRequest
from odds_pipeline.sources.parse import parse_document
from odds_pipeline.storage import readers
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.services.documents import store

# The end of a month that is archived and the beginning of one that is not.
FIRST = datetime(2026, 2, 28, 6, tzinfo=UTC)
MINUTES = 48 * 60
EVENTS = ("a", "b", "c", "d")
MARKETS = ("h2h", "totals")
BOOKS = ("pinnacle", "fanduel")
DAYS = (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2))
LATER = (UsageError,)  # of an archived day that two parsers read: it can be compared no more

Reader = Callable[[psycopg.Connection[Any], datetime, datetime], pd.DataFrame]

ASKED: tuple[Reader, ...] = (
    lambda conn, at, known: readers.odds_at(conn, EVENTS, at, known),
    lambda conn, at, known: readers.odds_at(conn, EVENTS, at, known, timedelta(hours=2)),
    lambda conn, at, known: readers.best_odds(conn, EVENTS, "h2h", None, at, known),
    lambda conn, at, known: readers.compare_bookmakers(conn, "a", "totals", at, known),
    lambda conn, at, known: readers.line_movement(conn, "b", "pinnacle", "totals", at, known),
    lambda conn, at, known: readers.events_between(
        conn, FIRST - timedelta(days=9), FIRST + timedelta(days=9), None, at, known
    ).drop(columns="sport_title"),
    lambda conn, _, known: readers.closing_lines(conn, EVENTS, known),
    lambda conn, _, known: readers.opening_lines(conn, EVENTS, known),
    lambda conn, _, known: readers.decision_frame(conn, EVENTS, [timedelta(hours=2)], known),
    lambda conn, _, known: readers.event_history(conn, "c", known),
)


@dataclass(frozen=True)
class Answer:
    """What was asked, and what was answered."""

    reader: int
    at: datetime
    known_by: datetime
    said: str


class World:
    """A platform to which things happen, drawn from a seed."""

    def __init__(self, platform: Platform, patch: pytest.MonkeyPatch, seed: int) -> None:
        self._platform = platform
        self._patch = patch
        self._random = random.Random(seed)
        self._documents: list[tuple[list[dict[str, Any]], datetime, str]] = []
        self._voids: list[int] = []
        self._version = 1
        self.moments: list[datetime] = []
        self.happened: set[str] = set()

    def live(self) -> None:
        """Let one thing happen."""
        rare = (self.void, self.lift, self.reparse, self.rebuild, self.archive)
        often = (self.odds, self.odds, self.events, self.scores, self.again)
        happens = self._random.choices((*often, *rare), (*[6] * 5, 2, 1, 1, 1, 1))[0]
        happens()
        self.happened.add(happens.__name__)
        with transaction(self._platform.engine) as conn:
            row = conn.execute("SELECT clock_timestamp()").fetchone()
            assert row is not None
            self.moments.append(row[0])

    def ask(self) -> Answer:
        """A random question about a random moment, as known by one that has passed."""
        reader = self._random.randrange(len(ASKED))
        at = FIRST + timedelta(minutes=self._random.randrange(-60, MINUTES + 600))
        known_by = self._random.choice(self.moments[-1:] * 3 + self.moments)
        return Answer(reader, at, known_by, self.answer(reader, at, known_by))

    def answer(self, reader: int, at: datetime, known_by: datetime) -> str:
        """What is answered now."""
        with transaction(self._platform.engine) as conn:
            return ASKED[reader](conn, at, known_by).to_csv(index=False)

    # --- what happens ---

    def odds(self) -> None:
        """A capture, late as often as not, of events that may have moved."""
        self._tell([self._event(name) for name in self._some()], "odds")

    def events(self) -> None:
        """A list of events."""
        listed = [self._event(name) for name in self._some()]
        self._tell([one | {"bookmakers": []} for one in listed], "events")

    def scores(self) -> None:
        """Scores, sometimes final, sometimes corrected."""
        names = ("Home", "Away")
        told = []
        for name in self._some():
            points = [self._random.randrange(100) for _ in names]
            scores = [{"name": n, "score": str(p)} for n, p in zip(names, points, strict=True)]
            ended = {"completed": self._random.random() < 0.5, "scores": scores}
            told.append(self._event(name) | ended | {"last_update": "2026-03-02T00:00:00Z"})
        self._tell(told, "scores")

    def again(self) -> None:
        """A document that was told before."""
        if self._documents:
            store(self._platform, *self._random.choice(self._documents))
            finish_pending(self._platform)

    def void(self) -> None:
        """A void of some hours."""
        first = self._moment()
        keys = {"event": self._random.choice(EVENTS), "market": self._random.choice(MARKETS)}
        with suppress(Exception):  # a key nobody told of yet
            made = voids.add(
                self._platform,
                VoidRequest(first, first + timedelta(hours=3), **keys),
                "wrong",
                "test",
            )
            self._voids.append(made.void_id)

    def lift(self) -> None:
        """The end of a void."""
        if self._voids:
            voids.lift(self._platform, self._voids.pop(), "right", "test")

    def reparse(self) -> None:
        """A newer parser, which reads a third of the odds otherwise."""
        self._version += 1
        version = self._version

        def parse(stored: RawDocument) -> Document:
            read = parse_document(stored)
            return replace(read, odds=tuple(_otherwise(one, version) for one in read.odds))

        for user in (normalise, reparse, rebuild):
            self._patch.setattr(user, "parse_document", parse)
            self._patch.setattr(user, "PARSER_VERSION", version)
        reparse_all(self._platform, choose())

    def rebuild(self) -> None:
        """A day made again."""
        day = self._random.choice(DAYS)
        with suppress(*LATER):
            assert rebuild_day(self._platform, day).differences == ()

    def archive(self) -> None:
        """What has ended goes to files."""
        clean(self._platform, "0d")

    def _tell(self, document: list[dict[str, Any]], endpoint: str) -> None:
        told = document, self._moment(), endpoint
        self._documents.append(told)
        store(self._platform, *told)
        finish_pending(self._platform)

    def _some(self) -> list[str]:
        return [name for name in EVENTS if self._random.random() < 0.8]

    def _moment(self) -> datetime:
        return FIRST + timedelta(minutes=10 * self._random.randrange(MINUTES // 10))

    def _event(self, name: str) -> dict[str, Any]:
        hours = self._random.choice((0, 0, 0, 1, 26))
        start = FIRST + timedelta(hours=12 + 8 * EVENTS.index(name) + hours)
        books = [self._book(book) for book in BOOKS if self._random.random() < 0.9]
        return {
            "id": name,
            "sport_key": "basketball_nba",
            "sport_title": "NBA",
            "commence_time": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "home_team": "Home",
            "away_team": "Away",
            "bookmakers": books,
        }

    def _book(self, key: str) -> dict[str, Any]:
        markets = []
        for market in MARKETS:
            if self._random.random() < 0.2:
                continue
            point = None if market == "h2h" else self._random.choice((200.5, 201.5))
            names = ("Home", "Away") if market == "h2h" else ("Over", "Under")
            outcomes = [
                {"name": name, "price": self._random.choice((1.5, 1.9, 2.1))}
                | ({} if point is None else {"point": point})
                for name in names
            ]
            markets.append({"key": market, "outcomes": outcomes})
        return {"key": key, "title": key, "markets": markets}


def _otherwise(capture: OddsCapture, version: int) -> OddsCapture:
    """As this version reads it: of every third capture another first price and no last event."""
    if not capture.events or capture.capture_time.hour % 3 != version % 3:
        return capture
    first, *rest = capture.events
    if not first.boards or not first.boards[0].quotes:
        return capture
    board, *others = first.boards
    quotes = (replace(board.quotes[0], price=2.0 + version), *board.quotes[1:])
    events = (replace(first, boards=(replace(board, quotes=quotes), *others)), *rest[:-1])
    return replace(capture, events=events, listing_complete=False)


def _require_all(platform: Platform, patch: pytest.MonkeyPatch, seed: int, count: int) -> set[str]:
    world = World(platform, patch, seed)
    answers = []
    for _ in range(count):
        world.live()
        answers.append(world.ask())
    assert any(answer.said.count("\n") > 1 for answer in answers)
    for one in answers:
        now = world.answer(one.reader, one.at, one.known_by)
        assert now == one.said, f"seed {seed}: reader {one.reader} at {one.at} by {one.known_by}"
    return world.happened


def test_forty_answers_stay(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    _require_all(platform, monkeypatch, 8, 40)


@pytest.mark.parametrize("seed", [31, 117])
def test_a_rebuilt_day_says_of_absent_events_what_is_stored(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    _require_all(platform, monkeypatch, seed, 40)


@pytest.mark.slow
def test_a_thousand_answers_stay(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    happened = _require_all(platform, monkeypatch, 7, 1_000)
    assert {"void", "lift", "reparse", "rebuild", "archive", "again"} <= happened
