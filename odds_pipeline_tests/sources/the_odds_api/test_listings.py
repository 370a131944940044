"""Events, scores and sports."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from odds_pipeline.catalog.observations import CaptureBasis, SportStated
from odds_pipeline.sources.parse import parse_document
from odds_pipeline_tests.sources.conftest import KNOWN, RECEIVED, MakeRaw, fixture_bytes


def scores_body(scores: object, **changes: object) -> bytes:
    event = {
        "id": "ab12",
        "sport_key": "basketball_nba",
        "sport_title": "NBA",
        "commence_time": "2026-01-10T00:10:00Z",
        "completed": True,
        "home_team": "Harbor Herons",
        "away_team": "Quarry Kings",
        "scores": scores,
        "last_update": None,
    }
    return json.dumps([event | changes]).encode()


def pair(home: object, away: object) -> list[dict[str, Any]]:
    return [{"name": "Quarry Kings", "score": away}, {"name": "Harbor Herons", "score": home}]


def test_scores_are_matched_by_name(live: MakeRaw) -> None:
    (capture,) = parse_document(live("scores", fixture_bytes("scores.json"))).statements
    final, coming = capture.statements
    assert (final.home_score, final.away_score, final.completed) == (110, 101, True)
    assert final.score_time == datetime(2026, 1, 10, 3, tzinfo=UTC)
    assert (coming.home_score, coming.away_score, coming.completed) == (None, None, False)
    assert (capture.capture_time, capture.basis) == (RECEIVED, CaptureBasis.CLOCK)


def test_whole_numbers_and_nulls_are_scores(live: MakeRaw) -> None:
    for scores, expected in ((pair(0, "7"), (0, 7)), (pair(None, None), (None, None))):
        document = parse_document(live("scores", scores_body(scores)))
        (statement,) = document.statements[0].statements
        assert (statement.home_score, statement.away_score) == expected
        assert document.rejections == ()


@pytest.mark.parametrize(
    "scores",
    [
        pair("1.5", "2"),
        pair(1.5, 2),
        pair("-1", "2"),
        pair("", "2"),
        pair(True, 2),
        pair("٣", "2"),
        pair(None, "2"),
        [{"name": "Quarry Kings", "score": "2"}],
        [{"name": "Somebody", "score": "2"}, {"name": "Quarry Kings", "score": "2"}],
        [*pair("1", "2"), {"name": "Quarry Kings", "score": "3"}],
        "2-1",
        [7],
        {},
    ],
)
def test_an_unreadable_score_is_rejected_and_the_event_kept(live: MakeRaw, scores: object) -> None:
    document = parse_document(live("scores", scores_body(scores)))
    (statement,) = document.statements[0].statements
    assert (statement.home_score, statement.away_score) == (None, None)
    assert statement.completed is True
    (rejection,) = document.rejections
    assert (rejection.where, rejection.event_id) == ("[0].scores", "ab12")


def test_other_unreadable_parts_are_rejected_alone(live: MakeRaw) -> None:
    body = scores_body(pair("1", "2"), completed="yes", last_update="late")
    document = parse_document(live("scores", body))
    (statement,) = document.statements[0].statements
    assert (statement.home_score, statement.completed, statement.score_time) == (1, None, None)
    assert [r.where for r in document.rejections] == ["[0].completed", "[0].last_update"]


def test_events(live: MakeRaw) -> None:
    items = [*json.loads(fixture_bytes("events.json")), 7, {"id": "x"}]
    document = parse_document(live("events", json.dumps(items).encode()))
    (capture,) = document.statements
    assert len(capture.statements) == 3
    assert all(statement.completed is None for statement in capture.statements)
    assert [r.where for r in document.rejections] == ["[3]", "[4]"]


def test_an_event_stated_twice_differently_is_kept_as_first_stated(live: MakeRaw) -> None:
    first = json.loads(fixture_bytes("events.json"))[0]
    moved = first | {"commence_time": "2026-01-10T01:00:00Z"}
    document = parse_document(live("events", json.dumps([first, first, moved]).encode()))
    (statement,) = document.statements[0].statements
    assert statement.event.commence_time == datetime(2026, 1, 10, 0, 10, tzinfo=UTC)
    assert [r.where for r in document.rejections] == ["[2]"]


def test_historical_events(live: MakeRaw) -> None:
    body = fixture_bytes("historical_events.json")
    (capture,) = parse_document(live("historical_events", body)).statements
    assert capture.basis is CaptureBasis.TIMESTAMP
    assert capture.capture_time == datetime(2026, 1, 9, 18, 0, 38, tzinfo=UTC)
    assert len(capture.statements) == 2


def test_lists_in_files_take_the_known_time_or_the_stated_one(imported: MakeRaw) -> None:
    body = fixture_bytes("scores.json")
    (capture,) = parse_document(imported("scores", body)).statements
    assert (capture.capture_time, capture.basis) == (KNOWN, CaptureBasis.FILE)
    (capture,) = parse_document(imported("scores", body, RECEIVED)).statements
    assert (capture.capture_time, capture.basis) == (RECEIVED, CaptureBasis.STATED)


def test_sports(live: MakeRaw) -> None:
    items = [*json.loads(fixture_bytes("sports.json")), {"key": "Bad Key", "title": "x"}, None]
    document = parse_document(live("sports", json.dumps(items).encode()))
    assert document.sports == (
        SportStated("basketball_nba", "NBA", "Basketball", True, False),
        SportStated("golf_invented_open_winner", "Invented Open", "Golf", False, True),
    )
    assert [r.where for r in document.rejections] == ["[2]", "[3]"]
