"""Every recorded response: what comes out equals an independent walk of what went in."""

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from odds_pipeline.betting.odds import american_from_decimal
from odds_pipeline.catalog.observations import (
    CaptureBasis,
    Document,
    OddsFormat,
    RawDocument,
)
from odds_pipeline.errors import UsageError
from odds_pipeline.sources.files.detect import Detected, detect
from odds_pipeline.sources.parse import parse_document

pytestmark = pytest.mark.shared_data
NOW = datetime(2026, 12, 1, tzinfo=UTC)
ODDS = {"odds", "event_odds", "historical_odds"}
NO_CAPTURE_TIME = (
    "no capture time: the body holds no last_update; state one when importing (--captured-at)"
)
# Every rejection there is: a saved answer without prices says nothing of when it was given.
EXPECTED_REJECTIONS = {
    "raw_oddsapi_car_gee_props.json.gz": ["document"],
    "raw_oddsapi_ess_car_props.json.gz": ["document"],
    "raw_oddsapi_wb_coll_props.json.gz": ["document"],
}
Outcome = tuple[str, str, str, str, str | None, float | None, float]


def files_of(folder: Path, pattern: str) -> Iterator[tuple[Path, Detected]]:
    for path in sorted(folder.glob(pattern)):
        try:
            yield path, detect(path.name, path.read_bytes())
        except UsageError:
            continue


def read(detected: Detected, **request: str) -> Document:
    return parse_document(
        RawDocument("file", detected.endpoint, request, detected.body, NOW, CaptureBasis.FILE, NOW)
    )


def walked(body: Any) -> list[Outcome]:
    data = body.get("data", body) if isinstance(body, dict) else body
    return [
        (
            event["id"],
            book["key"],
            market["key"],
            outcome["name"],
            outcome.get("description"),
            outcome.get("point"),
            outcome["price"],
        )
        for event in (data if isinstance(data, list) else [data])
        for book in event["bookmakers"]
        for market in book["markets"]
        for outcome in market["outcomes"]
    ]


def parsed(document: Document) -> list[Outcome]:
    american = document.odds_format is OddsFormat.AMERICAN
    return [
        (
            event.event.event_id,
            board.bookmaker,
            board.market,
            quote.outcome,
            quote.description,
            quote.point,
            american_from_decimal(quote.price) or 0 if american else quote.price,
        )
        for capture in document.odds
        for event in capture.events
        for board in event.boards
        for quote in board.quotes
    ]


def test_every_outcome_of_every_response_comes_through(shared_data: Path) -> None:
    seen: Counter[str] = Counter()
    for pattern in ("odds_api/*.json*", "real/props/*.json.gz"):
        for path, detected in files_of(shared_data, pattern):
            if detected.endpoint not in ODDS:
                continue
            document = read(detected)
            expected = walked(json.loads(detected.body))
            assert Counter(parsed(document)) == Counter(expected), path.name
            if not expected:
                continue
            seen[detected.endpoint] += 1
    assert seen == {"odds": 14, "event_odds": 9, "historical_odds": 1}


def test_every_rejection_is_a_known_one(shared_data: Path) -> None:
    rejected: dict[str, list[str]] = {}
    seen = 0
    for pattern in ("odds_api/*.json*", "real/props/*.json.gz"):
        for path, detected in files_of(shared_data, pattern):
            seen += 1
            for rejection in read(detected).rejections:
                assert rejection.reason == NO_CAPTURE_TIME, path.name
                rejected.setdefault(path.name, []).append(rejection.where)
            live = RawDocument(
                "the_odds_api", detected.endpoint, {}, detected.body, NOW, CaptureBasis.CLOCK, NOW
            )
            assert parse_document(live).rejections == (), path.name
    assert rejected == EXPECTED_REJECTIONS
    assert seen == 32


def test_every_entry_of_every_list_comes_through(shared_data: Path) -> None:
    seen: Counter[str] = Counter()
    for path, detected in files_of(shared_data, "odds_api/*.json"):
        if detected.endpoint in ODDS:
            continue
        document, items = read(detected), json.loads(detected.body)
        assert document.rejections == (), path.name
        if detected.endpoint == "sports":
            assert [sport.key for sport in document.sports] == [item["key"] for item in items]
        else:
            (capture,) = document.statements
            assert [s.event.event_id for s in capture.statements] == [i["id"] for i in items]
            scored = [s.event.event_id for s in capture.statements if s.home_score is not None]
            assert scored == [item["id"] for item in items if item.get("scores")]
        seen[detected.endpoint] += 1
    assert seen == {"sports": 1, "events": 2, "scores": 2}


@pytest.mark.parametrize(
    ("name", "captured"),
    [
        ("odds_api/series_nba_au_daily_2026-03-03_06-01.csv.gz", "snapshot_utc"),
        ("odds_api/sweep_2026-04-16_odds.csv.gz", "snapshot_time"),
        ("real/oddsapi/afl_snapshots_20260303_20260405.csv.gz", "snapshot_utc"),
        ("real/oddsapi/nba_snapshots_20260303_20260412.csv.gz", "snapshot_utc"),
        ("real/props/wnba_oddsapi_player_props_2026-05-08.csv.gz", "snapshot_ts"),
        ("real/props/afl_historical_player_props.csv.gz", "snapshot_ts"),
    ],
)
def test_every_row_of_every_series_comes_through(
    shared_data: Path, name: str, captured: str
) -> None:
    data = (shared_data / name).read_bytes()
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(data).decode())))
    document = read(detect(name, data), sport="aussierules_afl")
    assert document.rejections == ()
    expected = {
        (
            row["event_id"],
            row.get("bookmaker_key") or row["bookmaker"],
            row["market"],
            row["outcome_name"],
            row.get("player") or row.get("player_name") or None,
            float(row["point"]) if row["point"] else None,
            float(row["price"]),
        ): None
        for row in rows
    }
    assert set(parsed(document)) == set(expected)
    sport_captures = {(row[captured], row.get("sport_key", "")) for row in rows}
    assert len(document.odds) == len(sport_captures)
    keys = [
        (
            row[captured],
            row["event_id"],
            row.get("bookmaker_key") or row["bookmaker"],
            row["market"],
            row["outcome_name"],
            row.get("player") or row.get("player_name"),
            row["point"],
        )
        for row in rows
    ]
    assert len(parsed(document)) == len(set(keys))


def test_foreign_files_are_refused(shared_data: Path) -> None:
    for name in (
        "odds_api/error_bodies.json",
        "real/oddsapi/afl_results_2026_to_0406.csv",
        "real/oddsapi/nba_polymarket_20260419_20260505.jsonl.gz",
    ):
        with pytest.raises(UsageError, match=Path(name).name):
            detect(Path(name).name, (shared_data / name).read_bytes())


def test_the_sweep_scores_come_through(shared_data: Path) -> None:
    data = (shared_data / "odds_api/sweep_2026-04-16_scores.csv.gz").read_bytes()
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(data).decode())))
    document = read(detect("scores", data))
    (capture,) = document.statements
    assert {s.event.event_id for s in capture.statements} == {row["event_id"] for row in rows}
    stated = {(row["event_id"], row["score_name"]): row["score_value"] for row in rows}
    for statement in capture.statements:
        event = statement.event
        home = stated.get((event.event_id, event.home_team or ""), "")
        assert statement.home_score == (int(home) if home else None)
    assert document.rejections == ()
