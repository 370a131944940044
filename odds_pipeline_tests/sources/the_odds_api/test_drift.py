"""What no parser knows is told, and nothing that one knows."""

import json
from pathlib import Path
from typing import Any

import pytest

from odds_pipeline.sources.the_odds_api.drift import MOST, drift_of
from odds_pipeline_tests.sources.conftest import MakeRaw, fixture_bytes
from odds_pipeline_tests.sources.test_any_document import FIXTURES

CHANGED = [
    ("odds", ("", "spread_limit"), "new field spread_limit"),
    ("odds", ("bookmakers", "licence"), "new field bookmakers.licence"),
    ("event_odds", ("bookmakers.markets", "status"), "new field bookmakers.markets.status"),
    ("historical_odds", ("bookmakers.markets.outcomes", "points"), "points"),
    ("scores", ("scores", "period"), "new field scores.period"),
    ("events", ("", "venue"), "new field venue"),
    ("sports", ("", "season"), "new field season"),
]


def _entries(document: Any) -> list[Any]:
    inner = document.get("data", document) if isinstance(document, dict) else document
    return inner if isinstance(inner, list) else [inner]


@pytest.mark.parametrize("endpoint", sorted(FIXTURES))
def test_what_we_know_is_silent(live: MakeRaw, endpoint: str) -> None:
    assert drift_of(live(endpoint, fixture_bytes(FIXTURES[endpoint]))) == ()


@pytest.mark.shared_data
def test_recorded_documents_are_silent(shared_data: Path, live: MakeRaw) -> None:
    for path in sorted((shared_data / "odds_api").glob("odds_*.json")):
        assert drift_of(live("odds", path.read_bytes())) == (), path


@pytest.mark.parametrize(("endpoint", "field", "said"), CHANGED)
def test_a_new_field_is_told_with_its_place(
    live: MakeRaw, endpoint: str, field: tuple[str, str], said: str
) -> None:
    document = json.loads(fixture_bytes(FIXTURES[endpoint]))
    objects = [_entries(document)[0]]
    for step in filter(None, field[0].split(".")):
        objects = [part for one in objects for part in one.get(step) or []]
    objects[0][field[1]] = {"any": "thing"}
    (line,) = drift_of(live(endpoint, json.dumps(document).encode()))
    assert line.endswith(said)


def test_a_field_stated_twice_is_told(live: MakeRaw) -> None:
    assert drift_of(live("events", b'[{"id":"a","id":"b"}]')) == ("field stated twice id",)


def test_a_new_field_of_the_envelope_is_told(live: MakeRaw) -> None:
    body = b'{"timestamp":"2026-01-01T00:00:00Z","page":1,"data":[]}'
    assert drift_of(live("historical_odds", body)) == ("new field page",)


def test_what_is_told_is_short_and_printable(live: MakeRaw) -> None:
    fields = {f"\x1b[31m{number}{'é' * 500}": 1 for number in range(500)}
    lines = drift_of(live("events", json.dumps([fields]).encode()))
    assert len(lines) == MOST
    assert all(line.isascii() and line.isprintable() and len(line) < 80 for line in lines)


@pytest.mark.parametrize("body", [b"", b"\xff", b"[{", b"3", b"[" * 200_000, b"[[[1]]]", b"{}"])
def test_what_cannot_be_read_is_the_parsers_to_say(live: MakeRaw, body: bytes) -> None:
    assert drift_of(live("odds", body)) == ()
    assert drift_of(live("flat_odds", body)) == ()
