"""Recognising files by their content."""

import gzip
import json

import pytest

from odds_pipeline.errors import UsageError
from odds_pipeline.sources.files.detect import detect
from odds_pipeline_tests.sources.conftest import fixture_bytes

KINDS = {
    "odds_american.json": "odds",
    "odds_decimal.json": "odds",
    "event_odds_props.json": "event_odds",
    "events.json": "events",
    "scores.json": "scores",
    "sports.json": "sports",
    "historical_odds.json": "historical_odds",
    "historical_events.json": "historical_events",
    "historical_event_odds.json": "historical_event_odds",
    "flat_odds.csv": "flat_odds",
    "flat_scores.csv": "flat_scores",
}


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_is_recognised_gzip_or_not(name: str) -> None:
    body = fixture_bytes(name)
    for data in (body, gzip.compress(body), b"\xef\xbb\xbf" + body):
        detected = detect("misleading.name", data)
        assert detected.endpoint == KINDS[name]
    assert detect(name, gzip.compress(body[:9]) + gzip.compress(body[9:])).body == body


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "file is empty"),
        (b" \n", "file is empty"),
        (b"[]", "list is empty"),
        (b"[1, 2]", "not a The Odds API response"),
        (b'{"a": 1}', "not a The Odds API response"),
        (b'{"a": 1}\n{"a": 2}\n', "JSON lines"),
        (b'{"error_code": "INVALID_KEY", "message": "no"}', r"error body .*INVALID_KEY"),
        (fixture_bytes("error_bodies.json"), "collection of error bodies"),
        (b'{"timestamp": "x", "data": null}', "envelope without events"),
        (b'{"timestamp": "x", "data": []}', "list is empty"),
        (b"[" * 100_000, "not JSON"),
        (b"{oops", "not JSON"),
        (b"<html></html>", "HTML or XML"),
        (b"just words", "neither JSON nor CSV"),
        (b"\x00\xff\xfe", "not UTF-8"),
        (b"year,round\n1,2\n", r"lacks event_id, commence_time, snapshot_time"),
        (b"player_name,over_price,under_price\n", "lacks event_id, commence_time"),
        (gzip.compress(b"[1]" * 99, mtime=0)[:-4], "cut off"),
        (b"\x1f\x8bnonsense", "damaged"),
    ],
)
def test_other_files_are_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UsageError, match=f"some.file: .*{reason}") as refused:
        detect("some.file", data)
    assert "\n" not in str(refused.value)
    assert refused.value.__context__ is None


def test_one_odd_entry_does_not_hide_the_kind() -> None:
    items = [7, *json.loads(fixture_bytes("odds_american.json"))]
    assert detect("x", json.dumps(items).encode()).endpoint == "odds"
