"""After any fault of the provider, the next answer's headers put the ledger right."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from odds_pipeline.errors import ProviderError
from odds_pipeline.services.calls import fetch_slot
from odds_pipeline.services.collect import odds_request
from odds_pipeline.services.platform import Platform
from odds_pipeline.simulator.faults.registry import load_faults
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.sources.the_odds_api.client import OddsApiClient
from odds_pipeline.sources.the_odds_api.transport import Timing
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.ledger import balance
from odds_pipeline_tests.services.books import spent

NBA = "basketball_nba"
NAMES = (
    *("charged_reset", "cut_body", "truncated_gzip", "gzip_bomb", "quota_jump"),
    "quota_absent",
)


@pytest.mark.parametrize("name", NAMES)
def test_the_ledger_is_the_providers_count_again(
    name: str, platform: Platform, provider: RunningSimulator
) -> None:
    client = OddsApiClient(provider.url, "demo", timing=Timing(sleep=lambda _: None))
    patient = replace(platform, provider=lambda: client)
    asked = odds_request(platform.settings, NBA)
    times = [platform.now() + timedelta(hours=hours) for hours in range(3)]
    fetch_slot(patient, "live", NBA, times[0], asked)
    provider.faults.next(name, times=3 if load_faults()[name].family in ("cut", "silence") else 1)
    with suppress(ProviderError):
        fetch_slot(patient, "live", NBA, times[1], asked)
    fetch_slot(patient, "live", NBA, times[2], asked)
    client.close()
    assert spent(platform) == (provider.credits_charged("demo"), 0)


@pytest.mark.parametrize("name", ["html_200", "quota_absent"])
def test_what_a_key_is_told_first_counts_what_was_booked_for_want_of_it(
    name: str, platform: Platform, provider: RunningSimulator
) -> None:
    asked = odds_request(platform.settings, NBA)
    provider.faults.next(name)
    for hours in range(2):
        fetch_slot(platform, "live", NBA, platform.now() + timedelta(hours=hours), asked)
    assert spent(platform) == (provider.credits_charged("demo"), 0)


def test_what_was_booked_last_month_is_no_part_of_this_ones_first_count(
    platform: Platform, provider: RunningSimulator
) -> None:
    with transaction(platform.engine) as conn:
        conn.execute(
            """INSERT INTO credit_ledger (call_id, entry, credits, key_fingerprint, purpose,
                endpoint, entered_at)
            VALUES (gen_random_uuid(), 'settled', 3, %s, 'live', 'odds',
                date_trunc('month', clock_timestamp(), 'UTC') - interval '1 second')""",
            (platform.key_fingerprint,),
        )
    fetch_slot(platform, "live", NBA, platform.now(), odds_request(platform.settings, NBA))
    with transaction(platform.engine) as conn:
        found = balance(conn, platform.key_fingerprint)
    assert found.spent == provider.credits_charged("demo")
