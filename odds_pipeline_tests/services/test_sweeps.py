"""Sweeps on stored odds and on datasets: kept, counted as trials, made again; and late bets."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from odds_pipeline.backtesting.grid import Grid
from odds_pipeline.errors import UsageError
from odds_pipeline.services.backtests import run_backtest
from odds_pipeline.services.datasets.examine import lock
from odds_pipeline.services.datasets.freeze import freeze
from odds_pipeline.services.datasets.load import load
from odds_pipeline.services.datasets.rebuild import rebuild
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.reproduce import reproduce
from odds_pipeline.services.sweeps import run_sweep
from odds_pipeline.storage import experiments, ledgers, sweeps
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.services.seasons import FAVOURITES, TERMS, bring

GRID = Grid({"bookmaker": ("pinnacle", "bovada"), "stake": ("flat:1", "percentage:0.01")})


def test_a_sweep_on_a_dataset_is_kept_whole_and_comes_out_again(
    platform: Platform, home: Path
) -> None:
    bring(platform, home)
    freeze(platform, "nhl", TERMS)
    lock(platform, "nhl")
    frozen = load(platform, "nhl")
    told: list[tuple[int, int]] = []
    made = run_sweep(
        platform, frozen, FAVOURITES, GRID, running=lambda done, of: told.append((done, of))
    )
    assert told[-1] == (4, 4)
    number = made.best.experiment
    with transaction(platform.engine) as conn:
        kept = sweeps.points_of(conn, number)
        bets = ledgers.bets_of(conn, number)
        found = experiments.find(conn, number)
    assert [point.parameters for point in kept] == list(GRID.points())
    assert (found.status, found.metrics) == ("completed", made.best.metrics)
    assert found.config["grid"] == {name: list(values) for name, values in GRID.axes.items()}
    assert len(bets) == made.best.metrics["total_bets"] + made.best.metrics["pending_bets"]
    # Bovada's late favourites by hand; Pinnacle closed every one of them.
    by_hand = kept[2].metrics
    assert by_hand["total_profit"] == pytest.approx(0.52 + 0.58 - 1 + 0.38)
    assert by_hand["clv_bets"] == 4
    single = run_backtest(platform, frozen, replace(FAVOURITES, parameters={"bookmaker": "bovada"}))
    same = {name: single.metrics[name] for name in by_hand if name in single.metrics}
    assert same == {name: by_hand[name] for name in same}
    assert (made.best.metrics["trials"], single.metrics["trials"]) == (4, 5)
    assert reproduce(platform, number).same
    assert reproduce(platform, single.experiment).same


def test_a_bet_that_arrives_late_is_made_at_the_price_of_then(
    platform: Platform, home: Path
) -> None:
    """Early favourites at Pinnacle, paid what it closed at: 1.50, 1.60, a loss, 1.40."""
    bring(platform, home)
    asked = replace(TERMS.selection("icehockey_nhl", None, None), at_close=False)
    at_once = run_backtest(platform, asked, FAVOURITES)
    assert at_once.metrics["total_profit"] == pytest.approx(0.55 + 0.65 - 1 + 0.45)
    late = replace(FAVOURITES, latency=timedelta(hours=17, minutes=59, seconds=59))
    made = run_backtest(platform, replace(asked, bookmakers=("pinnacle",)), late)
    assert made.metrics["total_profit"] == pytest.approx(0.50 + 0.60 - 1 + 0.40)
    assert made.metrics["refused"] == 0

    # On a dataset that holds what was on offer then: two experiments, each made again.
    terms = replace(TERMS, at_close=False, bookmakers=("pinnacle",), latency=late.latency)
    freeze(platform, "late", terms)
    lock(platform, "late")
    assert rebuild(platform, "late").same
    frozen = load(platform, "late")
    plans = (FAVOURITES, late)
    found = [run_backtest(platform, frozen, plan) for plan in plans]
    assert found[0].metrics["total_profit"] == at_once.metrics["total_profit"]
    assert found[1].metrics["total_profit"] == made.metrics["total_profit"]
    assert len({result.experiment for result in found}) == 2
    assert len({result.dataset_hash for result in found}) == 1  # trials on the same data
    assert found[1].metrics["trials"] == found[0].metrics["trials"] + 1
    for plan, result in zip(plans, found, strict=True):
        again = reproduce(platform, result.experiment)
        assert again.same
        assert again.experiment.config["latency"] == plan.latency.total_seconds()
    swept = run_sweep(platform, frozen, late, Grid({"stake": ("flat:1", "flat:2")}))
    assert reproduce(platform, swept.best.experiment).same
    another = replace(late, latency=timedelta(seconds=30))
    with pytest.raises(UsageError, match="late@1 was frozen with a latency of 64799 s, not 30 s"):
        run_backtest(platform, frozen, another)


def test_an_interrupted_sweep_is_on_record_as_failed_and_one_trial(
    platform: Platform, home: Path
) -> None:
    bring(platform, home)
    asked = TERMS.selection("icehockey_nhl", None, None)

    def interrupted(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_sweep(platform, asked, FAVOURITES, GRID, running=interrupted)
    with transaction(platform.engine) as conn:
        (row,) = experiments.newest(conn, 5).to_dict("records")
        assert (row["status"], row["error"]) == ("failed", "KeyboardInterrupt: ")
        assert sweeps.points_of(conn, row["id"]) == []
        assert np.isnan(experiments.daily_ratios(conn, row["dataset_hash"])).tolist() == [True]
    assert run_backtest(platform, asked, FAVOURITES).metrics["trials"] == 2
