"""Odds documents: what comes through, what is rejected, what absence may mean."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from odds_pipeline.catalog.observations import (
    Board,
    CaptureBasis,
    Document,
    OddsFormat,
    Quote,
    UnusableQuote,
)
from odds_pipeline.errors import MalformedResponse
from odds_pipeline.sources.parse import parse_document
from odds_pipeline_tests.sources.conftest import RECEIVED, MakeRaw, fixture_bytes

HOME, AWAY = "Harbor Herons", "Quarry Kings"


def odds_body(*outcomes: object, **changes: object) -> bytes:
    """One event, one book, one h2h market with these outcomes."""
    market = {"key": "h2h", "last_update": "2026-01-09T18:00:03Z", "outcomes": list(outcomes)}
    return json.dumps([odds_event(bookmakers=[book(markets=[market])], **changes)]).encode()


def odds_event(**changes: object) -> dict[str, Any]:
    return {
        "id": "ab12",
        "sport_key": "basketball_nba",
        "sport_title": "NBA",
        "commence_time": "2026-01-10T00:10:00Z",
        "home_team": HOME,
        "away_team": AWAY,
        "bookmakers": [],
    } | changes


def book(**changes: object) -> dict[str, Any]:
    return {"key": "northbook", "title": "North Book", "markets": []} | changes


def board_of(document: Document) -> Board:
    return document.odds[0].events[0].boards[0]


def test_american_prices_come_through_as_decimal(live: MakeRaw) -> None:
    body = fixture_bytes("odds_american.json")
    document = parse_document(live("odds", body, bookmakers="northbook,lagoon_ex"))
    (capture,) = document.odds
    assert [event.event.home_team for event in capture.events] == [
        HOME,
        "Mesa Meteors",
        "Fjord Foxes",
    ]
    first = capture.events[0]
    assert [(board.bookmaker, board.market) for board in first.boards] == [
        ("northbook", "h2h"),
        ("northbook", "spreads"),
        ("northbook", "totals"),
        ("lagoon_ex", "h2h"),
        ("lagoon_ex", "h2h_lay"),
    ]
    assert first.boards[0].quotes == (Quote(HOME, 1 + 100 / 150), Quote(AWAY, 2.3))
    assert first.boards[1].quotes[0] == Quote(HOME, 1 + 100 / 110, -3.5)
    assert capture.events[2].boards == ()
    assert (capture.capture_time, capture.basis) == (RECEIVED, CaptureBasis.CLOCK)
    assert document.bookmaker_titles == {"northbook": "North Book", "lagoon_ex": "Lagoon Exchange"}
    assert document.rejections == ()


def test_event_odds_take_last_update_from_the_market_and_players_from_description(
    live: MakeRaw,
) -> None:
    body = fixture_bytes("event_odds_props.json")
    raw = live("event_odds", body, OddsFormat.DECIMAL, event_id="ab12", markets="player_points")
    (capture,) = parse_document(raw).odds
    board = capture.events[0].boards[0]
    assert board.last_update == datetime(2026, 1, 9, 18, 0, 6, tzinfo=UTC)
    assert board.quotes[2] == Quote("Over", 2.1, 17.5, "Teo Lind")
    assert capture.event_ids == ("ab12",)
    assert not capture.scope.lists_all_events


def test_last_update_falls_back_to_the_bookmaker(live: MakeRaw) -> None:
    market = {"key": "h2h", "outcomes": [{"name": HOME, "price": 120}]}
    event = odds_event(bookmakers=[book(last_update=1767981603, markets=[market])])
    document = parse_document(live("odds", json.dumps([event]).encode()))
    assert board_of(document).last_update == datetime(2026, 1, 9, 18, 0, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "start", ["2026-01-10T00:10:00Z", "2026-01-09T19:10:00-05:00", 1768003800, 1768003800000]
)
def test_times_in_every_spelling(live: MakeRaw, start: str | int) -> None:
    document = parse_document(live("odds", odds_body(commence_time=start)))
    stated = document.odds[0].events[0].event.commence_time
    assert stated == datetime(2026, 1, 10, 0, 10, tzinfo=UTC)


def test_outrights_have_no_teams(live: MakeRaw) -> None:
    body = odds_body({"name": "Ada Park", "price": 900}, home_team=None, away_team=None)
    event = parse_document(live("odds", body)).odds[0].events[0]
    assert (event.event.home_team, event.event.away_team) == (None, None)
    assert event.boards[0].quotes == (Quote("Ada Park", 10.0),)


def test_historical_documents_are_captured_at_their_timestamp(live: MakeRaw) -> None:
    at = datetime(2026, 1, 9, 18, 0, 38, tzinfo=UTC)
    for endpoint in ("historical_odds", "historical_event_odds"):
        (capture,) = parse_document(live(endpoint, fixture_bytes(f"{endpoint}.json"))).odds
        assert (capture.capture_time, capture.basis) == (at, CaptureBasis.TIMESTAMP)
        assert capture.scope.lists_all_events is (endpoint == "historical_odds")


@pytest.mark.parametrize(
    ("price", "odds_format", "reason"),
    [
        (8, OddsFormat.AMERICAN, "American price 8 is in the impossible zone"),
        (0, OddsFormat.AMERICAN, "American price 0 is in the impossible zone"),
        (10**9, OddsFormat.AMERICAN, "American price 1000000000 is out of range"),
        (0.99, OddsFormat.DECIMAL, "decimal price 0.99 is out of range"),
        (1e6, OddsFormat.DECIMAL, "decimal price 1000000.0 is out of range"),
        (-110, OddsFormat.DECIMAL, "decimal price -110 is out of range"),
        (None, OddsFormat.DECIMAL, "price is not a number"),
        ("1.9", OddsFormat.DECIMAL, "price is not a number"),
        (True, OddsFormat.DECIMAL, "price is not a number"),
        ([1.9], OddsFormat.DECIMAL, "price is not a number"),
        (10**400, OddsFormat.DECIMAL, "is out of range"),
    ],
)
def test_a_bad_price_is_unusable_and_rejected(
    live: MakeRaw, price: object, odds_format: OddsFormat, reason: str
) -> None:
    body = odds_body({"name": HOME, "price": price, "point": 1}, {"name": AWAY, "price": 150})
    document = parse_document(live("odds", body, odds_format))
    board = board_of(document)
    assert [quote.outcome for quote in board.quotes] == [AWAY]
    assert board.unusable == (UnusableQuote(HOME, 1.0),)
    assert board.complete
    (rejection,) = document.rejections
    assert reason in rejection.reason
    assert rejection.where == "[0].bookmakers[0].markets[0].outcomes[0]"
    assert (rejection.event_id, rejection.bookmaker, rejection.market) == (
        "ab12",
        "northbook",
        "h2h",
    )
    assert rejection.capture_time == RECEIVED
    assert HOME in rejection.evidence


def test_a_number_too_large_for_a_float_is_not_finite(live: MakeRaw) -> None:
    body = odds_body({"name": HOME, "price": 2.5}).replace(b"2.5", b"1e999")
    document = parse_document(live("odds", body, OddsFormat.DECIMAL))
    assert document.rejections[0].reason == "decimal price is not finite"
    assert board_of(document).unusable == (UnusableQuote(HOME),)


def test_price_one_is_kept(live: MakeRaw) -> None:
    document = parse_document(
        live("odds", odds_body({"name": HOME, "price": 1}), OddsFormat.DECIMAL)
    )
    assert board_of(document).quotes == (Quote(HOME, 1.0),)


@pytest.mark.parametrize(
    "outcome",
    [
        "Over",
        None,
        {"price": 120},
        {"name": "", "price": 120},
        {"name": "\u200b\x07", "price": 120},
        {"name": "\ud800", "price": 120},
        {"name": "x" * 201, "price": 120},
        {"name": ["x"], "price": 120},
        {"name": HOME, "price": 120, "point": "3.5"},
        {"name": HOME, "price": 120, "description": {}},
    ],
)
def test_an_outcome_without_identity_leaves_the_board_incomplete(
    live: MakeRaw, outcome: object
) -> None:
    document = parse_document(live("odds", odds_body(outcome, {"name": AWAY, "price": 150})))
    board = board_of(document)
    assert board.quotes == (Quote(AWAY, 2.5),)
    assert not board.complete
    assert len(document.rejections) == 1
    assert document.odds[0].events[0].complete
    assert document.odds[0].listing_complete


@pytest.mark.parametrize("bad", ["text", None, {"key": "No Good"}, {"markets": []}, {"key": ["a"]}])
def test_an_unreadable_bookmaker_leaves_the_event_incomplete(live: MakeRaw, bad: object) -> None:
    good = book(markets=[{"key": "h2h", "outcomes": [{"name": HOME, "price": 120}]}])
    body = json.dumps([odds_event(bookmakers=[bad, good])]).encode()
    document = parse_document(live("odds", body))
    (event,) = document.odds[0].events
    assert not event.complete
    assert [board.bookmaker for board in event.boards] == ["northbook"]
    assert document.rejections[0].event_id == "ab12"


@pytest.mark.parametrize("bad", [{"key": "h2h"}, {"key": "h2h", "outcomes": None}])
def test_missing_outcomes_leave_the_board_incomplete(live: MakeRaw, bad: object) -> None:
    body = json.dumps([odds_event(bookmakers=[book(markets=[bad])])]).encode()
    board = board_of(parse_document(live("odds", body)))
    assert (board.market, board.quotes, board.complete) == ("h2h", (), False)


def test_missing_bookmakers_leave_the_event_incomplete(live: MakeRaw) -> None:
    (event,) = (
        parse_document(
            live(
                "odds",
                b"["
                + json.dumps({k: v for k, v in odds_event().items() if k != "bookmakers"}).encode()
                + b"]",
            )
        )
        .odds[0]
        .events
    )
    assert not event.complete


@pytest.mark.parametrize(
    "bad",
    [
        7,
        {},
        odds_event(id=None),
        odds_event(id="has space"),
        odds_event(sport_key="NBA!"),
        odds_event(commence_time="soon"),
        odds_event(commence_time="2026-01-10T00:10:00"),
        odds_event(commence_time=1e300),
        odds_event(commence_time=True),
        odds_event(commence_time="0001-01-01T00:00:00+05:00"),
        odds_event(home_team="x" * 201),
    ],
)
def test_an_unreadable_event_leaves_the_listing_incomplete(live: MakeRaw, bad: object) -> None:
    body = json.dumps([bad, odds_event(id="good")]).encode()
    document = parse_document(live("odds", body))
    (capture,) = document.odds
    assert not capture.listing_complete
    assert [event.event.event_id for event in capture.events] == ["good"]
    assert len(document.rejections) == 1


def test_one_bad_part_costs_nothing_else(live: MakeRaw) -> None:
    whole = json.loads(fixture_bytes("odds_american.json"))
    clean = parse_document(live("odds", json.dumps(whole).encode()))
    broken = parse_document(live("odds", json.dumps([*whole, 7]).encode()))
    assert broken.odds[0].events == clean.odds[0].events


def test_identical_duplicates_collapse_and_clashing_ones_are_unusable(live: MakeRaw) -> None:
    outcome = {"name": HOME, "price": 120}
    same = parse_document(live("odds", odds_body(outcome, outcome)))
    assert board_of(same).quotes == (Quote(HOME, 2.2),)
    assert same.rejections == ()
    clash = parse_document(live("odds", odds_body(outcome, {"name": HOME, "price": 125}, outcome)))
    assert board_of(clash).quotes == ()
    assert board_of(clash).unusable == (UnusableQuote(HOME),)
    assert {r.reason for r in clash.rejections} == {
        "outcome is stated more than once with different prices"
    }


def test_a_good_price_does_not_hide_a_bad_one_of_the_same_outcome(live: MakeRaw) -> None:
    for prices in ((120, 8), (8, 120)):
        outcomes = [{"name": HOME, "price": price} for price in prices]
        board = board_of(parse_document(live("odds", odds_body(*outcomes))))
        assert (board.quotes, board.unusable) == ((), (UnusableQuote(HOME),))


def test_boards_stated_twice_are_merged(live: MakeRaw) -> None:
    def market(name: str, second: int) -> dict[str, Any]:
        outcome = {"name": name, "price": 120}
        return {"key": "h2h", "last_update": f"2026-01-09T18:00:0{second}Z", "outcomes": [outcome]}

    books = [book(markets=[market(HOME, 5)]), book(markets=[market(AWAY, 3)])]
    document = parse_document(live("odds", json.dumps([odds_event(bookmakers=books)]).encode()))
    (board,) = document.odds[0].events[0].boards
    assert board.quotes == (Quote(HOME, 2.2), Quote(AWAY, 2.2))
    assert board.last_update == datetime(2026, 1, 9, 18, 0, 5, tzinfo=UTC)


def test_names_are_normalised(live: MakeRaw) -> None:
    outcome = {"name": " \uff28arbor\u200b He\u0301rons\x07 ", "price": 120}
    assert board_of(parse_document(live("odds", odds_body(outcome)))).quotes[0].outcome == (
        "Harbor Hérons"
    )


def test_an_unreadable_last_update_is_noted_and_falls_back(live: MakeRaw) -> None:
    market = {"key": "h2h", "last_update": "yesterday", "outcomes": []}
    event = odds_event(bookmakers=[book(last_update="2026-01-09T18:00:03Z", markets=[market])])
    document = parse_document(live("odds", json.dumps([event]).encode()))
    assert board_of(document).last_update == datetime(2026, 1, 9, 18, 0, 3, tzinfo=UTC)
    assert document.rejections[0].where.endswith(".last_update")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>503</html>",
        b"[{",
        b"\xff\xfe[]",
        b"NaN",
        b"[" * 200_000,
        b'[{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}]",
        b"9" * 5_000,
        b'{"message":"no","error_code":"INVALID_KEY"}',
        b'{"id":"ab12"}',
        b"3",
    ],
)
@pytest.mark.parametrize(
    "endpoint",
    [
        "odds",
        "event_odds",
        "historical_odds",
        "historical_event_odds",
        "events",
        "scores",
        "sports",
        "historical_events",
    ],
)
def test_an_unreadable_document_is_one_clear_line(
    live: MakeRaw, endpoint: str, body: bytes
) -> None:
    with pytest.raises(MalformedResponse) as refused:
        parse_document(live(endpoint, body))
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


def test_an_unreadable_envelope_time_rejects_the_capture(live: MakeRaw) -> None:
    envelope = json.loads(fixture_bytes("historical_odds.json")) | {"timestamp": None}
    document = parse_document(live("historical_odds", json.dumps(envelope).encode()))
    assert document.odds == ()
    assert document.rejections[-1].where == "timestamp"


def test_scope_of_a_call(live: MakeRaw) -> None:
    body = fixture_bytes("odds_american.json")
    raw = live(
        "odds",
        body,
        bookmakers="northbook,lagoon_ex",
        regions="us",
        markets="totals,h2h",
        commenceTimeFrom="2026-01-09T00:00:00Z",
    )
    scope = parse_document(raw).odds[0].scope
    assert scope.bookmakers == ("lagoon_ex", "northbook")
    assert scope.regions is None
    assert scope.markets == ("h2h", "h2h_lay", "totals")
    assert scope.lists_all_events
    assert scope.starts_from == datetime(2026, 1, 9, tzinfo=UTC)
    assert scope.starts_to is None


def test_scope_by_region_and_default_market(live: MakeRaw) -> None:
    scope = parse_document(live("odds", b"[]", regions="us,eu")).odds[0].scope
    assert (scope.bookmakers, scope.regions) == (None, ("eu", "us"))
    assert scope.markets == ("h2h", "h2h_lay")
    assert scope.lists_all_events


def test_event_filters_and_upcoming_do_not_list_all_events(live: MakeRaw) -> None:
    body = fixture_bytes("odds_american.json")
    (capture,) = parse_document(live("odds", body, regions="us", eventIds="b,a")).odds
    assert not capture.scope.lists_all_events
    assert capture.event_ids == ("a", "b")
    (capture,) = parse_document(live("odds", body, regions="us", sport="upcoming")).odds
    assert capture.scope.sport_key == "basketball_nba"
    assert not capture.scope.lists_all_events


def test_another_sport_in_the_answer_is_not_taken_as_listed(live: MakeRaw) -> None:
    body = json.dumps([odds_event(), odds_event(id="cd34", sport_key="basketball_wnba")]).encode()
    captures = parse_document(live("odds", body, regions="us")).odds
    listed = {capture.scope.sport_key: capture.scope.lists_all_events for capture in captures}
    assert listed == {"basketball_nba": True, "basketball_wnba": False}


def test_a_file_is_captured_at_its_newest_last_update(imported: MakeRaw) -> None:
    document = parse_document(imported("odds", fixture_bytes("odds_american.json")))
    (capture,) = document.odds
    assert capture.basis is CaptureBasis.INFERRED
    assert capture.capture_time == datetime(2026, 1, 9, 18, 0, 5, tzinfo=UTC)
    assert document.odds_format is OddsFormat.AMERICAN
    scope = capture.scope
    assert (scope.bookmakers, scope.regions, scope.lists_all_events) == (None, None, False)
    assert scope.markets == ("h2h", "h2h_lay", "spreads", "totals")


def test_a_file_keeps_a_stated_capture_time_and_format(imported: MakeRaw) -> None:
    raw = imported("odds", fixture_bytes("odds_decimal.json"), RECEIVED, OddsFormat.DECIMAL)
    (capture,) = parse_document(raw).odds
    assert (capture.capture_time, capture.basis) == (RECEIVED, CaptureBasis.STATED)


def test_a_file_without_any_time_is_rejected_whole(imported: MakeRaw) -> None:
    document = parse_document(imported("odds", json.dumps([odds_event()]).encode()))
    assert document.odds == ()
    (rejection,) = document.rejections
    assert "no capture time" in rejection.reason


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ([-110, 120], OddsFormat.AMERICAN),
        ([-110.0, 120], OddsFormat.AMERICAN),
        ([2, 120], OddsFormat.DECIMAL),
        ([120.5, 150], OddsFormat.DECIMAL),
        ([None, 150], OddsFormat.AMERICAN),
        ([None], None),
    ],
)
def test_format_is_decided_by_all_prices(
    imported: MakeRaw, prices: list[float | None], expected: OddsFormat | None
) -> None:
    outcomes = [{"name": f"side {n}", "price": price} for n, price in enumerate(prices)]
    assert parse_document(imported("odds", odds_body(*outcomes))).odds_format is expected
