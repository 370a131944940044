"""Recorded real responses and series go in whole and come out equal."""

import csv
import gzip
import io
import json
import random
from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from odds_pipeline.services.import_files import ImportedFile, Stated, import_paths
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import raw
from odds_pipeline.storage.engine import transaction

pytestmark = pytest.mark.shared_data

SERIES = "odds_api/series_nba_au_daily_2026-03-03_06-01.csv.gz"

# (event, book, market, outcome, decimal price, point, capture)
Row = tuple[str, str, str, str, float, float | None, datetime]


def _import(platform: Platform, path: Path) -> ImportedFile:
    (file,) = import_paths(platform, [path]).files
    return file


def _counts(platform: Platform) -> tuple[int, ...]:
    with transaction(platform.engine) as conn:
        counts = conn.execute(
            """SELECT (SELECT count(*) FROM snapshots), (SELECT count(*) FROM quotes),
                (SELECT count(*) FROM event_ids), (SELECT count(*) FROM event_statements)"""
        ).fetchone()
    return tuple(counts or ())


def _view(platform: Platform) -> Counter[Row]:
    with transaction(platform.engine) as conn:
        return Counter(
            conn.execute(
                """SELECT event_id, bookmaker_key, market_key, outcome_name, decimal_price, point,
                    odds_timestamp FROM odds"""
            ).fetchall()
        )


def _stated(text: str) -> Counter[Row]:
    return Counter(
        (
            row["event_id"],
            row["bookmaker"],
            row["market"],
            row["outcome_name"],
            float(row["price"]),
            float(row["point"]) if row["point"] else None,
            datetime.strptime(row["snapshot_utc"], "%Y%m%d_%H%M%S").replace(tzinfo=UTC),
        )
        for row in csv.DictReader(io.StringIO(text))
    )


def test_series_comes_out_as_it_went_in(
    platform: Platform, shared_data: Path, tmp_path: Path
) -> None:
    path = shared_data / SERIES
    text = gzip.decompress(path.read_bytes()).decode()
    first = _import(platform, path)
    assert (first.status, first.events, first.captures) == ("imported", 406, 91)
    stated = _stated(text)
    assert stated.total() == 21_468
    assert _view(platform) == stated
    before = _counts(platform)

    assert _import(platform, path).status == "unchanged"
    assert _counts(platform) == before

    header, *rows = text.splitlines(keepends=True)
    random.Random(5).shuffle(rows)
    shuffled = tmp_path / "shuffled.csv"
    shuffled.write_text(header + "".join(rows))
    again = _import(platform, shuffled)
    assert again.status == "imported"
    assert again.raw_id != first.raw_id
    assert (again.snapshots, again.quotes) == (0, 0)
    assert _counts(platform) == before
    assert _view(platform) == stated


def test_overlapping_series_add_nothing_twice(platform: Platform, shared_data: Path) -> None:
    _import(platform, shared_data / SERIES)
    before = _view(platform)
    part = _import(platform, shared_data / "real/oddsapi/nba_snapshots_20260303_20260412.csv.gz")
    assert part.status == "imported"
    assert _view(platform) == before


