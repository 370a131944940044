"""Missed captures: found exactly, priced, healed by value within a budget, proven closed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from odds_pipeline.planning.budget import Purpose
from odds_pipeline.planning.captures import Window
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.planning.snapshots import expected
from odds_pipeline.services.collect import collect_events, collect_odds
from odds_pipeline.services.gaps import (
    SETTLED,
    find_missed,
    heal,
    heal_allowance,
    open_gaps,
    unproven,
)
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.sampling import GRACE, tick
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.services.books import rows, spent

PRICE = 30
DEAD = timedelta(hours=10)
EVER = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def _collect(platform: Platform, mode: SamplingMode) -> None:
    """One tick, and what it says is due."""
    for due in tick(platform, mode).due:
        collect_odds(platform, [due.sport_key], due.slot_time, due.purpose)


def _die(platform: Platform, clock: SteppedClock, mode: SamplingMode) -> list[datetime]:
    """Collect once, be dead for ten hours; returns the slots that were planned meanwhile."""
    clock.set(datetime(2026, 3, 10, 16, 7, tzinfo=UTC))
    collect_events(platform)
    clock.advance(timedelta(minutes=1))
    _collect(platform, mode)
    died = clock.now()
    clock.advance(DEAD)
    planned = rows(
        platform,
        """SELECT slot_time FROM slots
        WHERE purpose = 'live' AND status = 'planned' AND slot_time > %s AND slot_time <= %s
        ORDER BY slot_time""",
        died,
        clock.now() - GRACE,
    )
    return [moment for (moment,) in planned]


@pytest.mark.usefixtures("balanced")
def test_ten_dead_hours_are_listed_exactly_and_healed_for_the_fewest_calls(
    platform: Platform, provider: RunningSimulator, clock: SteppedClock
) -> None:
    missed = _die(platform, clock, SamplingMode.PLANNED)
    assert len(missed) > 5
    assert find_missed(platform, SamplingMode.PLANNED) == len(missed)
    assert find_missed(platform, SamplingMode.PLANNED) == 0
    found = open_gaps(platform)
    assert [gap.slot_time for gap in found.gaps] == missed
    assert {gap.reason for gap in found.gaps} == {"missed"}
    assert all(gap.why and gap.age >= GRACE for gap in found.gaps)
    clock.advance(SETTLED)
    snapshots = len({expected(moment) for moment in missed})
    found = open_gaps(platform)
    assert (found.calls, found.credits) == (snapshots, PRICE * snapshots)
    before = provider.credits_charged("demo")
    seen: list[tuple[int, int]] = []
    done = heal(platform, progress=lambda closed, of: seen.append((closed, of)))
    assert (done.healed, done.calls, done.left) == (len(missed), snapshots, 0)
    assert done.credits == PRICE * snapshots == provider.credits_charged("demo") - before
    assert seen[-1] == (len(missed), len(missed))
    assert not open_gaps(platform).gaps
    assert unproven(platform, EVER) == []
    assert heal(platform).calls == 0


@pytest.mark.usefixtures("balanced")
def test_the_heal_budget_buys_the_closings_first_and_one_call_closes_many(
    platform: Platform, clock: SteppedClock
) -> None:
    missed = _die(platform, clock, SamplingMode.ADAPTIVE)
    find_missed(platform, SamplingMode.ADAPTIVE)
    clock.advance(SETTLED)
    found = open_gaps(platform)
    assert [gap.slot_time for gap in found.gaps][: len(missed)] == missed
    assert found.calls < len(missed) / 2  # minutes apart, five minutes a snapshot
    best = max(found.gaps, key=lambda gap: gap.value)
    done = heal(platform, credits=2 * PRICE + 1)
    assert (done.calls, done.credits) == (2, 2 * PRICE)
    assert "heal budget has 1 credits left" in done.reason
    healed = [
        moment
        for (moment,) in rows(platform, "SELECT slot_time FROM slots WHERE status = 'healed'")
    ]
    assert best.slot_time in healed
    assert len(healed) == done.healed > 2
    assert len({expected(moment) for moment in healed}) == 2
    assert unproven(platform, EVER) == []


@pytest.mark.slow
@pytest.mark.usefixtures("balanced")
def test_ten_dead_adaptive_hours_are_healed_whole(platform: Platform, clock: SteppedClock) -> None:
    rich = replace(platform, settings=platform.settings.model_copy(update={"heal_percent": 50}))
    missed = _die(rich, clock, SamplingMode.ADAPTIVE)
    find_missed(rich, SamplingMode.ADAPTIVE)
    clock.advance(SETTLED)
    calls = open_gaps(rich).calls
    done = heal(rich)
    assert (done.calls, done.left) == (calls, 0)
    assert done.healed >= len(missed)


@pytest.mark.usefixtures("balanced")
def test_healing_stays_within_its_part_of_the_month(
    platform: Platform, clock: SteppedClock
) -> None:
    _die(platform, clock, SamplingMode.PLANNED)
    find_missed(platform, SamplingMode.PLANNED)
    clock.advance(SETTLED)
    settings = platform.settings.model_copy(update={"heal_percent": 0.2})
    poor = replace(platform, settings=settings)
    assert heal_allowance(poor) == 40
    assert heal(poor).calls == 1
    assert heal_allowance(poor) == 10
    assert heal(poor, credits=1_000).calls == 0


def test_a_gap_is_a_slot_past_its_grace_or_followed_by_a_due_one(
    platform: Platform, clock: SteppedClock
) -> None:
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    times = [noon, noon + timedelta(minutes=1), noon + timedelta(minutes=2)]
    with transaction(platform.engine) as conn:
        conn.execute(
            """INSERT INTO slots (purpose, sport_key, slot_time)
            SELECT 'live', 'basketball_nba', t FROM unnest(%s::timestamptz[]) t""",
            (times,),
        )
    clock.set(times[1] + timedelta(seconds=20))
    assert find_missed(platform, SamplingMode.FIXED) == 1
    clock.set(times[1] + timedelta(seconds=59))
    assert find_missed(platform, SamplingMode.FIXED) == 0
    clock.set(times[2] + GRACE)
    assert find_missed(platform, SamplingMode.FIXED) == 2
    [first, *_] = open_gaps(platform).gaps
    assert first.note is not None
    assert "may not have the snapshot of that time yet" in first.note
    assert heal(platform).calls == 0


@pytest.mark.usefixtures("balanced")
def test_what_was_not_even_planned_in_a_longer_outage_is_a_gap_too(
    platform: Platform, clock: SteppedClock
) -> None:
    _die(platform, clock, SamplingMode.PLANNED)
    clock.advance(timedelta(hours=60))
    find_missed(platform, SamplingMode.PLANNED)
    gaps = open_gaps(platform).gaps
    days = {gap.slot_time.date().day for gap in gaps}
    assert {10, 11, 12} <= days
    assert find_missed(platform, SamplingMode.PLANNED) == 0


@pytest.fixture
def free_plan(clock: SteppedClock) -> Iterator[RunningSimulator]:
    with RunningSimulator(clock=clock, quota=500) as running:
        yield running


def test_a_plan_without_history_says_so_and_is_not_asked_again(
    platform: Platform, free_plan: RunningSimulator, clock: SteppedClock
) -> None:
    _die(platform, clock, SamplingMode.PLANNED)
    find_missed(platform, SamplingMode.PLANNED)
    clock.advance(SETTLED)
    from odds_pipeline.sources.the_odds_api.client import OddsApiClient

    client = OddsApiClient(free_plan.url, "demo")
    poor = replace(platform, provider=lambda: client)
    for _ in range(2):
        done = heal(poor)
        assert (done.healed, done.credits) == (0, 0)
        assert done.reason == "the plan of this key has no history"
    asked = rows(platform, "SELECT count(*) FROM fetch_logs WHERE endpoint = 'historical_odds'")
    assert asked == [(1,)]


@pytest.mark.usefixtures("balanced")
def test_a_healed_slot_without_its_snapshot_is_told(
    platform: Platform, clock: SteppedClock
) -> None:
    _die(platform, clock, SamplingMode.PLANNED)
    find_missed(platform, SamplingMode.PLANNED)
    clock.advance(SETTLED)
    heal(platform, credits=PRICE)
    assert unproven(platform, EVER) == []
    with transaction(platform.engine) as conn:
        conn.execute(
            "UPDATE slots SET slot_time = slot_time + interval '6 minutes' WHERE status = 'healed'"
        )
    assert unproven(platform, EVER)


def test_healing_is_booked_as_healing(platform: Platform, clock: SteppedClock) -> None:
    _die(platform, clock, SamplingMode.PLANNED)
    find_missed(platform, SamplingMode.PLANNED)
    clock.advance(SETTLED)
    before = spent(platform)[0]
    heal(platform, credits=PRICE)
    assert spent(platform)[0] == before + PRICE
    purposes = rows(
        platform, "SELECT DISTINCT purpose FROM credit_ledger WHERE endpoint = 'historical_odds'"
    )
    assert purposes == [(Purpose.HEAL,)]
