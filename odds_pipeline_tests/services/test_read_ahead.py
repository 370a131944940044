"""An answer read while it was being stored says what it says when it is read from the tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from odds_pipeline.catalog.observations import CaptureBasis, OddsFormat, RawDocument
from odds_pipeline.services.collect import collect_odds
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.read_ahead import ReadAhead, Reading
from odds_pipeline.sources.parse import parse_document
from odds_pipeline.storage.raw import Stated
from odds_pipeline_tests.services.books import rows

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
BODY = (
    b'[{"id": "e1", "sport_key": "nba", "sport_title": "NBA", "commence_time":'
    b' "2026-01-05T18:00:00Z", "home_team": "A", "away_team": "B", "bookmakers": []}]'
)


def _plain(body: bytes = BODY) -> RawDocument:
    return RawDocument(
        source="the_odds_api",
        endpoint="odds",
        request={"sport": "nba"},
        body=body,
        received_at=NOON,
        received_basis=CaptureBasis.CLOCK,
        known_time=NOON + timedelta(milliseconds=3),
        odds_format=OddsFormat.AMERICAN,
    )


def _stored(plain: RawDocument) -> Stated:
    return Stated(
        7,
        plain.source,
        plain.endpoint,
        plain.request,
        plain.received_at,
        str(plain.received_basis),
        plain.known_time,
        plain.captured_at,
        None if plain.odds_format is None else str(plain.odds_format),
        sha256(plain.body).digest(),
    )


def _read(ahead: ReadAhead, plain: RawDocument) -> None:
    ahead.glance(plain.body)
    ahead.read(plain, sha256(plain.body).digest())


def test_what_was_read_is_given_once() -> None:
    ahead = ReadAhead()
    _read(ahead, _plain())
    reading = ahead.take(_stored(_plain()))
    assert reading is not None
    assert reading.document == parse_document(_plain())
    assert reading.text == BODY.decode()
    assert ahead.take(_stored(_plain())) is None


@pytest.mark.parametrize(
    "stored",
    [
        _stored(_plain())._replace(known_time=NOON),
        _stored(_plain())._replace(odds_format="decimal"),
        _stored(_plain())._replace(request={"sport": "nfl"}),
        _stored(_plain(BODY.replace(b"e1", b"e2"))),
    ],
    ids=["known time", "format", "request", "bytes"],
)
def test_another_document_is_not_taken_for_it(stored: Stated) -> None:
    ahead = ReadAhead()
    _read(ahead, _plain())
    assert ahead.take(stored) is None
    assert ahead.take(_stored(_plain())) is not None


@pytest.mark.parametrize("body", [b"<html>", b"[" * 100_000, b"\xff"])
def test_what_cannot_be_read_is_left_to_the_normaliser(body: bytes) -> None:
    ahead = ReadAhead()
    _read(ahead, _plain())
    _read(ahead, _plain(body))
    assert ahead.take(_stored(_plain(body))) is None
    assert ahead.take(_stored(_plain())) is None


def test_bytes_that_were_not_looked_at_last_are_left_to_the_normaliser() -> None:
    ahead, plain = ReadAhead(), _plain()
    ahead.glance(BODY.replace(b"e1", b"e2"))
    ahead.read(plain, sha256(plain.body).digest())
    assert ahead.take(_stored(plain)) is None


class Counting(ReadAhead):
    """Counts what was taken."""

    taken = 0

    def take(self, stored: Stated) -> Reading | None:
        reading = super().take(stored)
        self.taken += reading is not None
        return reading


@pytest.mark.usefixtures("balanced")
def test_a_live_answer_is_read_once(platform: Platform) -> None:
    ahead = Counting()
    collect_odds(replace(platform, ahead=ahead))
    assert ahead.taken == 1
    assert rows(
        platform, "SELECT (SELECT count(*) FROM hot_documents), count(*) > 0 FROM quotes"
    ) == [(1, True)]
