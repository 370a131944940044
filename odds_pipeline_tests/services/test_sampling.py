"""The tick: what is planned and due from what is known, by mode, clock and budget."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from odds_pipeline.catalog.observations import CaptureBasis
from odds_pipeline.planning.budget import Purpose
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.services.collect import collect_events, collect_odds
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.sampling import Tick, tick
from odds_pipeline.services.spool import Spool
from odds_pipeline.services.status import monthly_cost, quota
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.sources.the_odds_api.client import OddsApiClient
from odds_pipeline.sources.the_odds_api.queries import EventsRequest
from odds_pipeline.sources.the_odds_api.transport import Timing
from odds_pipeline.storage import raw, readers
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.services.books import rows, slots_of, spent

NBA = "basketball_nba"
EVENING = datetime(2026, 3, 9, 22, 30, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def changed(platform: Platform, **settings: object) -> Platform:
    return replace(platform, settings=platform.settings.model_copy(update=settings))


def due(found: Tick) -> list[datetime]:
    return [one.slot_time for one in found.due]


def make(platform: Platform, found: Tick) -> float:
    """Make what is due, as the orchestration does."""
    return sum(
        collect_odds(platform, [one.sport_key], one.slot_time, one.purpose).credits
        for one in found.due
    )


def live_through(
    platform: Platform, clock: SteppedClock, mode: SamplingMode, until: datetime
) -> list[str]:
    """Tick whenever there is something to do, list events every hour; returns the reasons."""
    reasons = []
    listed = clock.now() - HOUR
    while clock.now() < until:
        if clock.now() >= listed + HOUR:
            listed = clock.now()
            collect_events(platform)
        found = tick(platform, mode)
        reasons.append(found.reason)
        make(platform, found)
        clock.set(min(found.next_at or until, listed + HOUR, until))
    return reasons


def listing(platform: Platform, at: datetime, starts: dict[str, datetime]) -> None:
    """Let the provider have listed exactly these events at that moment."""
    body = [
        {
            "id": name,
            "sport_key": NBA,
            "sport_title": "NBA",
            "commence_time": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "home_team": f"Home {name}",
            "away_team": f"Away {name}",
        }
        for name, start in starts.items()
    ]
    _store(platform, "events", EventsRequest(NBA).described(), body, at)


def _store(
    platform: Platform, endpoint: str, request: dict[str, str], body: object, at: datetime
) -> None:
    record = raw.RawRecord(
        uuid4(),
        "simulator",
        endpoint,
        request,
        json.dumps(body).encode(),
        at,
        CaptureBasis.CLOCK,
        status=200,
    )
    with transaction(platform.engine) as conn:
        raw.store(conn, record)
    finish_pending(platform)


def planned(platform: Platform) -> list[datetime]:
    found = rows(platform, "SELECT slot_time FROM slots WHERE status = 'planned' ORDER BY 1")
    return [moment for (moment,) in found]


def ahead(platform: Platform) -> Iterable[datetime]:
    with transaction(platform.engine) as conn:
        return readers.scheduled_starts(conn, NBA, platform.now()).starts


@pytest.mark.usefixtures("balanced")
@pytest.mark.parametrize("mode", [SamplingMode.PLANNED, SamplingMode.ADAPTIVE])
def test_an_evening_is_captured_as_planned_and_costs_what_it_should(
    platform: Platform, provider: RunningSimulator, clock: SteppedClock, mode: SamplingMode
) -> None:
    platform = changed(platform, adaptive_intervals=(60, 60, 30, 10))
    clock.set(EVENING)
    reasons = live_through(platform, clock, mode, datetime(2026, 3, 10, 3, tzinfo=UTC))
    made = rows(platform, "SELECT slot_time, status FROM slots WHERE purpose = 'live'")
    past = [(at, status) for at, status in made if at < clock.now()]
    assert {status for _, status in past} == {"ok"}
    assert spent(platform) == (3 * len(past), 0)
    assert provider.credits_charged("demo") == 3 * len(past)
    last = 5 if mode is SamplingMode.PLANNED else 10
    # One game of 00:10 was moved to 00:30 at some time after 22:00: its captures moved along.
    for minute in (10, 30):
        at = datetime(2026, 3, 10, 0, minute, tzinfo=UTC)
        assert any(at - moment <= last * MINUTE for moment, _ in past if moment < at)
    assert any("reserve ok" in reason for reason in reasons)
    pays = {p for (p,) in rows(platform, "SELECT purpose FROM credit_ledger WHERE credits > 0")}
    assert pays == {"closing", "live"}


def test_only_scheduled_events_are_a_reason_to_pay(platform: Platform, clock: SteppedClock) -> None:
    now = clock.now()
    listing(platform, now - 2 * HOUR, {"gone": now + 4 * HOUR, "later": now + HOUR})
    listing(
        platform,
        now - MINUTE,
        {"ahead": now + 5 * HOUR, "live": now - HOUR, "later": now + 72 * HOUR, "on": now + HOUR},
    )
    assert list(ahead(platform)) == [now + HOUR, now + 5 * HOUR]  # later is postponed
    clock.advance(2 * HOUR)
    assert now + HOUR not in ahead(platform)
    listing(platform, clock.now(), {"live": now - HOUR})
    assert list(ahead(platform)) == []
    found = tick(platform, SamplingMode.ADAPTIVE)
    assert found == Tick((), found.reason, clock.now() + HOUR)
    assert found.reason == f"no scheduled games listed; next look {clock.now() + HOUR:%m-%d %H:%M}"
    assert slots_of(platform) == []


def test_a_start_that_moves_takes_its_captures_along(
    platform: Platform, clock: SteppedClock
) -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    clock.set(now)
    listing(platform, now, {"one": now + HOUR})
    tick(platform, SamplingMode.PLANNED)
    assert planned(platform) == [now, now + 45 * MINUTE, now + 58 * MINUTE]
    listing(platform, now + MINUTE, {"one": now + 3 * HOUR})
    clock.advance(MINUTE)
    tick(platform, SamplingMode.PLANNED)
    moved = [now + 2 * HOUR, now + 2 * HOUR + 45 * MINUTE, now + 2 * HOUR + 58 * MINUTE]
    assert planned(platform) == [now, *moved]  # what was due already is not taken back
    assert slots_of(platform) == []


def test_without_a_list_of_events_nothing_is_planned_and_the_tick_says_so(
    platform: Platform, clock: SteppedClock
) -> None:
    found = tick(platform, SamplingMode.FIXED)
    assert found.due == ()
    assert found.discover
    assert found.reason == f"events of {NBA} were never listed: a discovery run is due"
    listing(platform, clock.now(), {"one": clock.now() + 5 * HOUR})
    assert not tick(platform, SamplingMode.FIXED).discover
    clock.advance(2 * HOUR)
    assert "a discovery run is due" in tick(platform, SamplingMode.FIXED).reason


@pytest.mark.usefixtures("balanced")
def test_a_day_without_games_costs_nothing_and_leaves_no_gap(
    platform: Platform, clock: SteppedClock
) -> None:
    clock.set(datetime(2026, 2, 14, 8, tzinfo=UTC))
    reasons = live_through(
        platform, clock, SamplingMode.PLANNED, datetime(2026, 2, 14, 14, tzinfo=UTC)
    )
    assert spent(platform) == (0, 0)
    assert {purpose for purpose, _, _ in slots_of(platform)} == {"events"}
    assert all("no scheduled games listed" in reason for reason in reasons)


@pytest.mark.parametrize("error", [timedelta(minutes=-10), timedelta(minutes=10)])
def test_a_wrong_clock_captures_at_the_provider_s_time(
    platform: Platform, provider: RunningSimulator, clock: SteppedClock, error: timedelta
) -> None:
    clock.set(EVENING)

    def wrong() -> datetime:
        return clock.now() + error

    client = OddsApiClient(provider.url, "demo", timing=Timing(clock=wrong))
    platform = replace(platform, provider=lambda: client, now=wrong)
    collect_events(platform)
    found = tick(platform, SamplingMode.PLANNED)
    assert found.next_at is not None
    clock.set(found.next_at)
    found = tick(platform, SamplingMode.PLANNED)
    assert due(found) == [clock.now()]
    assert make(platform, found) == 3
    ((captured,),) = rows(platform, "SELECT DISTINCT capture_time FROM snapshots")
    assert abs(captured - clock.now()) <= timedelta(seconds=2)


@pytest.mark.usefixtures("balanced")
def test_two_collectors_make_one_call(platform: Platform, clock: SteppedClock) -> None:
    other = replace(platform, spool=Spool(platform.settings.home / "other"))
    clock.set(datetime(2026, 3, 9, 23, 10, tzinfo=UTC))
    collect_events(platform)
    first, second = (tick(each, SamplingMode.PLANNED) for each in (platform, other))
    assert due(first) == due(second) == [clock.now()]
    assert (make(platform, first), make(other, second)) == (3, 0)
    assert tick(other, SamplingMode.PLANNED).due == ()


@pytest.mark.parametrize(
    "day", [datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)]
)
def test_days_of_clock_changes_have_as_many_slots_as_others(
    platform: Platform, clock: SteppedClock, day: datetime
) -> None:
    clock.set(day)
    listing(platform, day, {"one": day + 48 * HOUR})
    found = tick(platform, SamplingMode.FIXED)
    assert due(found) == [day]
    assert [at for at in planned(platform) if at < day + 24 * HOUR] == [
        day + 30 * MINUTE * place for place in range(48)
    ]


def test_a_small_budget_keeps_the_closings_and_says_what_it_left_out(
    platform: Platform, clock: SteppedClock
) -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    clock.set(now)
    listing(platform, now, {"a": now + 2 * HOUR, "b": now + 3 * HOUR})
    poor = changed(platform, odds_api_quota=(100,))
    found = tick(poor, SamplingMode.FIXED)
    assert "left out: beyond the day's share" in found.reason
    assert {now + 2 * HOUR - 30 * MINUTE, now + 3 * HOUR - 30 * MINUTE} <= set(planned(platform))
    rich = tick(platform, SamplingMode.FIXED)
    assert "left out" not in rich.reason


@pytest.mark.usefixtures("balanced")
def test_without_credits_slots_are_gaps_until_the_reset(
    platform: Platform, provider: RunningSimulator, clock: SteppedClock
) -> None:
    poor = changed(platform, odds_api_quota=(8,))
    clock.set(EVENING)
    collect_events(poor)
    for _ in range(2):
        collect_odds(poor)
        clock.advance(HOUR / 2)
    clock.set(datetime(2026, 3, 9, 23, 55, tzinfo=UTC))
    for _ in range(3):
        found = tick(poor, SamplingMode.PLANNED)
        assert found.due == ()
    assert ("live", "gap", "quota") in slots_of(platform)
    assert provider.credits_charged("demo") == 6
    clock.set(datetime(2026, 3, 10, 0, 8, tzinfo=UTC))
    found = tick(poor, SamplingMode.PLANNED)
    assert found.reason.startswith("skipped: quota: 6 of 8 are spent")
    with transaction(platform.engine) as conn:  # a month goes by
        conn.execute("ALTER TABLE credit_ledger DISABLE TRIGGER USER")
        conn.execute("UPDATE credit_ledger SET entered_at = entered_at - interval '1 month'")
    clock.set(datetime(2026, 3, 10, 0, 28, tzinfo=UTC))
    collect_events(poor)
    found = tick(poor, SamplingMode.PLANNED)
    assert found.next_at is not None
    clock.set(found.next_at)
    assert [one.purpose for one in tick(poor, SamplingMode.PLANNED).due] == [Purpose.CLOSING]
    with transaction(platform.engine) as conn:
        conn.execute("UPDATE credit_ledger SET entered_at = entered_at + interval '1 month'")


def test_the_forecast_is_that_of_the_mode(platform: Platform, clock: SteppedClock) -> None:
    now = datetime(2026, 3, 29, 12, tzinfo=UTC)
    clock.set(now)
    games = {f"g{day}": now + timedelta(days=day, hours=8) for day in range(4)}
    listing(platform, now, games)
    by_mode = {mode: quota(changed(platform, sampling_mode=mode)).forecast for mode in SamplingMode}
    # Half a day, and two whole ones of five captures; the games of April are after the reset.
    assert by_mode[SamplingMode.PLANNED] == 3 * (5 + 5 + 5)
    assert by_mode[SamplingMode.FIXED] == 3 * 48 * 2.5
    assert by_mode[SamplingMode.PLANNED] < by_mode[SamplingMode.ADAPTIVE]


def test_what_is_confirmed_is_the_month_of_the_mode(platform: Platform) -> None:
    by_mode = {mode: monthly_cost(changed(platform, sampling_mode=mode)) for mode in SamplingMode}
    assert by_mode[SamplingMode.FIXED] == 3 * 48 * 31
    assert 0 < by_mode[SamplingMode.PLANNED] < 3 * 31 * 20 < by_mode[SamplingMode.ADAPTIVE]