@pytest.mark.parametrize(
    "name",
    [
        "event_odds_bundesliga_player_shots_2025-11-25.json",
        "event_odds_nhl_h2h_2024-03-21.json",
        "historical_odds_nfl_2021-11-25.json.gz",
        "odds_golf_2021-11-13.json",
        "odds_mlb_inplay_circasports_2022-09-18.json.gz",
        "odds_mma_2021-11-13.json",
        "odds_nba_1book_2023-11.json",
        "odds_nba_2021-11-13.json",
        "odds_ncaab_h2h_spreads_2026-03.json.gz",
        "odds_nfl_4markets_21books.json.gz",
        "odds_nfl_h2h_spreads_totals_2023-11.json.gz",
        "odds_nhl_1book_2023-11.json",
        "odds_nhl_h2h_decimal_2024-03-21.json",
        "odds_upcoming_h2h.json",
        "series_nfl_spreads_20230819182058.json.gz",
    ],
)
def test_recorded_odds_come_out_equal(platform: Platform, shared_data: Path, name: str) -> None:
    path = shared_data / "odds_api" / name
    file = _import(platform, path)
    assert file.status == "imported", file.reason
    stored: Counter[tuple[Any, ...]] = Counter()
    with transaction(platform.engine) as conn:
        for *key, american, decimal in conn.execute(
            """SELECT event_id, bookmaker_key, market_key, outcome_name, description, point, price,
                decimal_price FROM odds"""
        ):
            stored[*key, decimal] += 1
            if american is not None:
                stored[*key, "american", american] += 1
        assert raw.read(conn, file.raw_id or 0).body == path.read_bytes()
        digest = conn.execute("SELECT sha256 FROM raw_responses").fetchone()
    assert digest == (sha256(path.read_bytes()).digest(),)
    quotes = list(_outcomes(_json(path)))
    american = all(isinstance(q[-1], int) and abs(q[-1]) >= 100 for q in quotes)
    unreadable = file.quarantined
    for *key, price in quotes:
        wanted = (*key, "american", 100 if price == -100 else price) if american else (*key, price)
        if stored[wanted] == 0:
            unreadable -= 1
    assert unreadable >= 0
    assert sum(len(key) == 7 for key in stored.elements()) == len(set(quotes)) - file.quarantined


def _json(path: Path) -> Any:
    data = path.read_bytes()
    return json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)


def _outcomes(document: Any) -> Any:
    content = document["data"] if isinstance(document, dict) and "data" in document else document
    for event in content if isinstance(content, list) else [content]:
        for book in event["bookmakers"]:
            for market in book["markets"]:
                for outcome in market["outcomes"]:
                    point = outcome.get("point")
                    yield (
                        event["id"],
                        book["key"],
                        market["key"],
                        outcome["name"],
                        outcome.get("description"),
                        None if point is None else float(point),
                        outcome["price"],
                    )


def test_every_recorded_body_is_imported_or_refused_with_a_reason(
    platform: Platform, shared_data: Path
) -> None:
    report = import_paths(platform, [shared_data / "odds_api", shared_data / "real" / "oddsapi"])
    by_status: dict[str, list[ImportedFile]] = {"imported": [], "refused": []}
    for file in report.files:
        by_status[file.status].append(file)
    assert all(file.reason for file in by_status["refused"])
    assert {file.path.name for file in by_status["refused"]} == {
        "error_bodies.json",
        "afl_results_2026_to_0406.csv",
        "nba_polymarket_20260419_20260505.jsonl.gz",
    }
    assert len(by_status["imported"]) == 28


def test_player_lines_come_out_equal(platform: Platform, shared_data: Path) -> None:
    path = shared_data / "odds_api" / "historical_nba_player_pra_2024-25.csv.gz"
    (file,) = import_paths(
        platform, [path], Stated(sport="basketball_nba", market="player_points_rebounds_assists")
    ).files
    assert file.status == "imported"
    text = gzip.decompress(path.read_bytes()).decode()
    stated: set[tuple[Any, ...]] = set()
    for row in csv.DictReader(io.StringIO(text)):
        for side in ("Over", "Under"):
            if row[f"{side.lower()}_price"]:
                price = int(float(row[f"{side.lower()}_price"]))
                player = (row["event_id"], row["bookmaker"], row["player_name"])
                stated.add((*player, side, float(row["line"]), 100 if price == -100 else price))
    with transaction(platform.engine) as conn:
        stored = set(
            conn.execute(
                """SELECT event_id, bookmaker_title, description, outcome_name, point, price
                FROM odds WHERE market_key = 'player_points_rebounds_assists'"""
            ).fetchall()
        )
        starts = conn.execute(
            """SELECT DISTINCT start_precision, bool_or(in_play) FROM odds_snapshots
            GROUP BY start_precision"""
        ).fetchall()
        told = conn.execute("SELECT DISTINCT start_precision FROM events").fetchall()
    assert starts == [("day", False)]
    assert told == [("day",)]
    assert len(stored - stated) == 0
    assert len(stated - stored) <= file.quarantined
    assert len(stored) > 48_000
