"""Each rule at its threshold, and the names that make the same thing the same alert."""

from datetime import UTC, datetime, timedelta

from odds_pipeline.alerts.rules.edges import SeenEdge, Thresholds, edge_alerts
from odds_pipeline.alerts.rules.movement import Move, movement_alerts
from odds_pipeline.alerts.rules.quality import Judged, quality_alerts
from odds_pipeline.alerts.rules.quota import quota_alerts
from odds_pipeline.alerts.rules.stages import StageFigures, StageHistory, degradation
from odds_pipeline.alerts.rules.system import run_failed
from odds_pipeline.catalog.alerts import Alert, AlertType, Severity
from odds_pipeline.planning.budget import Budget

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
LEAST = Thresholds(arbitrage=0.5, expected_value=3)


def edge(kind: str, percent: float, minutes: int = 10) -> SeenEdge:
    until = NOON + timedelta(minutes=minutes)
    return SeenEdge("ab12", kind, "Away at Home", "h2h", "Home at 2.1", percent, NOON, until)


def test_edges_are_told_from_their_threshold_on_while_they_can_be_had() -> None:
    found = [
        *(edge("arbitrage", 0.5), edge("arbitrage", 0.49), edge("ev", 3.0), edge("ev", 2.99)),
        *(edge("low_hold", 9), edge("middle", 9), edge("ev", 9, minutes=0)),
    ]
    told = list(edge_alerts(found, LEAST, NOON))
    assert [(a.alert_type, a.threshold, a.actual) for a in told] == [
        (AlertType.ARBITRAGE, 0.5, 0.5),
        (AlertType.EXPECTED_VALUE, 3, 3.0),
    ]
    assert told[0].message == (
        "Arbitrage of 0.50 % on Away at Home, h2h: Home at 2.1; good until 12:10 UTC"
    )
    # The same opportunity on the same day is the same alert, whatever it is worth by then.
    later = edge("arbitrage", 4)._replace(last_seen=NOON + timedelta(hours=3))
    (again,) = edge_alerts([later], LEAST, NOON)
    assert again.key == told[0].key
    (tomorrow,) = edge_alerts([later._replace(last_seen=NOON + timedelta(days=1))], LEAST, NOON)
    assert tomorrow.key != again.key


def test_a_movement_is_told_of_the_side_that_rose_before_the_start() -> None:
    def move(before: float, after: float, hours: int = 2) -> Move:
        start = NOON + timedelta(hours=hours)
        since = NOON - timedelta(minutes=30)
        return Move("e1", "Away at Home", "h2h", "Home", before, after, since, NOON, start)

    moves = [move(0.40, 0.45), move(0.60, 0.55), move(0.40, 0.449), move(0.40, 0.90, hours=-1)]
    (told,) = movement_alerts(moves, 5 - 1e-9, NOON)
    assert told.message == (
        "Home rose from 40.0% to 45.0% in Away at Home, h2h, from 11:30 to 12:00 UTC"
    )


def test_quality_quota_and_runs_name_what_they_are_about() -> None:
    (judged,) = quality_alerts([Judged("price_above_one", "error", 3, "1.0 is none")], NOON.date())
    assert (judged.object_id, judged.severity, judged.actual) == ("2026-03-10", Severity.ERROR, 3)
    warn = Budget(1000).warning
    assert not list(quota_alerts("demo", 799, 1000, warn(799), NOON))
    (used,) = quota_alerts("demo", 800, 1000, warn(800), NOON)
    assert (used.threshold, used.actual, used.severity) == (80, 80.0, Severity.WARNING)
    (later,) = quota_alerts("demo", 900, 1000, warn(900), NOON + timedelta(days=9))
    assert later.key == used.key
    failed = [run_failed("judge", "r1", "broke", NOON), run_failed("judge", "r2", "broke", NOON)]
    assert failed[0].key == failed[1].key
    assert run_failed("judge", "r3", "broke", NOON + timedelta(hours=1)).key != failed[0].key


def figures(runs: int, median: float, p95: float, success: float) -> StageFigures:
    return StageFigures(runs, median, p95, success, 100, None)


def test_a_stage_is_worse_only_against_its_own_history() -> None:
    usual = figures(100, 1.0, 2.0, 1.0)
    same = StageHistory("price", figures(10, 1.1, 2, 1.0), usual)
    assert degradation(same) is None
    slow = same._replace(recent=figures(10, 3.5, 4, 1.0))
    assert degradation(slow) == (
        "a run takes 3.50 s, before it took 1.00 s, and rarely more than 2.00 s"
    )
    failing = same._replace(recent=figures(10, 1.0, 2, 0.7)._replace(errors="ValueError"))
    assert degradation(failing) == "70% of its runs succeed (ValueError), before 100% did"
    assert degradation(slow._replace(usual=figures(19, 1.0, 2.0, 1.0))) is None
    assert degradation(slow._replace(recent=figures(4, 3.5, 4, 1.0))) is None
    # A few milliseconds more are nothing to look at, however many times as long.
    quick = StageHistory("store", figures(10, 0.04, 0.05, 1.0), figures(99, 0.01, 0.012, 1.0))
    assert degradation(quick) is None


def test_the_key_is_stable_for_ever() -> None:
    alert = Alert(AlertType.QUOTA, Severity.WARNING, "any", "key", "demo", "80 % 2026-03")
    assert alert.key == "d70f56b6145b9d38"
