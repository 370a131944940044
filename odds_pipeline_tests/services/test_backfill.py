"""Ranges of past days: priced to the credit, bought once, stopped by budgets, sampled."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from odds_pipeline.errors import UsageError
from odds_pipeline.services import history
from odds_pipeline.services.backfill import BackfillPlan, list_days, plan_backfill, run_backfill
from odds_pipeline.services.platform import Platform
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.services.books import rows, spent

DAY = date(2026, 3, 8)
FIRST, LAST = date(2026, 3, 7), DAY
PRICE = 30


def _listed(platform: Platform, first: date = DAY) -> BackfillPlan:
    list_days(platform, plan_backfill(platform, first, LAST))
    return plan_backfill(platform, first, LAST)


def _statuses(platform: Platform) -> dict[tuple[str, str | None], int]:
    found = rows(
        platform,
        "SELECT status, reason, count(*) FROM slots WHERE purpose = 'history' GROUP BY 1, 2",
    )
    return {(status, reason): count for status, reason, count in found}


@pytest.mark.usefixtures("balanced")
def test_a_range_costs_what_its_dry_run_said_to_the_credit(
    platform: Platform, provider: RunningSimulator
) -> None:
    unlisted = plan_backfill(platform, DAY, DAY)
    assert unlisted.unlisted == (DAY,)
    assert (unlisted.listing_credits, unlisted.credits, unlisted.slots) == (1, 0, 0)
    with pytest.raises(UsageError, match="not listed yet"):
        run_backfill(platform, unlisted)
    assert provider.credits_charged("demo") == 0
    assert list_days(platform, unlisted) == 1 == provider.credits_charged("demo")
    plan = plan_backfill(platform, DAY, DAY)
    assert not plan.unlisted
    assert plan.credits == PRICE * sum(day.calls for day in plan.days) > 0
    assert rows(platform, "SELECT count(*) FROM slots WHERE purpose = 'history'") == [(0,)]
    told: list[tuple[date, int, int]] = []
    done = run_backfill(platform, plan, progress=lambda *step: told.append(step))
    assert done.stopped is None
    bought = provider.credits_charged("demo") - 1
    scores = 2  # the day is one whose results can still be had
    assert done.credits == plan.credits + scores == bought
    assert _statuses(platform) == {("ok", None): plan.slots}
    assert told[-1] == (DAY, plan.slots, plan.slots)
    again = plan_backfill(platform, DAY, DAY)
    assert (again.missing, again.credits) == (0, 0)
    assert run_backfill(platform, again).credits == 0


@pytest.mark.usefixtures("balanced")
def test_max_credits_is_never_passed_and_the_rest_says_why(platform: Platform) -> None:
    plan = _listed(platform)
    done = run_backfill(platform, plan, max_credits=3 * PRICE + 29)
    assert done.credits == 3 * PRICE
    assert done.stopped is not None
    statuses = _statuses(platform)
    assert set(statuses) == {("ok", None), ("gap", "quota")}
    assert sum(statuses.values()) == plan.slots
    rest = plan_backfill(platform, DAY, DAY)
    assert rest.credits == plan.credits - 3 * PRICE


@pytest.mark.usefixtures("balanced")
def test_a_used_up_month_ends_it_before_the_floor_and_the_next_one_goes_on(
    platform: Platform, provider: RunningSimulator
) -> None:
    plan = _listed(platform)
    settings = platform.settings.model_copy(update={"odds_api_quota": (200,)})
    poor = replace(platform, settings=settings)
    done = run_backfill(poor, plan)
    assert done.stopped is not None
    assert provider.credits_charged("demo") <= 200 * (100 - settings.credit_floor_percent) / 100
    statuses = _statuses(platform)
    assert {status for status, _ in statuses} == {"ok", "gap"}
    assert {reason for _, reason in statuses} <= {None, "quota", "reserve"}
    before = provider.credits_charged("demo")
    assert run_backfill(poor, plan_backfill(poor, DAY, DAY)).credits == 0
    assert provider.credits_charged("demo") == before
    rest = plan_backfill(platform, DAY, DAY)
    assert run_backfill(platform, rest).credits == rest.credits + 2
    assert _statuses(platform) == {("ok", None): plan.slots}


@pytest.mark.usefixtures("balanced")
def test_a_sample_buys_the_slots_of_its_games_only_and_is_the_same_again(
    platform: Platform, provider: RunningSimulator
) -> None:
    whole = _listed(platform, FIRST)
    plan = plan_backfill(platform, FIRST, LAST, sample=5)
    assert plan.chosen is not None
    assert plan.spread is not None
    assert len(plan.chosen) == plan.spread.chosen == round(plan.spread.games / 5)
    assert 0 < plan.credits < whole.credits
    before = provider.credits_charged("demo")
    run_backfill(platform, plan, max_credits=PRICE)
    assert plan_backfill(platform, FIRST, LAST, sample=5).chosen == plan.chosen
    run_backfill(platform, plan_backfill(platform, FIRST, LAST, sample=5))
    assert provider.credits_charged("demo") - before == plan.credits + 2
    with transaction(platform.engine) as conn:
        wanted = [
            slot
            for day in (FIRST, LAST)
            for slot in history.day_slots(conn, platform.settings, day, plan.chosen)
        ]
    assert _statuses(platform) == {("ok", None): len(wanted)}
    # What the sample bought is not bought again by the whole.
    rest = plan_backfill(platform, FIRST, LAST)
    assert rest.credits < whole.credits


@pytest.mark.usefixtures("balanced")
def test_days_whose_results_are_gone_are_named(platform: Platform, clock: SteppedClock) -> None:
    assert plan_backfill(platform, date(2026, 3, 6), LAST).no_scores == (date(2026, 3, 6),)
    clock.advance(timedelta(days=30))
    assert plan_backfill(platform, FIRST, LAST).no_scores == (FIRST, LAST)


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        (LAST, FIRST, "the range is empty"),
        (FIRST, date(2026, 3, 10), "has not ended yet"),
        (date(2020, 6, 1), LAST, "history begins on 2020-06-06"),
    ],
)
def test_a_range_that_cannot_be_is_refused(
    platform: Platform, first: date, last: date, reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        plan_backfill(platform, first, last)


@pytest.mark.usefixtures("balanced")
def test_every_slot_of_one_snapshot_is_made_by_one_call(platform: Platform) -> None:
    list_days(platform, plan_backfill(platform, LAST, LAST))
    midnight = datetime(2026, 3, 8, tzinfo=UTC)
    times = [midnight + timedelta(minutes=minute) for minute in (1, 3, 5, 6)]
    with transaction(platform.engine) as conn:
        conn.execute(
            """INSERT INTO slots (purpose, sport_key, slot_time)
            SELECT 'history', 'basketball_nba', t FROM unnest(%s::timestamptz[]) t""",
            (times,),
        )
    before = spent(platform)[0]
    run_backfill(platform, plan_backfill(platform, LAST, LAST), max_credits=3 * PRICE)
    assert spent(platform)[0] == before + 3 * PRICE
    made = rows(
        platform,
        """SELECT slot_time, call_id FROM slots
        WHERE status = 'ok' AND purpose = 'history' AND slot_time = ANY(%s) ORDER BY 1""",
        times,
    )
    assert len(made) >= 3
    assert made[0][1] == made[1][1] == made[2][1]
