"""Player lines: both sides of a row, a start known to the day, books named by title."""

from datetime import UTC, datetime

from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.catalog.observations import (
    CaptureBasis,
    OddsFormat,
    Quote,
    RawDocument,
    UnusableQuote,
)
from odds_pipeline.sources.files.detect import detect
from odds_pipeline.sources.parse import parse_document
from odds_pipeline_tests.sources.conftest import KNOWN, READ, fixture_bytes

BODY = fixture_bytes("player_lines.csv")
STATED = {"sport": "basketball_nba", "market": "player_points"}


def _raw(request: dict[str, str]) -> RawDocument:
    kind = Endpoint.FLAT_PLAYER_LINES
    spelled = OddsFormat.AMERICAN
    return RawDocument(
        "file", kind, request, BODY, READ, CaptureBasis.FILE, KNOWN, odds_format=spelled
    )


def test_the_layout_is_recognised() -> None:
    assert detect("lines.csv", BODY).endpoint is Endpoint.FLAT_PLAYER_LINES


def test_each_side_with_a_price_is_a_quote() -> None:
    document = parse_document(_raw(STATED))
    (capture,) = document.odds
    assert capture.capture_time == datetime(2026, 1, 12, 20, 25, 38, tzinfo=UTC)
    (event,) = capture.events
    boards = {(board.bookmaker, board.market): board for board in event.boards}
    assert set(boards) == {("williamhill_us", "player_points"), ("oddcorner", "player_points")}
    caesars = boards["williamhill_us", "player_points"]
    assert Quote("Over", 1 + 100 / 110, 24.5, "Ada Quick") in caesars.quotes
    assert Quote("Under", 1 + 100 / 110, 24.5, "Ada Quick") in caesars.quotes
    assert UnusableQuote("Over", 11.5, "Bo Long") in caesars.unusable
    assert len(boards["oddcorner", "player_points"].quotes) == 1
    (rejection,) = document.rejections
    assert "impossible zone" in rejection.reason


def test_the_start_is_known_to_the_day() -> None:
    ((event,),) = (capture.events for capture in parse_document(_raw(STATED)).odds)
    assert event.event.day_only
    assert event.event.commence_time == datetime(2026, 1, 12, tzinfo=UTC)


def test_what_nobody_states_is_unknown() -> None:
    ((event,),) = (capture.events for capture in parse_document(_raw({})).odds)
    assert event.event.sport_key == "unknown"
    assert {board.market for board in event.boards} == {"unknown"}
