"""False alarms on recorded prices: what a rule flags there should be worth a look."""

import os
from pathlib import Path

import pandas as pd
import pytest

from odds_pipeline.quality.registry import Needs, load_rules, run_rule
from odds_pipeline_tests.quality.frames import QUOTE_TYPES

ROOT = Path(os.environ.get("ODDS_SHARED_DATA") or Path(__file__).parents[4] / "shared" / "data")
SERIES = ROOT / "odds_api" / "series_nba_au_daily_2026-03-03_06-01.csv.gz"
pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not SERIES.exists(), reason=f"no recorded prices at {SERIES}"),
]


@pytest.fixture(scope="module")
def recorded() -> pd.DataFrame:
    """91 daily captures of NBA prices at 12 Australian books, one an exchange."""
    rows = pd.read_csv(SERIES)
    taken = pd.to_datetime(rows["snapshot_utc"], format="%Y%m%d_%H%M%S", utc=True)
    starts = pd.to_datetime(rows["commence_time"], utc=True)
    return rows.assign(
        snapshot_time=taken,
        known_time=taken,
        commence_time=starts,
        last_update=pd.to_datetime(rows["last_update"], utc=True),
        in_play=taken >= starts,
        bookmaker_key=rows["bookmaker"],
        market_key=rows["market"],
        description=None,
        decimal_price=rows["price"],
        american_price=None,
    )[list(QUOTE_TYPES)].astype(QUOTE_TYPES)


def test_at_most_one_real_market_in_two_hundred_has_an_overround_out_of_band(
    recorded: pd.DataFrame,
) -> None:
    judged = recorded[recorded["market_key"] != "h2h_lay"]
    keys = ["event_id", "snapshot_time", "bookmaker_key", "market_key"]
    markets = len(judged[keys].drop_duplicates())
    issues = run_rule(load_rules()["overround_in_band"], recorded).issues
    assert markets > 10_000
    assert len(issues) <= 0.005 * markets
    assert set(issues["bookmaker_key"]) <= {"betfair_ex_au"}  # thin, not wrong


def test_other_rules_find_only_the_one_recorded_price_of_1_among_real_quotes(
    recorded: pd.DataFrame,
) -> None:
    others = [
        rule
        for rule in load_rules().values()
        if rule.needs is Needs.QUOTES and rule.name != "overround_in_band"
    ]
    alarms = {rule.name: len(run_rule(rule, recorded).issues) for rule in others}
    assert {name: count for name, count in alarms.items() if count} == {"price_above_one": 1}
