"""`odds backfill`: told, agreed to, bought once, shown in Dagster."""

from collections.abc import Iterator

import pytest
from dagster import AssetKey, DagsterInstance

from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline_tests.cli.conftest import Odds, is_one_line

pytestmark = [
    pytest.mark.usefixtures("dagster_beside"),
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
    pytest.mark.filterwarnings("ignore:Asset job .* varying BackfillPolicies:UserWarning"),
]
RANGE = ("--start", "2025-11-22", "--end", "2025-11-22")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningSimulator]:
    with RunningSimulator() as running:
        monkeypatch.setenv("ODDS_API_BASE_URL", running.url)
        yield running


def test_a_range_is_priced_listed_bought_as_priced_and_never_paid_again(
    odds: Odds, provider: RunningSimulator
) -> None:
    def charged() -> int:
        return provider.credits_charged("demo")

    first = odds("backfill", *RANGE, "--dry-run", "--json").json
    assert {key.removeprefix("days[].") for key in JSON_KEYS["backfill"]} == (
        set(first) | set(first["days"][0])
    )
    assert (first["unlisted_days"], first["listing_credits"], charged()) == (1, 1, 0)
    listed = odds("backfill", *RANGE, "--list-only", "--json").json
    assert listed["credits"] == charged() == 1
    plan = odds("backfill", *RANGE, "--dry-run", "--json").json
    assert (plan["unlisted_days"], charged()) == (0, 1)
    assert plan["credits_forecast"] > 100

    some = odds("backfill", *RANGE, "--max-credits", "100")
    assert some.code == 6
    assert "the same command goes on there" in some.err
    assert charged() <= 101
    rest = odds("backfill", *RANGE)
    assert rest.code == 0, rest.err
    assert "0 gaps" in rest.out
    assert charged() == 1 + plan["credits_forecast"]
    with DagsterInstance.get() as instance:
        for asset in ("odds_snapshots", "odds", "data_quality_log"):
            done = instance.get_materialized_partitions(AssetKey(asset))
            assert done == {"2025-11-22"}
    again = odds("backfill", *RANGE, "--json").json
    assert (again["missing"], again["credits"], again["slots_gap"]) == (0, 0.0, 0)
    assert charged() == odds("quota", "--json").json["used"]


def test_a_sample_tells_how_well_it_stands_for_all(odds: Odds, provider: RunningSimulator) -> None:
    odds("backfill", *RANGE, "--list-only")
    every = odds("backfill", *RANGE, "--dry-run", "--json").json
    ended = odds("backfill", *RANGE, "--sample", "3", "--dry-run")
    assert "Sample: " in ended.out
    some = odds("backfill", *RANGE, "--sample", "3", "--dry-run", "--json").json
    assert 0 < some["games_chosen"] < some["games"]
    assert some["credits_forecast"] < every["credits_forecast"]
    assert provider.credits_charged("demo") == 1


def test_a_real_plan_is_not_touched_unasked(
    odds: Odds, provider: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ODDS_API_KEY", "real")
    ended = odds("backfill", *RANGE)
    assert ended.code == 8
    assert "for 1 credits" in ended.err
    assert "ODDS_YES=1" in ended.err
    assert provider.credits_charged("real") == 0


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("soon", "2025-11-22", "--start: 'soon' is not a day"),
        ("2025-11-23", "2025-11-22", "the range is empty"),
        ("2025-11-23", "2199-01-01", "has not ended yet"),
    ],
)
def test_a_range_that_cannot_be(odds: Odds, first: str, last: str, said: str) -> None:
    ended = odds("backfill", "--start", first, "--end", last, "--dry-run")
    assert is_one_line(ended, 2)
    assert said in ended.err
