"""How the platform is: figures from real rows, what is wrong with them, and who is told."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from odds_pipeline.services.collect import collect_odds
from odds_pipeline.services.health import STILL, figures, health, watch
from odds_pipeline.services.market.day import price_day
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.stages import stopwatch
from odds_pipeline.services.validate import validate_day
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.services.alerting.alerting import alerting
from odds_pipeline_tests.services.books import rows
from odds_pipeline_tests.services.market.quotes import capture, h2h

DAY = date(2026, 3, 10)


@pytest.fixture
def lived(platform: Platform) -> Iterator[Platform]:
    """A platform that has captured, judged and priced."""
    collect_odds(platform)
    capture(platform, {"pinnacle": h2h(2.0, 2.0), "bovada": h2h(2.2, 1.9)})
    validate_day(platform, DAY)
    price_day(platform, DAY)
    yield platform


def at_the_databases_hour(platform: Platform, clock: SteppedClock) -> None:
    """Rows are dated by the database's clock."""
    with transaction(platform.engine) as conn:
        (now,) = conn.execute("SELECT clock_timestamp()").fetchone() or (clock.now(),)
    clock.set(now + timedelta(seconds=1))


def test_every_stage_of_the_live_path_is_timed(lived: Platform, clock: SteppedClock) -> None:
    kept = rows(lived, "SELECT stage, success, rows > 0, error_class FROM stage_runs ORDER BY id")
    assert kept == [(s, True, True, None) for s in ("store", "normalise", "validate", "price")]
    at_the_databases_hour(lived, clock)
    shown = figures(health(lived))
    assert {stage["stage"]: stage["runs"] for stage in shown["stages"]} == dict.fromkeys(
        ("fetch", "store", "normalise", "validate", "price"), 1
    )
    assert all(stage["success"] == 1.0 for stage in shown["stages"])
    assert shown["fetch_success_24h"] == 1.0
    assert shown["odds_24h"] == shown["odds_records"] > 0
    assert shown["last_success"] == shown["last_fetch"]
    assert shown["database"]["pool_size"] == 5


def test_a_stage_that_fails_says_of_what_and_goes_on_failing(platform: Platform) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        stopwatch(platform) as watched,
        watched.timed("price"),
    ):
        raise ZeroDivisionError
    assert rows(platform, "SELECT stage, success, error_class FROM stage_runs") == [
        ("price", False, "ZeroDivisionError")
    ]


def test_a_capture_does_not_depend_on_being_timed(platform: Platform) -> None:
    with transaction(platform.engine) as conn:
        conn.execute("DROP TABLE stage_runs")
    assert len(collect_odds(platform).made) == 1
    assert rows(platform, "SELECT status FROM slots WHERE status <> 'planned'") == [("ok",)]


def _ran(platform: Platform, stage: str, ago: str, seconds: float, count: int) -> None:
    with transaction(platform.engine) as conn:
        conn.execute(
            """INSERT INTO stage_runs (stage, ended_at, seconds, rows, success)
            SELECT %s, clock_timestamp() - %s::interval, %s, 10, true
            FROM generate_series(1, %s)""",
            (stage, ago, seconds, count),
        )


def test_a_slow_stage_is_wrong_and_told_once_a_day(platform: Platform, clock: SteppedClock) -> None:
    opened = alerting(platform)
    _ran(opened, "price", "3 days", 1.0, 30)
    _ran(opened, "price", "1 hour", 9.0, 6)
    _ran(opened, "store", "100 days", 9.0, 2)
    at_the_databases_hour(opened, clock)
    found = watch(opened)
    assert [(each.part, each.severity) for each in found.problems] == [("price", "warning")]
    watch(opened)
    told = rows(opened, "SELECT alert_type, object_id, threshold_value, actual_value FROM alerts")
    assert told == [("degraded_stage", "price", 1.0, 9.0)]
    # What is too old to compare with is forgotten.
    assert rows(opened, "SELECT count(*) FROM stage_runs WHERE stage = 'store'") == [(0,)]


def test_collection_that_stands_still_is_critical(platform: Platform, clock: SteppedClock) -> None:
    opened = alerting(platform)
    collect_odds(opened)
    at_the_databases_hour(opened, clock)
    assert watch(opened).ok
    later = clock.now() + STILL + timedelta(hours=1)
    with transaction(opened.engine) as conn:
        conn.execute(
            """INSERT INTO slots (purpose, sport_key, slot_time, status, reason)
            VALUES ('live', 'basketball_nba', %s, 'gap', 'missed')""",
            (later - timedelta(minutes=30),),
        )
    clock.set(later)
    found = watch(opened)
    assert ("fetch", "error") in [(each.part, each.severity) for each in found.problems]
    assert rows(opened, "SELECT severity, object_id FROM alerts") == [("critical", "fetch")]
    assert figures(found)["missing_data_percentage"] > 0
