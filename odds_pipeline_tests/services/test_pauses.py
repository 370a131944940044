"""A provider that fails, or a key that is refused, is left alone for a while, at no cost."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from odds_pipeline.errors import CallsPaused, InvalidKey, OutOfCredits, ProviderError
from odds_pipeline.services.calls import fetch_slot
from odds_pipeline.services.collect import collect_events, collect_odds, odds_request
from odds_pipeline.services.history import complete_day
from odds_pipeline.services.pauses import current_pause
from odds_pipeline.services.platform import Platform
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.sources.the_odds_api.client import OddsApiClient
from odds_pipeline.sources.the_odds_api.transport import Timing
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.services.books import entries, rows, slots_of, spent
from odds_pipeline_tests.sources.the_odds_api.loopback import answer, serve

NBA = "basketball_nba"


def _asking(platform: Platform, url: str, key: str = "demo") -> Platform:
    client = OddsApiClient(url, key, timing=Timing(sleep=lambda _: None))
    return replace(platform, provider=lambda: client)


def _slot(platform: Platform, number: int) -> None:
    request = odds_request(platform.settings, NBA)
    moment = platform.now() + timedelta(minutes=number)
    fetch_slot(platform, "live", NBA, moment, request)


def _later(platform: Platform, by: timedelta) -> None:
    """Let the log be older: the pause is counted by the database's clock."""
    with transaction(platform.engine) as conn:
        conn.execute("UPDATE fetch_logs SET fetch_time = fetch_time - %s", (by,))


def test_after_five_failures_nothing_is_asked_for_a_minute(platform: Platform) -> None:
    with serve(answer(503, b"busy")) as busy:
        failing = _asking(platform, busy.url)
        for number in range(5):
            with pytest.raises(ProviderError, match="answered 503"):
                _slot(failing, number)
        asked = len(busy.paths)
        with pytest.raises(CallsPaused, match="the last 5 calls failed"):
            _slot(failing, 5)
        assert len(busy.paths) == asked
        purpose, status, reason = slots_of(platform)[-1]
        assert (purpose, status) == ("live", "gap")
        assert reason is not None
        assert reason.startswith("breaker open until 20")
        assert len(entries(platform)) == 10  # five reserved, five settled, none for the sixth
        _later(platform, timedelta(seconds=61))
        with pytest.raises(ProviderError, match="answered 503"):
            _slot(failing, 5)
        _later(platform, timedelta(seconds=61))
        with pytest.raises(CallsPaused, match="the last 6 calls"):
            _slot(failing, 6)
        _later(platform, timedelta(seconds=61))
        _slot(platform, 6)
        _slot(platform, 5)
    assert [reason for _, status, reason in slots_of(platform) if status == "gap"] == ["503"] * 5
    assert spent(platform) == (6, 0)


def test_a_slot_that_is_made_stays_so_in_a_pause(platform: Platform) -> None:
    collect_odds(platform)
    with serve(answer(503, b"busy")) as busy:
        failing = _asking(platform, busy.url)
        for number in range(1, 6):
            with pytest.raises(ProviderError, match="503"):
                _slot(failing, number)
    assert current_pause(platform) is not None
    assert collect_odds(platform).skipped == 1


def test_a_refused_key_is_not_tried_again_until_it_is_another(
    platform: Platform, clock: SteppedClock
) -> None:
    with RunningSimulator(clock=clock, keys=frozenset({"a good key"})) as strict:
        settings = platform.settings.model_copy(update={"odds_yes": True})
        wrong, right = (
            replace(
                _asking(platform, strict.url, key),
                settings=settings.model_copy(update={"odds_api_key": SecretStr(key)}),
            )
            for key in ("a bad key", "a good key")
        )
        with pytest.raises(InvalidKey):
            collect_odds(wrong)
        for collect in (collect_odds, collect_events):
            with pytest.raises(CallsPaused, match="refuses this key"):
                collect(wrong)
        assert len(collect_odds(right).made) == 1
        _later(platform, timedelta(hours=1))
        with pytest.raises(InvalidKey):
            collect_events(wrong)


def test_without_credits_only_free_calls_go_on(platform: Platform, clock: SteppedClock) -> None:
    with RunningSimulator(clock=clock, quota=3) as poor:
        short = _asking(platform, poor.url)
        _slot(short, 0)
        with pytest.raises(OutOfCredits):
            _slot(short, 1)
        with pytest.raises(CallsPaused, match="the month's credits are used up"):
            _slot(short, 2)
        assert len(collect_events(short).made) == 1
        with pytest.raises(CallsPaused):
            _slot(short, 2)
        assert spent(platform) == (3, 0)
    clock.advance(timedelta(hours=1))
    collect_events(platform)  # a larger plan: its header says what is left
    _slot(platform, 3)
    assert slots_of(platform)[-1][1] == "ok"


def test_a_past_day_stops_in_a_pause_and_keeps_its_plan(platform: Platform) -> None:
    day = (platform.now() - timedelta(days=2)).date()
    with serve(answer(503, b"busy")) as busy:
        failing = _asking(platform, busy.url)
        for number in range(1, 6):
            with pytest.raises(ProviderError, match="503"):
                _slot(failing, number)
    with pytest.raises(CallsPaused):
        complete_day(platform, day)
    _later(platform, timedelta(hours=1))
    done = complete_day(platform, day)
    assert done.ok == done.planned > 0


def test_one_sport_that_fails_does_not_take_the_others_with_it(platform: Platform) -> None:
    with pytest.raises(ProviderError, match="UNKNOWN_SPORT"):
        collect_odds(platform, ["no_such_sport", NBA])
    found = rows(platform, "SELECT sport_key, status FROM slots WHERE status <> 'planned'")
    assert set(found) == {("no_such_sport", "gap"), (NBA, "ok")}
