"""The variants the provider is known to send: each comes through without a rejection."""

from datetime import UTC, datetime

import pytest

from odds_pipeline.catalog.observations import Board, Document, OddsFormat, Quote
from odds_pipeline.sources.parse import parse_document
from odds_pipeline_tests.sources.conftest import MakeRaw, fixture_bytes

HOME, AWAY = "Harbor Herons", "Quarry Kings"
STATED = datetime(2026, 1, 9, 18, 0, 3, tzinfo=UTC)
START = datetime(2026, 1, 10, 0, 10, tzinfo=UTC)

VARIANTS = [
    ("odds", "odds_american.json"),
    ("odds", "odds_2021_layout.json"),
    ("odds", "odds_details.json"),
    ("odds", "odds_outrights.json"),
    ("odds", "odds_unix.json"),
    ("event_odds", "event_odds_details.json"),
    ("event_odds", "event_odds_props.json"),
    ("events", "events.json"),
    ("events", "events_rotation.json"),
    ("event_markets", "event_markets.json"),
    ("participants", "participants.json"),
    ("scores", "scores_states.json"),
    ("historical_odds", "historical_odds.json"),
    ("historical_events", "historical_events.json"),
    ("historical_event_odds", "historical_event_odds.json"),
    ("sports", "sports.json"),
]


def boards(document: Document) -> dict[tuple[str, str], Board]:
    return {
        (board.bookmaker, board.market): board
        for capture in document.odds
        for event in capture.events
        for board in event.boards
    }


@pytest.mark.parametrize(("endpoint", "name"), VARIANTS, ids=[name for _, name in VARIANTS])
def test_no_variant_is_rejected(live: MakeRaw, imported: MakeRaw, endpoint: str, name: str) -> None:
    body = fixture_bytes(name)
    odds_format = OddsFormat.AMERICAN if name == "odds_american.json" else None
    assert parse_document(live(endpoint, body, odds_format)).rejections == ()
    assert parse_document(imported(endpoint, body)).rejections == ()


def test_the_layout_before_2023_states_times_by_bookmaker_only(live: MakeRaw) -> None:
    raw = live("odds", fixture_bytes("odds_2021_layout.json"), None, markets="h2h")
    document = parse_document(raw)
    assert {board.last_update for board in boards(document).values()} == {STATED}
    assert document.odds[0].scope.markets == ("h2h", "h2h_lay")


def test_lay_prices_come_unasked_and_are_never_taken_for_back_prices(live: MakeRaw) -> None:
    found = boards(parse_document(live("odds", fixture_bytes("odds_2021_layout.json"), None)))
    assert found["lagoon_ex", "h2h"].quotes == (Quote(HOME, 1.85), Quote(AWAY, 2.15))
    assert found["lagoon_ex", "h2h_lay"].quotes == (Quote(HOME, 1.87), Quote(AWAY, 2.2))


def test_unix_times_are_read(live: MakeRaw) -> None:
    document = parse_document(live("odds", fixture_bytes("odds_unix.json")))
    assert document.odds[0].events[0].event.commence_time == START
    (board,) = boards(document).values()
    assert board.last_update == datetime(2026, 1, 9, 18, 0, 2, tzinfo=UTC)


def test_outrights_have_runners_and_no_sides(live: MakeRaw) -> None:
    raw = live("odds", fixture_bytes("odds_outrights.json"), OddsFormat.DECIMAL)
    document = parse_document(raw)
    capture = next(capture for capture in document.odds if capture.events)
    assert (capture.events[0].event.home_team, capture.events[0].event.away_team) == (None, None)
    assert boards(document)["lagoon_ex", "outrights"].quotes == (
        Quote("Ada Park", 12.0),
        Quote("Bo Lindqvist", 1000.0),
    )


def test_scores_are_text_in_any_order_or_null(live: MakeRaw) -> None:
    (capture,) = parse_document(live("scores", fixture_bytes("scores_states.json"))).statements
    assert [(s.completed, s.home_score, s.away_score) for s in capture.statements] == [
        (True, 99, 101),
        (False, 0, 7),
        (False, None, None),
    ]


def test_what_stands_beside_the_prices_does_not_change_them(live: MakeRaw) -> None:
    raw = live("event_odds", fixture_bytes("event_odds_details.json"), OddsFormat.DECIMAL)
    found = boards(parse_document(raw))
    assert found["northbook", "h2h"].quotes == (Quote(HOME, 1.8), Quote(AWAY, 2.1))
    assert found["northbook", "h2h"].last_update == STATED  # stated by market only
    assert found["fable_dfs", "player_points"].quotes == (
        Quote("Over", 1.87, 24.5, "Ivo Marsh"),
        Quote("Under", 1.95, 24.5, "Ivo Marsh"),
    )


def test_rotation_numbers_do_not_change_an_event(live: MakeRaw) -> None:
    raw = live("events", fixture_bytes("events_rotation.json"))
    (capture,) = parse_document(raw).statements
    assert [statement.event.home_team for statement in capture.statements] == [
        HOME,
        "Mesa Meteors",
    ]
