"""Recall on planted pollution, and false alarms on the clean rows it is planted in."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from odds_pipeline.quality.registry import load_rules, run_rule
from odds_pipeline_tests.quality import recorded
from odds_pipeline_tests.quality.pollution import CLASSES, MARKET
from odds_pipeline_tests.quality.recorded import frames_of

pytestmark = pytest.mark.shared_data
SEED = 20260301


@pytest.fixture(scope="module")
def rows(shared_data: Path) -> dict[str, pd.DataFrame]:
    return {
        name: getattr(recorded, name)(shared_data).reset_index(drop=True)
        for name in ("nba_daily", "afl", "soccer")
    }


def missed(polluted: pd.DataFrame, faults: pd.DataFrame, rules: frozenset[str]) -> pd.DataFrame:
    """The faults that none of the rules names."""
    frames = frames_of(polluted)
    loaded = load_rules()
    found = pd.concat([run_rule(loaded[n], frames[loaded[n].needs]).issues for n in sorted(rules)])
    keys = list(faults)
    named = pd.MultiIndex.from_frame(found[keys].astype(faults.dtypes.to_dict()))
    return faults[~pd.MultiIndex.from_frame(faults).isin(named)]


@pytest.mark.parametrize("name", CLASSES)
def test_every_planted_fault_is_found(rows: dict[str, pd.DataFrame], name: str) -> None:
    one = CLASSES[name]
    clean = rows[one.source]
    polluted, faults = one.plant(clean, np.random.default_rng(SEED))
    assert len(faults) >= 8
    unfound = missed(polluted, faults, one.found_by)
    assert unfound.empty, unfound
    # The rules name them because they are planted, and for no other reason.
    assert len(missed(clean, faults, one.found_by)) >= len(faults) - 1


def test_false_alarms_on_clean_captures_are_at_most_one_market_in_a_thousand(
    rows: dict[str, pd.DataFrame],
) -> None:
    clean = rows["nba_daily"]
    markets = len(clean[MARKET].drop_duplicates())
    frames = frames_of(clean)
    alarms = Counter(
        {
            name: len(run_rule(rule, frames[rule.needs]).issues)
            for name, rule in load_rules().items()
            if rule.needs in frames
        }
    )
    # True by the rows themselves: a price of exactly 1, and starts that were stated anew.
    assert alarms.pop("price_above_one") == (clean["decimal_price"] == 1).sum() == 1
    stated = clean.drop_duplicates(["event_id", "snapshot_time"]).sort_values("snapshot_time")
    changes = stated.groupby("event_id")["commence_time"].agg(lambda t: (t != t.shift())[1:].sum())
    assert alarms.pop("start_moved") == changes.sum() == 32
    assert markets == 10_734
    assert alarms.total() <= 0.001 * markets, alarms
