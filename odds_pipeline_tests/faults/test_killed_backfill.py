"""kill -9 in the middle of a backfill, again and again: resumed, complete, nothing paid twice."""

import signal
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from odds_pipeline.composition import open_platform
from odds_pipeline.crash_points import Point
from odds_pipeline.services.backfill import list_days, plan_backfill
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline_tests.faults import backfiller, invariants
from odds_pipeline_tests.faults.cases import Stage

FIRST = date(2025, 3, 6)
# Killed there, the answer that was charged is gone with the process: nobody can have it again
# without paying. Everywhere else no credit is lost.
CHARGED_AND_LOST = Point.ANSWERED
SAFE = [point for point in Point if point is not CHARGED_AND_LOST]


@pytest.fixture
def past(database_url: str, home: Path) -> Iterator[Stage]:
    clock = SteppedClock(datetime(2025, 4, 20, 12, tzinfo=UTC))
    with RunningSimulator(clock=clock) as provider:
        yield Stage(database_url, home, provider)


def _dry_run(stage: Stage, last: date) -> tuple[int, int]:
    """Slots and credits of the range, after paying for its listings alone."""
    with open_platform(stage.settings) as platform:
        list_days(platform, plan_backfill(platform, FIRST, last))
        plan = plan_backfill(platform, FIRST, last)
    return plan.slots, plan.credits


def _killed(stage: Stage, last: date, seed: int, times: int, calls: int) -> None:
    random = Random(seed)
    for _ in range(times):
        crash = f"{random.choice(SAFE)}:{random.randint(1, calls)}"
        assert stage.run(backfiller.fill, FIRST, last, crash=crash) == -signal.SIGKILL
    assert stage.run(backfiller.fill, FIRST, last) == 0


def _verdict(stage: Stage, planned: int) -> None:
    with open_platform(stage.settings) as platform, platform.engine.connect() as conn:
        slots = conn.exec_driver_sql(
            "SELECT status, count(*) FROM slots WHERE purpose = 'history' GROUP BY 1"
        ).fetchall()
        assert [tuple(row) for row in slots] == [("ok", planned)]
        twice = conn.exec_driver_sql(
            """SELECT count(*) - count(DISTINCT (event_no, capture_time, scope_id))
            FROM snapshots"""
        ).scalar()
        assert twice == 0
        assert invariants.broken(platform, stage.charged(), stage.acknowledged) == []


def test_a_backfill_killed_at_random_points_costs_what_the_dry_run_said(past: Stage) -> None:
    planned, credits = _dry_run(past, FIRST)
    listed = past.charged()
    _killed(past, FIRST, seed=5, times=3, calls=3)
    assert past.charged() == listed + credits
    _verdict(past, planned)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_thirty_days_killed_five_times_cost_what_the_dry_run_said(past: Stage, seed: int) -> None:
    last = FIRST + timedelta(days=29)
    planned, credits = _dry_run(past, last)
    listed = past.charged()
    _killed(past, last, seed, times=5, calls=60)
    assert past.charged() == listed + credits
    _verdict(past, planned)


@pytest.mark.slow
def test_only_an_answer_lost_in_flight_is_paid_again_and_the_ledger_knows(past: Stage) -> None:
    planned, credits = _dry_run(past, FIRST)
    listed = past.charged()
    assert past.run(backfiller.fill, FIRST, FIRST, crash=f"{CHARGED_AND_LOST}:2") == -signal.SIGKILL
    assert past.run(backfiller.fill, FIRST, FIRST) == 0
    assert past.charged() == listed + credits + 30
    _verdict(past, planned)
