"""Flattened odds series."""

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.catalog.observations import (
    CaptureBasis,
    Document,
    OddsFormat,
    Quote,
    RawDocument,
    UnusableQuote,
)
from odds_pipeline.errors import MalformedResponse
from odds_pipeline.sources.fields import FieldError
from odds_pipeline.sources.files.flat_odds import clean_capture_time
from odds_pipeline.sources.parse import parse_document
from odds_pipeline_tests.sources.conftest import KNOWN, RECEIVED, MakeRaw, fixture_bytes

BODY = fixture_bytes("flat_odds.csv")
HEADER, *ROWS = BODY.decode().splitlines()


def with_rows(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows]).encode()


def changed(row: str, **columns: str) -> str:
    fields = dict(zip(HEADER.split(","), row.split(","), strict=True)) | columns
    return ",".join(fields.values())


def test_one_capture_for_each_capture_time(imported: MakeRaw) -> None:
    document = parse_document(imported("flat_odds", BODY))
    first, second = document.odds
    assert first.capture_time == datetime(2026, 1, 9, 18, 0, 10, tzinfo=UTC)
    assert second.capture_time == datetime(2026, 1, 9, 18, 30, 10, tzinfo=UTC)
    assert first.basis is CaptureBasis.STATED
    scope = first.scope
    assert (scope.sport_key, scope.bookmakers, scope.regions) == ("basketball_nba", None, None)
    assert (scope.markets, scope.lists_all_events) == (("h2h", "totals"), False)
    h2h, totals = first.events[0].boards
    assert set(h2h.quotes) == {Quote("Harbor Herons", 1.67), Quote("Quarry Kings", 2.3)}
    assert Quote("Over", 1.909090909090909, 221.5) in totals.quotes
    assert h2h.last_update == datetime(2026, 1, 9, 18, 0, 3, tzinfo=UTC)
    assert document.odds_format is OddsFormat.DECIMAL
    assert document.bookmaker_titles == {"northbook": "North Book"}
    assert document.rejections == ()


@given(st.permutations(ROWS))
def test_row_order_says_nothing(rows: list[str]) -> None:
    assert parse(with_rows(*rows)) == parse(BODY)


def test_row_order_says_nothing_even_when_rows_disagree() -> None:
    rows = [
        *ROWS,
        changed(ROWS[0], price="9"),
        changed(ROWS[1], commence_time="2026-01-10T00:40:00Z", price="2.4"),
        changed(ROWS[2], price="0.5"),
    ]
    expected = parse(with_rows(*rows)).odds
    for seed in range(20):
        random.Random(seed).shuffle(rows)
        assert parse(with_rows(*rows)).odds == expected


def parse(body: bytes, **request: str) -> Document:
    raw = RawDocument("file", "flat_odds", request, body, RECEIVED, CaptureBasis.FILE, KNOWN)
    return parse_document(raw)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"price": "0.5"}, "decimal price 0.5 is out of range"),
        ({"price": ""}, "price is not a number"),
        ({"price": "nan"}, "decimal price is not finite"),
        ({"price": "1e999"}, "decimal price is not finite"),
        ({"price": "evens"}, "price is not a number"),
    ],
)
def test_a_bad_price_is_unusable(columns: dict[str, str], reason: str) -> None:
    document = parse(with_rows(changed(ROWS[0], **columns), ROWS[1]))
    (board,) = document.odds[0].events[0].boards
    assert board.unusable == (UnusableQuote("Harbor Herons"),)
    (rejection,) = document.rejections
    assert (rejection.where, rejection.reason) == ("row 2", reason)
    assert rejection.capture_time == document.odds[0].capture_time
    assert rejection.market == "h2h"


def test_what_a_bad_row_leaves_open() -> None:
    board = parse(with_rows(changed(ROWS[0], outcome_name=""), ROWS[1])).odds[0].events[0].boards[0]
    assert not board.complete
    event = parse(with_rows(changed(ROWS[0], market="?"), ROWS[1])).odds[0].events[0]
    assert not event.complete
    capture = parse(with_rows(changed(ROWS[0], event_id="a b"), ROWS[1])).odds[0]
    assert not capture.listing_complete
    for broken in (changed(ROWS[0], snapshot_utc="later"), "just,three,fields"):
        document = parse(with_rows(broken, ROWS[1]))
        assert len(document.rejections) == 1
        assert len(document.odds) == 1


def test_a_missing_sport_is_named_by_the_importer_or_unknown() -> None:
    body = BODY.replace(b",basketball_nba,", b",,")
    assert parse(body).odds[0].scope.sport_key == "unknown"
    stated = parse(body, sport="aussierules_afl").odds[0]
    assert stated.scope.sport_key == "aussierules_afl"
    assert stated.events[0].event.sport_key == "aussierules_afl"


def test_american_series_are_recognised() -> None:
    rows = [changed(row, price=price) for row, price in zip(ROWS, ["-150", "130.0"], strict=False)]
    document = parse(with_rows(*rows))
    assert document.odds_format is OddsFormat.AMERICAN
    assert {q.price for q in document.odds[0].events[0].boards[0].quotes} == {1 + 100 / 150, 2.3}


@pytest.mark.parametrize(
    "stated",
    [
        "20260109_180010",
        "20260109_180010_daily",
        "2026-01-09T18:00:10Z",
        "2026-01-09T13:00:10-05:00",
        "1767981610",
        "1767981610000",
    ],
)
def test_capture_times(stated: str) -> None:
    assert clean_capture_time(stated) == datetime(2026, 1, 9, 18, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize("stated", ["20261309_180010", "20260109", "2026-01-09T18:00:10", "", None])
def test_bad_capture_times(stated: object) -> None:
    with pytest.raises(FieldError):
        clean_capture_time(stated)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"a,b\n1,2\n", b'"' + b"x" * 200_000])
def test_an_unreadable_file_is_one_clear_line(body: bytes) -> None:
    with pytest.raises(MalformedResponse) as refused:
        parse(body)
    assert "\n" not in str(refused.value)
