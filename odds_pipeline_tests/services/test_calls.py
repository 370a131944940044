"""One paid call: what it costs, what is refused, and what each failure leaves behind."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from pydantic import SecretStr

from odds_pipeline.errors import (
    BudgetExceeded,
    ConfirmationRequired,
    OutOfCredits,
    ProviderError,
    ProviderRefused,
    ProviderUnreachable,
    UsageError,
)
from odds_pipeline.services.answers import Fetched
from odds_pipeline.services.calls import fetch_slot, forecast
from odds_pipeline.services.collect import (
    collect_events,
    collect_odds,
    collect_scores,
    live_cost,
    odds_request,
)
from odds_pipeline.services.deployment import confirm_spending, settle_kind
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.status import quota
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.sources.the_odds_api.client import OddsApiClient
from odds_pipeline.sources.the_odds_api.queries import OddsRequest, ScoresRequest
from odds_pipeline.sources.the_odds_api.transport import Timing
from odds_pipeline_tests.services.books import entries, rows, slots_of, spent
from odds_pipeline_tests.sources.the_odds_api.loopback import serve

NBA = "basketball_nba"
HALF_HOUR = timedelta(minutes=30)


def changed(platform: Platform, **settings: object) -> Platform:
    return replace(platform, settings=platform.settings.model_copy(update=settings))


def asking(platform: Platform, url: str) -> Platform:
    """The platform with a client of another address that does not wait between its tries."""
    client = OddsApiClient(url, "demo", timing=Timing(sleep=lambda _: None))
    return replace(platform, provider=lambda: client)


def logged(platform: Platform) -> list[tuple[object, ...]]:
    return rows(
        platform, "SELECT endpoint, success, error_code, credits FROM fetch_logs ORDER BY id"
    )


@pytest.mark.usefixtures("balanced")
def test_a_call_costs_what_was_forecast(platform: Platform) -> None:
    done = collect_odds(platform)
    assert done.credits == live_cost(platform.settings) == 3
    assert (len(done.made), done.skipped) == (1, 0)
    assert entries(platform) == [("reserved", 3), ("settled", 3)]
    assert slots_of(platform) == [("live", "ok", None)]
    ((events, books, remaining, elapsed),) = rows(
        platform,
        """SELECT events_count, bookmakers_count, api_quota_remaining, response_time_ms
        FROM fetch_logs""",
    )
    assert events > 0
    assert 0 < books <= 8
    assert remaining == 19_997
    assert elapsed >= 0
    assert quota(platform).provider_remaining == 19_997


@pytest.mark.usefixtures("balanced")
def test_a_slot_is_paid_once_and_the_next_one_again(
    platform: Platform, clock: SteppedClock
) -> None:
    collect_odds(platform)
    again = collect_odds(platform)
    assert (again.made, again.skipped, again.credits) == ((), 1, 0)
    clock.advance(timedelta(minutes=10))
    assert collect_odds(platform).made == ()
    clock.advance(HALF_HOUR)
    assert len(collect_odds(platform).made) == 1
    assert spent(platform) == (6, 0)


@pytest.mark.usefixtures("balanced")
def test_scores_cost_two_and_events_nothing(platform: Platform) -> None:
    assert collect_scores(platform).credits == forecast(ScoresRequest(NBA, 3)) == 2
    assert collect_events(platform).credits == 0
    assert {purpose for purpose, status, _ in slots_of(platform) if status == "ok"} == {
        *("events", "scores")
    }


@pytest.mark.usefixtures("balanced")
def test_an_empty_slate_costs_nothing(platform: Platform, clock: SteppedClock) -> None:
    clock.set(datetime(2026, 2, 15, 12, tzinfo=UTC))
    assert collect_odds(platform).credits == 0
    assert entries(platform) == [("reserved", 3), ("settled", 0)]
    assert slots_of(platform) == [("live", "ok", None)]


@pytest.mark.usefixtures("balanced")
def test_a_plan_over_budget_is_refused_before_the_call(platform: Platform) -> None:
    poor = changed(platform, odds_api_quota=(5,))
    collect_odds(poor)
    request = odds_request(poor.settings, NBA)
    with pytest.raises(BudgetExceeded, match="odds costs 3 credits, but quota: 3 of 5 are spent"):
        fetch_slot(poor, "live", NBA, poor.now() + HALF_HOUR, request)
    assert slots_of(platform) == [("live", "ok", None), ("live", "gap", "quota")]
    assert len(logged(platform)) == 1
    assert len(collect_events(poor).made) == 1  # free calls go on
    fetched = fetch_slot(platform, "live", NBA, poor.now() + HALF_HOUR, request)
    assert fetched is not None  # a gap may be tried again once there is money


def test_credits_used_up_at_the_provider(platform: Platform, clock: SteppedClock) -> None:
    with RunningSimulator(clock=clock, quota=3) as poor:
        platform = asking(platform, poor.url)
        collect_odds(platform)
        clock.advance(HALF_HOUR)
        with pytest.raises(OutOfCredits):
            collect_odds(platform)
        assert spent(platform) == (poor.credits_charged("demo"), 0) == (3, 0)
    assert slots_of(platform)[-1] == ("live", "gap", "401 OUT_OF_USAGE_CREDITS")
    assert logged(platform)[-1] == ("odds", False, "OUT_OF_USAGE_CREDITS", 0)
    assert rows(platform, "SELECT count(*) FROM pending_raw") == [(0,)]
    assert rows(platform, "SELECT status FROM raw_responses ORDER BY raw_id") == [(200,), (401,)]


@pytest.mark.usefixtures("balanced")
def test_a_refused_question(platform: Platform) -> None:
    wrong = changed(platform, bookmakers=("nosuchbook",))
    with pytest.raises(ProviderRefused, match="422 INVALID_BOOKMAKERS"):
        collect_odds(wrong)
    assert slots_of(platform) == [("live", "gap", "422 INVALID_BOOKMAKERS")]
    assert logged(platform) == [("odds", False, "INVALID_BOOKMAKERS", 0)]
    assert entries(platform) == [("reserved", 3), ("settled", 0)]


@pytest.mark.usefixtures("balanced")
def test_nobody_answers(platform: Platform) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        nobody = asking(platform, f"http://127.0.0.1:{reserved.getsockname()[1]}")
        with pytest.raises(ProviderUnreachable):
            collect_odds(nobody)
    assert slots_of(platform) == [("live", "gap", "unreachable")]
    assert logged(platform) == [("odds", False, None, 0)]
    ((message,),) = rows(platform, "SELECT error_message FROM fetch_logs")
    assert "in 3 tries" in message
    assert len(collect_odds(platform).made) == 1


def _failing(status: int, body: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def play(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return play


@pytest.mark.usefixtures("balanced")
def test_server_errors_are_kept_and_leave_a_gap(platform: Platform) -> None:
    with serve(_failing(503, b"<html>busy</html>")) as broken:
        with pytest.raises(ProviderError, match="answered 503 on odds"):
            collect_odds(asking(platform, broken.url))
        assert len(broken.paths) == 3
    assert slots_of(platform) == [("live", "gap", "503")]
    assert logged(platform) == [("odds", False, "", 0)]
    assert entries(platform) == [("reserved", 3), ("settled", 0)]
    assert rows(platform, "SELECT status, body_size FROM raw_responses") == [(503, 17)]


def test_an_answer_that_cannot_be_read_is_paid_kept_and_set_aside(platform: Platform) -> None:
    with serve(_failing(200, b'[{"id": ')) as cut:
        collect_odds(asking(platform, cut.url))
    assert slots_of(platform) == [("live", "gap", "unreadable response")]
    assert spent(platform) == (3, 0)  # nothing was said of the cost: the forecast is booked
    assert rows(platform, "SELECT location FROM quarantine") == [("document",)]


@pytest.mark.usefixtures("balanced")
def test_fifty_claimers_of_one_slot_make_one_call(platform: Platform) -> None:
    request = odds_request(platform.settings, NBA)

    def claim(_: int) -> Fetched | None:
        return fetch_slot(platform, "live", NBA, platform.now(), request)

    with ThreadPoolExecutor(50) as pool:
        made = list(pool.map(claim, range(50)))
    assert len([fetched for fetched in made if fetched is not None]) == 1
    assert len(logged(platform)) == 1


@pytest.mark.usefixtures("balanced")
def test_concurrent_calls_are_booked_in_the_order_the_provider_counted(platform: Platform) -> None:
    def call(place: int) -> Fetched | None:
        request = OddsRequest(NBA, ("h2h", "spreads", "totals")[: 1 + place % 3], ("pinnacle",))
        return fetch_slot(platform, "live", NBA, platform.now() + place * HALF_HOUR, request)

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(call, range(12)))
    assert all(made)
    assert {entry for entry, _ in entries(platform)} == {"reserved", "settled"}


@pytest.mark.usefixtures("balanced")
def test_what_others_spend_with_the_key_is_seen(
    platform: Platform, provider: RunningSimulator, clock: SteppedClock
) -> None:
    with OddsApiClient(provider.url, "demo") as other:
        other.fetch(OddsRequest(NBA, ("h2h",), ("pinnacle",)))
        collect_odds(platform)
        assert entries(platform)[1:] == [("settled", 3), ("opening", 1)]
        other.fetch(OddsRequest(NBA, ("h2h", "totals"), ("pinnacle",)))
    clock.advance(HALF_HOUR)
    collect_odds(platform)
    assert entries(platform)[4:] == [("settled", 3), ("correction", 2)]
    (key,) = quota(platform).keys
    assert (key.used, key.others) == (9, 2)


def test_a_new_month_begins_at_zero(platform: Platform, clock: SteppedClock) -> None:
    collect_odds(platform)
    clock.set(datetime(2026, 4, 1, 12, tzinfo=UTC))
    collect_odds(platform)
    assert entries(platform) == [("reserved", 3), ("settled", 3)] * 2


# --- DEMO and real ---


def real(platform: Platform) -> Platform:
    return changed(platform, odds_api_key=SecretStr("0123456789abcdef0123456789abcdef"))


def test_a_real_key_spends_nothing_unconfirmed(
    platform: Platform, provider: RunningSimulator
) -> None:
    paid = real(platform)
    with pytest.raises(ConfirmationRequired, match="up to 3 credits"):
        collect_odds(paid)
    assert slots_of(paid) == []
    assert provider.credits_charged("demo") == 0
    assert len(collect_events(paid).made) == 1  # free
    confirm_spending(paid)
    assert collect_odds(paid).credits == 3
    assert rows(paid, "SELECT DISTINCT source FROM raw_responses") == [("the_odds_api",)]
    assert "0123456789abcdef" not in str(rows(paid, "SELECT * FROM credit_ledger"))


def test_saying_yes_in_the_settings_confirms(platform: Platform) -> None:
    assert collect_odds(changed(real(platform), odds_yes=True)).credits == 3


@pytest.mark.usefixtures("balanced")
def test_demo_and_real_are_never_mixed(platform: Platform) -> None:
    assert settle_kind(platform) == "demo"
    with pytest.raises(UsageError, match="holds DEMO data and stays DEMO"):
        collect_odds(real(platform))
    with pytest.raises(UsageError, match="holds DEMO data"):
        collect_events(real(platform))
    collect_odds(platform)


def test_a_real_database_refuses_demo(platform: Platform) -> None:
    assert settle_kind(real(platform)) == "real"
    with pytest.raises(UsageError, match="holds real data"):
        collect_odds(platform)
    assert rows(platform, "SELECT count(*) FROM slots WHERE status <> 'planned'") == [(0,)]
