"""Validation logs each fault once, resolves what is gone, and compares facts with raw."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from odds_pipeline.catalog.observations import CaptureBasis
from odds_pipeline.quality.registry import load_rules
from odds_pipeline.services.collect import collect_odds
from odds_pipeline.services.import_files import import_paths
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.reconcile import Readings
from odds_pipeline.services.validate import validate_day
from odds_pipeline.sources.the_odds_api.queries import OddsRequest
from odds_pipeline.storage import quality_log, raw
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.services.books import rows

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def _log(platform: Platform) -> list[tuple[Any, ...]]:
    return rows(
        platform,
        """SELECT rule, severity, bookmaker_key, outcome_name, resolution FROM data_quality_logs
        ORDER BY id""",
    )


def _failed(platform: Platform) -> dict[str, int]:
    return {
        result.rule.name: len(result.issues)
        for result in validate_day(platform, DAY)
        if not result.passed
    }


def _store(platform: Platform, outcomes: list[dict[str, Any]]) -> None:
    update = "2026-03-10T11:59:30Z"
    market = {"key": "h2h", "last_update": update, "outcomes": outcomes}
    book = {"key": "pinnacle", "title": "Pinnacle", "last_update": update, "markets": [market]}
    event = {
        "id": "planted",
        "sport_key": "basketball_nba",
        "sport_title": "NBA",
        "commence_time": "2026-03-10T20:00:00Z",
        "home_team": "Home",
        "away_team": "Away",
        "bookmakers": [book],
    }
    request = OddsRequest("basketball_nba", ("h2h",), ("pinnacle",)).described()
    body = json.dumps([event]).encode()
    record = raw.RawRecord(
        uuid4(), "the_odds_api", "odds", request, body, NOON, CaptureBasis.CLOCK, status=200
    )
    with transaction(platform.engine) as conn:
        raw.store(conn, record)
    finish_pending(platform)


def test_a_clean_capture_breaks_no_promise(platform: Platform) -> None:
    collect_odds(platform)
    results = validate_day(platform, DAY)
    assert {result.rule.name for result in results} == set(load_rules())
    future = {"slots_complete", "captures_fresh"}  # the whole day's plan, judged at its beginning
    results = [r for r in results if r.rule.name not in future]
    severe = [r.rule.name for r in results if not r.passed and r.rule.severity != "warning"]
    assert severe == []
    runs = rows(platform, "SELECT rule, checked, issues FROM quality_runs")
    assert {(r.rule.name, r.checked, len(r.issues)) for r in results} <= set(runs)
    assert max(checked for _, checked, _ in runs) > 50


def test_a_planted_fault_is_logged_once_and_resolved_when_it_is_gone(platform: Platform) -> None:
    _store(platform, [{"name": "Home", "price": 1.4}, {"name": "Home", "price": 1.4}])
    found = _failed(platform)
    assert "both_sides_present" in found
    logged = _log(platform)
    assert {(rule, resolution) for rule, _, _, _, resolution in logged} == {
        (rule, None) for rule in found
    }
    assert _failed(platform) == found
    assert _log(platform) == logged

    _store(platform, [{"name": "Home", "price": 1.4}, {"name": "Away", "price": 3.1}])
    assert "both_sides_present" not in _failed(platform)
    resolved = {rule for rule, *_, resolution in _log(platform) if resolution}
    assert "both_sides_present" in resolved
    assert len(_log(platform)) >= len(logged)


def test_one_rule_alone_leaves_the_others_findings_standing(platform: Platform) -> None:
    _store(platform, [{"name": "Home", "price": 1.4}])
    _failed(platform)
    before = _log(platform)
    validate_day(platform, DAY, [load_rules()["price_above_one"]])
    assert _log(platform) == before


def test_a_finding_that_comes_twice_is_one_row_and_comes_back_unresolved(
    platform: Platform,
) -> None:
    issue = {
        "event_id": "e",
        "bookmaker_key": None,
        "market_key": None,
        "outcome_name": None,
        "snapshot_time": NOON,
        "description": "odd",
    }

    def record(*evidence: int) -> list[tuple[Any, ...]]:
        issues = [issue | {"evidence": {"seen": one}} for one in evidence]
        finding = quality_log.Finding("planted", "odd", "warning", 7, issues)
        with transaction(platform.engine) as conn:
            quality_log.record(conn, DAY, [finding])
        return rows(platform, "SELECT id, resolution FROM data_quality_logs")

    first = record(1, 2)
    assert len(first) == 1
    assert [resolution for _, resolution in record()] == ["no longer found"]
    assert record(3) == first


def test_quarantined_parts_are_reported(platform: Platform) -> None:
    _store(platform, [{"name": "Home", "price": "much"}, {"name": "Away", "price": 3.1}])
    assert "quarantined" in _failed(platform)


# --- reconciliation ---


def test_documents_read_for_one_day_serve_the_next(platform: Platform) -> None:
    _store(platform, [{"name": "Home", "price": 1.4}, {"name": "Away", "price": 3.1}])
    readings = Readings()
    rule = [load_rules()["reconciliation"]]
    (fresh,) = validate_day(platform, DAY, rule)
    for _ in range(2):
        (result,) = validate_day(platform, DAY, rule, readings)
        assert (result.checked, result.passed) == (fresh.checked, True)
    (elsewhere,) = validate_day(platform, date(2026, 3, 11), rule, readings)
    assert elsewhere.checked == 0
    _tamper(platform, "price + 0.5, point, event_no, selection_id, 0")
    (tampered,) = validate_day(platform, DAY, rule, readings)
    assert not tampered.passed


def _reconciled(platform: Platform) -> list[dict[str, Any]]:
    (result,) = validate_day(platform, DAY, [load_rules()["reconciliation"]])
    assert result.checked > 0
    return [dict(evidence) for evidence in result.issues["evidence"]]


def _tamper(platform: Platform, values: str) -> None:
    """Write straight into quotes, as known by the newest capture."""
    with transaction(platform.engine) as conn:
        conn.execute(
            f"""INSERT INTO quotes (capture_time, known_time, price, point, event_no, selection_id,
                state)
            SELECT capture_time, known_time + interval '1 microsecond', {values}
            FROM (SELECT * FROM quotes WHERE state = 0
                  ORDER BY capture_time DESC, event_no, selection_id LIMIT 1) q"""  # noqa: S608
        )


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ("price + 0.5, point, event_no, selection_id, 0", (0, 1)),
        ("NULL, NULL, event_no, selection_id, 1", (1, 0)),
    ],
    ids=["changed", "withdrawn"],
)
def test_a_tampered_quote_is_found(platform: Platform, values: str, found: tuple[int, int]) -> None:
    collect_odds(platform)
    assert _reconciled(platform) == []
    _tamper(platform, values)
    (evidence,) = _reconciled(platform)
    assert (evidence["missing"], evidence["different"]) == found
    assert evidence["stated_quotes"] > 10
    ((rule, severity),) = rows(platform, "SELECT rule, severity FROM data_quality_logs")
    assert (rule, severity) == ("reconciliation", "critical")


def test_an_invented_quote_is_found(platform: Platform) -> None:
    _store(platform, [{"name": "Home", "price": 1.4}, {"name": "Away", "price": 3.1}])
    with transaction(platform.engine) as conn:
        conn.execute("INSERT INTO names (name) VALUES ('Nobody')")
        conn.execute(
            """INSERT INTO selections (bookmaker_id, market_id, outcome_id)
            SELECT bookmaker_id, market_id, (SELECT name_id FROM names WHERE name = 'Nobody')
            FROM selections LIMIT 1"""
        )
        conn.execute(
            """INSERT INTO quotes
            SELECT capture_time, known_time, 9.0, NULL, event_no,
                (SELECT max(selection_id) FROM selections), 0
            FROM quotes LIMIT 1"""
        )
    (evidence,) = _reconciled(platform)
    assert (evidence["stated_quotes"], evidence["stored_quotes"]) == (2, 3)
    assert (evidence["missing"], evidence["different"]) == (0, 1)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    "name", ["odds_nfl_4markets_21books.json.gz", "odds_mlb_inplay_circasports_2022-09-18.json.gz"]
)
def test_recorded_data_reconciles(platform: Platform, shared_data: Path, name: str) -> None:
    imported = import_paths(platform, [shared_data / "odds_api" / name])
    for day in imported.days:
        (result,) = validate_day(platform, day, [load_rules()["reconciliation"]])
        assert result.passed, result.issues["description"].tolist()
        assert result.checked > 5
