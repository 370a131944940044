"""The group `market` as Dagster runs it: one day of simulated games, priced, judged and shown."""

from typing import Any

import dagster as dg

from odds_pipeline.orchestration.runs import run_collection
from odds_pipeline_tests.orchestration.conftest import GAME_DAY, Stage

DAILY = ("fair_odds", "edges", "closing_lines", "line_movements", "bookmaker_scorecards")


def _metadata(stage: Stage, asset: str) -> dict[str, Any]:
    event = stage.instance.get_latest_materialization_event(dg.AssetKey(asset))
    assert event is not None
    assert event.asset_materialization is not None
    told = event.asset_materialization.metadata
    return {name: value.value for name, value in told.items()}


def test_a_day_is_priced_and_what_it_teaches_is_learned(stage: Stage) -> None:
    done = run_collection(stage.settings, GAME_DAY, stage.instance)
    assert done.success, done.failures
    for asset in DAILY:
        assert stage.materialised(asset) == {GAME_DAY.isoformat()}
    priced = _metadata(stage, "fair_odds")
    (stored,) = stage.rows("SELECT count(*), count(*) FILTER (WHERE chosen) FROM fair_prices")[0:1]
    assert (priced["fair prices"], priced["outcomes with a fair price"]) == stored
    assert stored[1] > 0
    sights = _metadata(stage, "edges")["sights"]
    assert [(sights,)] == stage.rows("SELECT count(*) FROM edge_sights WHERE state = 'seen'")
    assert _metadata(stage, "closing_lines")["coverage (%)"] > 90
    assert str(_metadata(stage, "line_movements")["most moved"]).startswith("![")
    assert "data:image/png;base64," in str(
        _metadata(stage, "bookmaker_scorecards")["overround by book"]
    )
    learned = run_collection(stage.settings, None, stage.instance, job="learn")
    assert learned.success, learned.failures
    assert {"edges", "settled"} <= set(_metadata(stage, "edge_statistics"))
    verdicts = {
        (check.asset_check_evaluation_data.check_name, check.asset_check_evaluation_data.passed)
        for run in (done, learned)
        for entry in stage.instance.all_logs(run.run_id)
        if (check := entry.dagster_event) is not None
        and check.event_type_value == "ASSET_CHECK_EVALUATION"
    }
    assert {
        ("every_capture_is_priced", True),
        ("fair_probabilities_sum_to_one", True),
        ("edges_are_of_their_sights", True),
        ("stakes_pay_what_they_claim", True),
        ("no_close_after_the_start", True),
        ("every_close_or_its_reason", True),
        ("movements_end_before_the_start", True),
        ("books_kept_a_margin", True),
        ("closing_lines_as_described", True),
        ("line_movements_as_described", True),
        ("bookmaker_scorecards_as_described", True),
        ("yields_are_as_expected", True),
        ("every_result_or_its_reason", True),
        ("every_edge_is_valued_or_says_why_not", True),
        ("better_than_equal_chances", True),
    } <= verdicts
