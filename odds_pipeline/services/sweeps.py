"""Sweeps over stored odds: a grid of parameters and stakes, each point a trial on record.

Belongs here: reading once, running every point, keeping the whole grid. Does not belong here: the
pass itself and what its best point is worth (``backtesting``), single runs (``backtests``).
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import Any, NamedTuple

from odds_pipeline.backtesting.engine import Backtest, Run, play
from odds_pipeline.backtesting.grid import STAKE, Grid
from odds_pipeline.backtesting.honesty import Honesty, honesty
from odds_pipeline.backtesting.leaks import LeakReport, find_leaks
from odds_pipeline.backtesting.strategies import find
from odds_pipeline.backtesting.sweep import Outcome, Point, Sweep, sweep
from odds_pipeline.backtesting.sweep_honesty import SweepHonesty, sweep_honesty
from odds_pipeline.backtesting.tape import Tape
from odds_pipeline.errors import UsageError
from odds_pipeline.redaction import redact
from odds_pipeline.services.backtests import (
    SIZINGS,
    Plan,
    Progress,
    Selection,
    config,
    dataset_hash,
    metrics,
    number,
    read,
    stake,
)
from odds_pipeline.services.closes import closing_prices
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import experiments, ledgers, sweeps
from odds_pipeline.storage.engine import Connection, transaction


class SweepResult(NamedTuple):
    """A sweep on record.

    ``best`` is the run of its best point and ``weighed`` its worth; without a point that varies
    the first point stands there.
    """

    experiment: int
    grid: Grid
    sweep: Sweep
    honesty: SweepHonesty
    best: Backtest
    weighed: Honesty
    leaks: LeakReport
    dataset_hash: str
    metrics: Mapping[str, Any]


def run_sweep(
    platform: Platform,
    selection: Selection,
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
        selection: what to bet on.
        plan: how; the grid's values stand in for its own.
        grid: the axes: parameters of the strategy, or ``stake``.
        reading: called with how many events of how many have been read.
        running: called with how many points of how many are done.

    Raises:
        UsageError: an unknown strategy, parameter or sizing, or a parameter that is an axis too.
        NotFound: no event, or nothing on offer, in the selection.
    """
    points = _points(plan, grid)
    with transaction(platform.engine) as conn:
        experiment = experiments.begin(
            conn,
            name=plan.name or f"{plan.strategy} sweep",
            strategy=plan.strategy,
            config=config(selection, plan) | {"grid": {k: list(v) for k, v in grid.axes.items()}},
            code_version=version("odds-pipeline"),
            seed=plan.seed,
            risk_mode=plan.sizing,
            bankroll=plan.bankroll,
            league=selection.sport_key,
        )
    try:
        tape, digest = _tape(platform, selection, reading)
        with transaction(platform.engine) as conn:
            experiments.ran_on(conn, experiment, digest)
        how = Run(plan.bankroll, points[0].sizing, plan.costs, plan.seed)
        found = sweep(points, tape, how, running)
        with transaction(platform.engine) as conn:
            earlier = experiments.daily_ratios(conn, digest)
            weighed = sweep_honesty(found, earlier, plan.seed)
            best = _best(points[max(weighed.best, 0)], tape, how)
            result = _result(experiment, grid, found, weighed, best, earlier, digest)
            _keep(conn, result)
    except BaseException as failure:
        with transaction(platform.engine) as conn:
            experiments.fail(conn, experiment, redact(f"{type(failure).__name__}: {failure}"))
        if isinstance(failure, ValueError):
            raise UsageError(str(failure)) from failure
        raise
    return result


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


def _tape(platform: Platform, selection: Selection, reading: Progress | None) -> tuple[Tape, str]:
    offered, ended = read(platform, selection, reading)
    markets = [str(key) for key in offered["market_key"].unique()]
    closes = closing_prices(platform, ended, markets, selection.known_by)
    return Tape(offered, ended, closes), dataset_hash(offered, ended)


class _Best(NamedTuple):
    """The best point, run once more for its bets."""

    run: Backtest
    leaks: LeakReport


def _best(point: Point, on: Tape, how: Run) -> _Best:
    strategy, sizing = point
    picks = strategy.opportunities(on.offered)
    made = play(strategy, on, picks, replace(how, sizing=sizing))
    return _Best(made, find_leaks(strategy, on.offered, seed=how.seed))


def _result(
    experiment: int,
    grid: Grid,
    found: Sweep,
    weighed: SweepHonesty,
    best: _Best,
    earlier: list[float],
    digest: str,
) -> SweepResult:
    place = max(weighed.best, 0)
    others = [each.shape.ratio for at, each in enumerate(found.outcomes) if at != place]
    of_best = honesty(best.run, [*earlier, *others])
    values = metrics(found.outcomes[place].figures, of_best, best.leaks)
    values |= {"points": len(found.outcomes), "best_point": place}
    values |= {"best_parameters": dict(grid.points()[place])} | _verdict(weighed, place)
    return SweepResult(
        experiment, grid, found, weighed, best.run, of_best, best.leaks, digest, values
    )


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
    sweeps.keep(conn, of.experiment, points_of(of))
    ledgers.keep(conn, of.experiment, of.best.bets)
    experiments.complete(conn, of.experiment, of.metrics)


def _point(of: Outcome, holm: float) -> dict[str, Any]:
    every = asdict(of.figures) | of.at_close._asdict()
    every |= {"p_value": of.p_value, "holm_p_value": holm}
    every |= {"probabilistic_sharpe": of.probabilistic_sharpe}
    return {name: number(value) for name, value in every.items()}


def _known(ratio: float) -> float | None:
    return None if math.isnan(ratio) else ratio
