"""A sweep is its single runs, and its verdict tells skill from the luck of many."""

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from odds_pipeline.backtesting.costs import Costs
from odds_pipeline.backtesting.engine import Run, backtest
from odds_pipeline.backtesting.figures import figures
from odds_pipeline.backtesting.grid import Grid, spaced
from odds_pipeline.backtesting.honesty import honesty
from odds_pipeline.backtesting.sizing import (
    Flat,
    Kelly,
    Percentage,
    SimultaneousKelly,
    Sizing,
)
from odds_pipeline.backtesting.strategies import find
from odds_pipeline.backtesting.strategy import Parameters, Picks, Strategy
from odds_pipeline.backtesting.sweep import Point, sweep
from odds_pipeline.backtesting.sweep_honesty import sweep_honesty
from odds_pipeline.backtesting.tape import Tape
from odds_pipeline_tests.backtesting.games import START, ended, nba, quotes
from odds_pipeline_tests.backtesting.test_leaks import season
from odds_pipeline_tests.cli.conftest import REPOSITORY

SIZINGS: tuple[Sizing, ...] = (Flat(30.0), Percentage(0.02), Kelly(0.5), SimultaneousKelly(0.25))


def _ended(offered: pd.DataFrame) -> pd.DataFrame:
    generator = np.random.default_rng(5)
    last = offered.groupby("event_id")["decision_time"].max()
    return ended(
        [
            {
                "event_id": event,
                "home_score": float(generator.integers(0, 3)),
                "away_score": float(generator.integers(0, 3)),
                "void": bool(generator.random() < 0.05),
                "settled_at": at + timedelta(hours=int(generator.integers(1, 30))),
            }
            for event, at in last.items()
        ]
    )


@pytest.mark.parametrize(
    ("name", "grid"),
    [
        ("ev", {"min_ev": ("-0.02", "0.01", "0.03"), "per_event": ("true", "false")}),
        ("arbitrage", {"min_profit_margin": ("0", "0.01", "0.05")}),
        ("steam", {"min_books": ("1", "2"), "min_move": ("0.01", "0.03")}),
        ("closing_line_follower", {"min_move": ("0.01", "0.03"), "bookmaker": ("pinnacle", "a")}),
        ("favourite", {"bookmaker": ("", "b")}),
        ("home_value", {"lowest": ("1.5", "2")}),
    ],
)
def test_every_point_is_its_single_run(name: str, grid: dict[str, tuple[str, ...]]) -> None:
    offered = season(40)
    results = _ended(offered)
    how = Run(500.0, Flat(), Costs({"a": 0.02}, {"b": 25.0}, rejected=0.1, step=0.01), seed=3)
    points = [
        Point(find(name).named(values), sizing)
        for values in Grid(grid).points()
        for sizing in SIZINGS
    ]
    told: list[tuple[int, int]] = []
    found = sweep(points, Tape(offered, results), how, lambda done, of: told.append((done, of)))
    assert told == [(done, len(points)) for done in range(1, len(points) + 1)]
    for place, (strategy, sizing) in enumerate(points):
        single = backtest(strategy, offered, results, replace(how, sizing=sizing))
        assert repr(found.outcomes[place].figures) == repr(figures(single))
        days = found.returns[:, place].sum() * how.bankroll
        assert days == pytest.approx(figures(single).total_profit, abs=1e-9)
        assert found.stakes[:, place].sum() == pytest.approx(figures(single).total_wagered)
        assert found.outcomes[place].p_value == pytest.approx(
            honesty(single, []).p_value, nan_ok=True
        )


def test_a_grid_is_every_combination_and_numbers_are_spaced() -> None:
    grid = Grid({"a": ("1", "2"), "b": ("x", "y", "z")})
    assert (grid.shape, grid.count) == ((2, 3), 6)
    assert [tuple(point.values()) for point in grid.points()][:4] == [
        *(("1", "x"), ("1", "y"), ("1", "z"), ("2", "x"))
    ]
    assert spaced(0.0, 0.3, 4) == ("0", "0.1", "0.2", "0.3")
    with pytest.raises(ValueError, match="two numbers"):
        spaced(0.0, 1.0, 1)
    with pytest.raises(ValueError, match="each once"):
        Grid({"a": ("1", "1")})


@dataclass(frozen=True, slots=True)
class _Seed(Parameters):
    seed: int = 0
    skilled: bool = False


class _Guess(Strategy):
    """One side of some games by chance; skilled, every side worth more than it costs."""

    name: ClassVar[str] = "guess"
    summary: ClassVar[str] = "Chance."
    parameters_class = _Seed

    def opportunities(self, offers: pd.DataFrame) -> Picks:
        if self.parameters.skilled:
            return Picks.single(np.flatnonzero(offers["bookmaker_key"] == "slow"))
        generator = np.random.default_rng(self.parameters.seed)
        fair = np.flatnonzero(offers["bookmaker_key"] == "efficient")
        return Picks.single(np.sort(generator.choice(fair, 1_500, replace=False)))


