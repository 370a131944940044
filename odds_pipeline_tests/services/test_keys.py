"""Several keys: each with its own budget and ledger lines, named by its fingerprint only."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from pydantic import SecretStr

from odds_pipeline.errors import BudgetExceeded, CallsPaused, InvalidKey
from odds_pipeline.redaction import fingerprint
from odds_pipeline.services.calls import fetch_slot
from odds_pipeline.services.collect import collect_scores, odds_request
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.status import quota
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.sources.the_odds_api.client import OddsApiClient
from odds_pipeline_tests.canary import found_in_database, found_in_files
from odds_pipeline_tests.services.books import rows, slots_of

NBA = "basketball_nba"
FIRST, SECOND = "canary-key-number-one", "canary-key-number-two"


@pytest.fixture
def keyed(platform: Platform, provider: RunningSimulator) -> Iterator[Platform]:
    """The platform with two keys, of 8 and 12 credits."""
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(OddsApiClient(provider.url, key)) for key in (FIRST, SECOND)
        )
        yield replace(
            platform,
            settings=platform.settings.model_copy(
                update={
                    "odds_api_key": SecretStr(f"{FIRST},{SECOND}"),
                    "odds_api_quota": (8, 12),
                    "odds_yes": True,
                }
            ),
            provider=lambda: first,
            further_providers=(lambda: second,),
        )


def _ask(platform: Platform, number: int) -> bool:
    moment = platform.now() + timedelta(minutes=number)
    request = odds_request(platform.settings, NBA)
    return fetch_slot(platform, "live", NBA, moment, request) is not None


def test_the_second_key_pays_when_the_first_may_not_and_neither_passes_its_budget(
    keyed: Platform, provider: RunningSimulator
) -> None:
    assert all(_ask(keyed, number) for number in range(5))
    assert (provider.credits_charged(FIRST), provider.credits_charged(SECOND)) == (6, 9)
    for number in (5, 6):
        with pytest.raises(BudgetExceeded, match="quota: 6 of 8 are spent"):
            _ask(keyed, number)
    assert (provider.credits_charged(FIRST), provider.credits_charged(SECOND)) == (6, 9)
    assert slots_of(keyed)[-2:] == [("live", "gap", "quota")] * 2
    assert [(key.key, key.used, key.quota) for key in quota(keyed).keys] == [
        (fingerprint(SecretStr(FIRST)), 6, 8),
        (fingerprint(SecretStr(SECOND)), 9, 12),
    ]
    assert rows(
        keyed,
        """SELECT key_fingerprint, sum(credits)::int FROM credit_ledger WHERE entry = 'settled'
        GROUP BY 1 ORDER BY 2""",
    ) == [(fingerprint(SecretStr(FIRST)), 6), (fingerprint(SecretStr(SECOND)), 9)]


def test_no_key_stands_in_any_table_or_file(keyed: Platform, database_url: str) -> None:
    for number in range(3):
        _ask(keyed, number)
    with psycopg.connect(database_url.replace("+psycopg", "")) as conn:
        for key in (FIRST, SECOND):
            assert found_in_database(key, conn) == []
            assert found_in_files(key, keyed.settings.home) == []


def test_a_refused_key_pauses_alone(keyed: Platform, clock: SteppedClock) -> None:
    with RunningSimulator(clock=clock, keys=frozenset({SECOND})) as strict:
        first, second = (OddsApiClient(strict.url, key) for key in (FIRST, SECOND))
        with first, second:
            half = replace(keyed, provider=lambda: first, further_providers=(lambda: second,))
            with pytest.raises(InvalidKey):
                _ask(half, 0)
            assert _ask(half, 1)
            assert strict.credits_charged(SECOND) == 3
            alone, _ = half.by_key()
            with pytest.raises(CallsPaused):
                _ask(alone, 2)


def test_reserves_are_kept_for_what_is_worth_more(keyed: Platform) -> None:
    few = {"odds_api_quota": (6, 0), "live_reserve_percent": 99}
    only = replace(keyed, settings=keyed.settings.model_copy(update=few))
    with pytest.raises(BudgetExceeded, match="kept for what is worth more than scores"):
        collect_scores(only)
    assert slots_of(only) == [("scores", "gap", "quota")]  # the second key's refusal came last
    assert set(quota(only).keys[0].refused) == {"scores", "heal", "backfill"}
    assert _ask(only, 0)
