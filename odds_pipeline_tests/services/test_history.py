"""Past days: planned once, bought once, resumed without paying twice."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from odds_pipeline.errors import BudgetExceeded, UsageError
from odds_pipeline.planning.decision_points import plan_day
from odds_pipeline.services.collect import collect_odds
from odds_pipeline.services.history import complete_day, plan_history
from odds_pipeline.services.platform import Platform
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.sources.the_odds_api.queries import HistoricalOddsRequest, ProviderRequest
from odds_pipeline.sources.the_odds_api.responses import ProviderResponse
from odds_pipeline.storage import readers
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.services.books import rows, slots_of, spent

DAY = date(2026, 3, 8)
PRICE = 30
LISTING = 1


class LaggingProvider:
    """Its newest snapshot is six minutes old: no feed step reaches back so far."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def fetch(self, request: ProviderRequest) -> ProviderResponse:
        assert isinstance(request, HistoricalOddsRequest)
        return self._platform.provider().fetch(
            replace(request, date=request.date - timedelta(minutes=6))
        )


def _status(platform: Platform, purpose: str = "history") -> set[str]:
    found = rows(platform, "SELECT DISTINCT status FROM slots WHERE purpose = %s", purpose)
    return {status for (status,) in found}


def _calls(platform: Platform) -> int:
    """Calls that made the history slots: fewer where one snapshot is the answer for several."""
    [(count,)] = rows(
        platform, "SELECT count(DISTINCT call_id) FROM slots WHERE purpose = 'history'"
    )
    return int(count)


@pytest.mark.usefixtures("balanced")
def test_a_past_day_is_planned_once_and_bought_once(
    platform: Platform, provider: RunningSimulator
) -> None:
    seen: list[tuple[int, int]] = []
    done = complete_day(platform, DAY, lambda place, of: seen.append((place, of)))
    assert done.planned == done.ok > 5
    assert (done.day, done.gaps) == (DAY, 0)
    assert done.credits == LISTING + PRICE * _calls(platform) == provider.credits_charged("demo")
    assert seen == [(place, done.planned) for place in range(1, done.planned + 1)]
    again = complete_day(platform, DAY, lambda *_: pytest.fail("nothing is left to buy"))
    assert (again.planned, again.ok, again.credits) == (done.planned, done.ok, 0)


@pytest.mark.usefixtures("balanced")
def test_the_plan_serves_the_decision_points_of_the_listed_events(platform: Platform) -> None:
    done = complete_day(platform, DAY)
    midnight = datetime(2026, 3, 8, tzinfo=UTC)
    with transaction(platform.engine) as conn:
        events = readers.events_between(
            conn, midnight, midnight + timedelta(days=2), at=midnight + timedelta(minutes=1)
        )
    wanted = plan_day(DAY, [start.to_pydatetime() for start in events["commence_time"]])
    assert wanted
    planned = rows(platform, "SELECT slot_time FROM slots WHERE purpose = 'history' ORDER BY 1")
    assert [moment for (moment,) in planned] == [capture.slot_time for capture in wanted]
    late = rows(
        platform,
        """SELECT count(*), max(s.slot_time - c.capture_time) < interval '5 minutes',
            min(s.slot_time - c.capture_time) >= interval '0'
        FROM slots s JOIN raw_responses r USING (call_id) JOIN captures c USING (raw_id)
        WHERE s.purpose = 'history'""",
    )
    assert late == [(done.planned, True, True)]


@pytest.mark.usefixtures("balanced")
def test_an_interrupted_day_is_resumed_without_paying_twice(platform: Platform) -> None:
    class Interrupted(Exception):
        pass

    def stop(place: int, _: int) -> None:
        if place == 3:
            raise Interrupted

    with pytest.raises(Interrupted):
        complete_day(platform, DAY, stop)
    bought = _calls(platform)
    assert spent(platform) == (LISTING + bought * PRICE, 0)
    done = complete_day(platform, DAY)
    assert done.ok == done.planned
    assert done.credits == PRICE * (_calls(platform) - bought)


@pytest.mark.usefixtures("balanced")
def test_a_day_stops_at_the_budget_and_goes_on_with_a_larger_one(platform: Platform) -> None:
    poor = replace(
        platform, settings=platform.settings.model_copy(update={"odds_api_quota": (70,)})
    )
    with pytest.raises(BudgetExceeded):
        complete_day(poor, DAY)
    assert spent(platform) == (LISTING + 2 * PRICE, 0)
    assert slots_of(platform)[-1] == ("history", "gap", "quota")
    done = complete_day(platform, DAY)
    assert done.ok == done.planned


@pytest.mark.usefixtures("balanced")
def test_a_missed_live_capture_is_healed(platform: Platform, clock: SteppedClock) -> None:
    clock.set(datetime(2026, 3, 8, 23, 7, tzinfo=UTC))
    collect_odds(platform)  # plans 23:00 and 23:30, and makes the first
    clock.set(datetime(2026, 3, 9, 0, 30, tzinfo=UTC))
    done = complete_day(platform, DAY)
    assert (done.planned, done.ok) == (2, 2)
    assert done.credits == LISTING + PRICE
    live = rows(platform, "SELECT status FROM slots WHERE purpose = 'live' ORDER BY slot_time")
    assert live == [("ok",), ("healed",)]
    assert complete_day(platform, DAY).credits == 0


@pytest.mark.usefixtures("balanced")
def test_an_answer_of_another_time_is_a_gap_and_not_bought_again(platform: Platform) -> None:
    complete_day(platform, DAY)
    with transaction(platform.engine) as conn:
        conn.execute(
            """INSERT INTO slots (purpose, sport_key, slot_time)
            VALUES ('history', 'basketball_nba', '2026-03-08T10:59:59Z')"""
        )
    done = complete_day(replace(platform, provider=lambda: LaggingProvider(platform)), DAY)
    assert (done.gaps, done.credits) == (1, PRICE)
    reasons = {reason for _, _, reason in slots_of(platform)}
    assert reasons == {None, "the provider has no snapshot of that time"}
    again = complete_day(platform, DAY)
    assert (again.gaps, again.credits) == (1, 0)


@pytest.mark.usefixtures("balanced")
@pytest.mark.parametrize("day", [date(2026, 3, 10), date(2026, 3, 11), date(2027, 1, 1)])
def test_a_day_that_has_not_ended_is_refused_before_anything_is_paid(
    platform: Platform, day: date
) -> None:
    with pytest.raises(UsageError, match="has not ended yet"):
        complete_day(platform, day)
    with pytest.raises(UsageError, match="has not ended yet"):
        plan_history(platform, day)
    assert spent(platform) == (0, 0)


@pytest.mark.usefixtures("balanced")
def test_a_day_without_games_costs_its_listing_only(platform: Platform) -> None:
    done = complete_day(platform, date(2026, 2, 14))
    assert done.credits <= LISTING
    assert done.gaps == 0