def _market(games: int, margin: float) -> Tape:
    """Efficient prices with a margin, and a slow book that gives 3 % away on one side of each."""
    generator = np.random.default_rng(17)
    chance = generator.uniform(0.3, 0.7, games)
    day = pd.to_timedelta(np.arange(games) // 100, unit="D")
    at = pd.DatetimeIndex([pd.Timestamp(START)] * games) + day
    event = np.array([f"{game:05d}" for game in range(games)], dtype=object)
    sides = (("efficient", "home", chance), ("efficient", "away", 1 - chance))
    offered = pd.concat(
        pd.DataFrame(
            {
                "event_id": event,
                "decision_time": at,
                "commence_time": at + pd.Timedelta(hours=1),
                "bookmaker_key": book,
                "outcome_name": side,
                "price": paid / fair,
            }
        )
        for book, side, fair, paid in (
            *((*one, 1.0 / (1.0 + margin)) for one in sides),
            ("slow", "home", chance, 1.03),
        )
    ).assign(home_team="home", away_team="away", market_key="h2h", point=np.nan)
    won = generator.random(games) < chance
    results = pd.DataFrame(
        {
            "event_id": event,
            "home_team": "home",
            "away_team": "away",
            "home_score": won.astype(float),
            "away_score": (~won).astype(float),
            "void": False,
            "settled_at": at + pd.Timedelta(hours=4),
        }
    )
    return Tape(offered.assign(capture_time=offered["decision_time"]), results)


def _guesses() -> list[Point]:
    return [Point(_Guess(_Seed(seed)), Flat(1.0)) for seed in range(200)]


def test_two_hundred_strategies_without_skill_are_seen_through() -> None:
    """Fair prices make p uniform: of 200 no more below .05 than 99.9 % of such draws have.

    With the margin of a sharp book, at most 5 %.
    """
    fair = sweep(_guesses(), _market(12_000, 0.0), Run(1e6))
    p_values = np.array([outcome.p_value for outcome in fair.outcomes])
    assert (p_values < 0.05).sum() <= stats.binom.ppf(0.999, 200, 0.05)
    assert stats.kstest(p_values, "uniform").pvalue > 0.001
    found = sweep_honesty(fair, [])
    assert found.trials == 200
    assert found.deflated_sharpe < 0.95
    assert np.nanmin(found.holm) > 0.05
    assert found.best_of_many is not None
    assert found.best_of_many.consistent > 0.05
    assert found.overfitting is not None
    assert found.overfitting.probability > 0.2

    priced = sweep(_guesses(), _market(12_000, 0.025), Run(1e6))
    assert sum(outcome.p_value < 0.05 for outcome in priced.outcomes) <= 10


def test_a_planted_edge_of_three_percent_is_found_among_them() -> None:
    points = [*_guesses(), Point(_Guess(_Seed(skilled=True)), Flat(1.0))]
    tape = _market(30_000, 0.025)
    swept = sweep(points, tape, Run(1e6))
    found = sweep_honesty(swept, [0.01] * 50)
    assert found.best == 200
    assert found.trials == 251
    assert found.deflated_sharpe > 0.95
    assert found.holm[200] < 0.01
    assert found.best_of_many is not None
    assert max(found.best_of_many.reality_check, found.best_of_many.consistent) < 0.05
    assert found.overfitting is not None
    assert found.overfitting.probability < 0.05
    assert found.forward is not None
    assert set(found.forward.points) == {200}
    assert found.forward.embargo_days == swept.horizon == 1
    assert found.forward.roi == pytest.approx(0.03, abs=0.02)
    alone = honesty(
        backtest(points[200].strategy, tape.offered, _results(tape), Run(1e6, Flat(1.0))), []
    )
    assert alone.roi_low > 0.0
    assert alone.p_value < 0.001
    assert alone.bets_needed < 30_000


def _results(tape: Tape) -> pd.DataFrame:
    return tape.outcomes.reset_index()


_ELSEWHERE = """
import sys
from pathlib import Path
from odds_pipeline_tests.backtesting.test_sweep import fingerprint
print(fingerprint(Path(sys.argv[1])))
"""


def fingerprint(shared_data: Path) -> str:
    """SHA-256 of a run's ledger and figures, with something drawn by its seed."""
    offered, results = nba(shared_data, "nba_closing_2020.csv.gz")
    how = Run(1_000.0, Percentage(0.01), Costs(rejected=0.3), seed=11)
    made = backtest(find("favourite")(), offered, results, how)
    told = made.bets.to_csv(index=False) + repr(figures(made)) + repr(honesty(made, [0.1], 11))
    return hashlib.sha256(told.encode()).hexdigest()


@pytest.mark.shared_data
def test_the_same_seed_is_the_same_result_in_another_process(shared_data: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE, str(shared_data)],
        env=os.environ | {"PYTHONHASHSEED": "4711"},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == fingerprint(shared_data)


def test_too_little_is_no_verdict() -> None:
    offered = quotes([{"outcome_name": "home", "price": 2.0}])
    idle = sweep([Point(find("arbitrage")(), Flat())], Tape(offered, ended([{}])), Run())
    found = sweep_honesty(idle, [])
    assert (found.best, found.trials) == (-1, 1)
    assert np.isnan(found.deflated_sharpe)
    assert (found.best_of_many, found.overfitting, found.forward) == (None, None, None)
