"""Sweeps over stored odds: a grid of parameters and stakes, each point a trial on record.

Belongs here: reading once, running every point, keeping the whole grid. Does not belong here: the
pass itself and what its best point is worth (``backtesting``), single runs (``backtests``).
"""

import math
from dataclasses import asdict, replace
from typing import Any, NamedTuple

from odds_pipeline.backtesting.engine import Backtest, Run, play
from odds_pipeline.backtesting.grid import STAKE, Grid
from odds_pipeline.backtesting.honesty import honesty
from odds_pipeline.backtesting.leaks import LeakReport, find_leaks
from odds_pipeline.backtesting.strategies import find
from odds_pipeline.backtesting.sweep import Outcome, Point, Sweep, sweep
from odds_pipeline.backtesting.sweep_honesty import SweepHonesty, best_point, sweep_honesty
from odds_pipeline.backtesting.tape import Tape
from odds_pipeline.errors import UsageError
from odds_pipeline.services.backtests import (
    SIZINGS,
    Plan,
    Result,
    number,
    plan_of,
    put_on_record,
    result_of,
    running_experiment,
    stake,
)
from odds_pipeline.services.datasets.frozen import Frozen
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.selections import Data, Progress, Selection, data, dataset_hash
from odds_pipeline.storage import experiments, ledgers, sweeps
from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.experiments import Experiment


class SweepResult(NamedTuple):
    """A sweep on record.

    ``best`` is the run of its best point, its metrics those of the sweep; without a point that
    varies the first point stands there.
    """

    grid: Grid
    sweep: Sweep
    honesty: SweepHonesty
    best: Result


def run_sweep(
    platform: Platform,
    on: Selection | Frozen,
    plan: Plan,
    grid: Grid,
    reading: Progress | None = None,
    running: Progress | None = None,
) -> SweepResult:
    """Run every point of a grid in one pass and keep them all.

    The leak detector looks at the best point. A sweep that is interrupted is on record as failed;
    nobody has seen any of its points.

    Args:
        platform: its database is read, and written for the record.
        on: what to bet on: what is stored, or a dataset.
        plan: how; the grid's values stand in for its own.
        grid: the axes: parameters of the strategy, or ``stake``.
        reading: called with how many events of how many have been read.
        running: called with how many points of how many are done.

    Raises:
        UsageError: an unknown strategy, parameter or sizing, a parameter that is an axis too, or a
            latency that the dataset was not frozen with.
        NotFound: no event, or nothing on offer, in the selection.
    """
    points = _points(plan, grid)
    named = replace(plan, name=plan.name or f"{plan.strategy} sweep")
    axes = {name: list(values) for name, values in grid.axes.items()}
    experiment = put_on_record(platform, on, named, more={"grid": axes})
    with running_experiment(platform, experiment, points[0].strategy):
        given = data(platform, on, plan.latency, reading)
        with transaction(platform.engine) as conn:
            experiments.ran_on(conn, experiment, dataset_hash(given.offered, given.ended))
        made = _made(plan, points, given, running)
        with transaction(platform.engine) as conn:
            earlier = experiments.daily_ratios(conn, made.digest)
            result = _result(experiment, on, grid, made, earlier)
            _keep(conn, result)
    return result


def swept_again(platform: Platform, of: Experiment, frozen: Frozen) -> Result:
    """A sweep's result, worked out anew from its dataset as when it was completed.

    Raises:
        UsageError: its strategy is not to be found any more.
    """
    plan = plan_of(of)
    grid = Grid({name: tuple(values) for name, values in of.config["grid"].items()})
    made = _made(plan, _points(plan, grid), data(platform, frozen, plan.latency), None)
    with transaction(platform.engine) as conn:
        earlier = experiments.daily_ratios(conn, made.digest, before=of)
    return _result(of.id, frozen, grid, made, earlier).best


class _Made(NamedTuple):
    """The pass over all points, and the best of them run once more for its bets."""

    sweep: Sweep
    best_place: int
    best: Backtest
    leaks: LeakReport
    digest: str
    events: int
    seed: int


