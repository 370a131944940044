"""Files of past results say what the provider itself said when the games were over."""

from datetime import UTC, datetime

from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.past_results import past_results
from odds_pipeline.simulator.server import DEFAULT_SEED, RunningSimulator
from odds_pipeline_tests.simulator.calls import call

NBA = "basketball_nba"
MIDNIGHT = datetime(2026, 1, 20, tzinfo=UTC)


def test_they_are_what_the_scores_endpoint_says_at_that_moment() -> None:
    with RunningSimulator(clock=SteppedClock(MIDNIGHT)) as provider:
        told = call(provider, f"/v4/sports/{NBA}/scores", daysFrom="3").json()
    over = [game for game in told if game["completed"]]
    assert len(over) > 10
    assert past_results(DEFAULT_SEED, [NBA], MIDNIGHT, 3) == over


def test_no_game_is_left_out_between_two_files_and_none_is_told_early() -> None:
    whole = past_results(DEFAULT_SEED, [NBA], MIDNIGHT, 14)
    before = datetime(2026, 1, 19, tzinfo=UTC)
    newest = past_results(DEFAULT_SEED, [NBA], MIDNIGHT, 2)
    older = past_results(DEFAULT_SEED, [NBA], before, 13)
    assert {game["id"] for game in newest + older} == {game["id"] for game in whole}
    assert all(str(game["last_update"]) < before.isoformat() for game in older)