def _made(plan: Plan, points: list[Point], given: Data, running: Progress | None) -> _Made:
    tape = Tape(*given)
    how = Run(plan.bankroll, points[0].sizing, plan.costs, plan.seed)
    found = sweep(points, tape, how, running)
    place = max(best_point(found), 0)
    strategy, sizing = points[place]
    picks = strategy.opportunities(tape.offered)
    best = play(strategy, tape, picks, replace(how, sizing=sizing))
    leaks = find_leaks(strategy, tape.offered, seed=plan.seed)
    digest = dataset_hash(given.offered, given.ended)
    return _Made(found, place, best, leaks, digest, len(given.ended), plan.seed)


def _result(
    experiment: int, on: Selection | Frozen, grid: Grid, made: _Made, earlier: list[float]
) -> SweepResult:
    place, outcomes = made.best_place, made.sweep.outcomes
    weighed = sweep_honesty(made.sweep, earlier, made.seed)
    others = [each.shape.ratio for at, each in enumerate(outcomes) if at != place]
    of_best = honesty(made.best, [*earlier, *others], made.seed)
    best = result_of(experiment, on, made.best, of_best, made.leaks, made.digest, made.events)
    more = {"points": grid.count, "best_point": place, "best_parameters": grid.points()[place]}
    values = best.metrics | more | _verdict(weighed, place)
    return SweepResult(grid, made.sweep, weighed, best._replace(metrics=values))


def _points(plan: Plan, grid: Grid) -> list[Point]:
    both = sorted(set(plan.parameters) & set(grid.axes))
    if both:
        raise UsageError(f"{both[0]} is a parameter and an axis of the grid: give it once")
    try:
        strategy = find(plan.strategy)
        points = []
        for values in grid.points():
            chosen = {name: value for name, value in values.items() if name != STAKE}
            kind, size = stake(values[STAKE]) if STAKE in values else (plan.sizing, plan.size)
            named = strategy.named({**plan.parameters, **chosen})
            points.append(Point(named, SIZINGS[kind](size)))
    except ValueError as wrong:
        raise UsageError(str(wrong)) from wrong
    return points


def _verdict(of: SweepHonesty, place: int) -> dict[str, Any]:
    """What the sweep says of its best point; null where too little was bet."""
    many, fitted, forward = of.best_of_many, of.overfitting, of.forward
    return {
        "reality_check": None if many is None else many.reality_check,
        "superior_ability": None if many is None else many.consistent,
        "holm_p_value": number(of.holm[place]),
        "false_discovery_p_value": number(of.benjamini_hochberg[place]),
        "overfitting": None if fitted is None else fitted.probability,
        "overfitting_rank": None if fitted is None else fitted.mean_rank,
        "overfitting_loss": None if fitted is None else fitted.loss_probability,
        "forward_roi": None if forward is None else number(forward.roi),
        "forward_return": None if forward is None else forward.profit,
        "forward_steps": 0 if forward is None else len(forward.splits),
        "embargo_days": None if forward is None else forward.embargo_days,
    }


def points_of(of: SweepResult) -> list[sweeps.KeptPoint]:
    """Every point with its figures, as it is kept."""
    points = zip(of.grid.points(), of.sweep.outcomes, of.honesty.holm, strict=True)
    return [
        sweeps.KeptPoint(at, dict(chosen), _known(each.shape.ratio), _point(each, float(holm)))
        for at, (chosen, each, holm) in enumerate(points)
    ]


def _keep(conn: Connection, of: SweepResult) -> None:
    best = of.best
    sweeps.keep(conn, best.experiment, points_of(of))
    ledgers.keep(conn, best.experiment, best.run.bets)
    experiments.complete(conn, best.experiment, best.metrics)


def _point(of: Outcome, holm: float) -> dict[str, Any]:
    every = asdict(of.figures) | of.at_close._asdict()
    every |= {"p_value": of.p_value, "holm_p_value": holm}
    every |= {"probabilistic_sharpe": of.probabilistic_sharpe}
    return {name: number(value) for name, value in every.items()}


def _known(ratio: float) -> float | None:
    return None if math.isnan(ratio) else ratio
