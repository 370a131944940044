"""`odds backtest sweep`: every combination of some parameters and stakes, in one pass.

Belongs here: what a person asks, and what they see. Does not belong here: the sweep
(``services.sweeps``), single runs (``backtest``).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from odds_pipeline.cli import backtest_options as asked
from odds_pipeline.cli import screen
from odds_pipeline.cli.backtest_figures import figure, percent, show_figures, show_leaks
from odds_pipeline.cli.options import AsJson, KnownBy
from odds_pipeline.cli.screen import Column
from odds_pipeline.errors import UsageError

if TYPE_CHECKING:
    from odds_pipeline.backtesting.grid import Grid
    from odds_pipeline.services.sweeps import SweepResult
    from odds_pipeline.storage.sweeps import KeptPoint

MOST_POINTS = 100_000
SHOWN = 10
LATE = 0.05


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command(
        epilog="Example: odds backtest sweep ev --sport basketball_nba --start 2026-11-01 "
        "--end 2026-11-14 --grid min_ev=0.01,0.02,0.03 --grid stake=flat:100,kelly:0.25"
    )(sweep)


def sweep(
    strategy: asked.Named,
    grid: Annotated[
        list[str],
        typer.Option(
            help="Values of a parameter, NAME=A,B,C or NAME=FROM:TO:COUNT; or of the stake, "
            "stake=flat:100,kelly:0.25; repeatable."
        ),
    ],
    sport: asked.Sport = None,
    start: asked.Start = None,
    end: asked.End = None,
    dataset: asked.OnDataset = None,
    offset: asked.Offsets = None,
    close: asked.Close = False,
    param: asked.Parameters = None,
    stake: asked.Stake = "flat:100",
    bankroll: asked.Bankroll = 10_000,
    commission: asked.Commissions = None,
    limit: asked.Limits = None,
    rejected: asked.Rejected = 0.0,
    book: asked.Books = None,
    market: asked.Markets = None,
    max_age: asked.MaxAge = None,
    latency: asked.Latency = 0.0,
    known_by: KnownBy = None,
    seed: asked.Seed = 0,
    name: asked.ForTheRecord = "",
    plot: Annotated[
        Path | None, typer.Option(help="Draw the grid into this file (.png, .svg or .pdf).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a strategy with every combination of some parameters and stakes, in one pass.

    Every point counts as a trial on the data, and the whole grid is kept (`odds backtest show`).
    What the best point is worth is weighed against all the others: Holm's correction, White's
    reality check, Hansen's test, the probability of overfitting, the deflated Sharpe ratio, and
    what choosing by the past would have earned. Exit code 1 if the best point looks ahead.
    """
    from odds_pipeline.cli.instance import dagster_instance, shown_platform
    from odds_pipeline.orchestration.research_report import report_backtest
    from odds_pipeline.services.backtests import Plan
    from odds_pipeline.services.backtests import stake as staked
    from odds_pipeline.services.sweeps import run_sweep

    axes = _grid(grid)
    selection = asked.selection(
        dataset, sport, start, end, offset, close, book, market, max_age, known_by
    )
    costs = asked.costs(commission, limit, rejected)
    chosen = asked.pairs(param, "--param")
    late = asked.late(latency)
    plan = Plan(strategy, chosen, *staked(stake), bankroll, costs, seed, name, late)
    with shown_platform() as (opened, settings):
        with screen.spinner("Sweeping:", as_json) as told:
            result = run_sweep(
                opened,
                asked.on(opened, selection, dataset),
                plan,
                axes,
                lambda done, of: told(f"{done:,} of {of:,} events read"),
                lambda done, of: told(f"{done:,} of {of:,} points run"),
            )
        with dagster_instance(settings) as instance:
            report_backtest(opened, instance, result.best)
    if plot is not None:
        _draw(result, plot)
    if as_json:
        screen.show_json(_values(result))
    else:
        _tell(result)
        if plot is not None:
            screen.say(f"Drawn: {plot}")
    if not result.best.leaks.clean:
        raise typer.Exit(1)


def _grid(texts: list[str]) -> "Grid":
    from odds_pipeline.backtesting.grid import Grid

    axes = {key: _axis_values(key, value) for key, value in asked.pairs(texts, "--grid").items()}
    if len(axes) < len(texts):
        raise UsageError("--grid: each name once, its values separated by commas")
    try:
        grid = Grid(axes)
    except ValueError as wrong:
        raise UsageError(f"--grid: {wrong}") from wrong
    if grid.count > MOST_POINTS:
        raise UsageError(f"--grid: {grid.count:,} points; at most {MOST_POINTS:,}")
    return grid


def _axis_values(name: str, text: str) -> tuple[str, ...]:
    from odds_pipeline.backtesting.grid import STAKE, spaced

    first, *more = text.split(":")
    if name != STAKE and len(more) == 2 and "," not in text:
        try:
            return spaced(float(first), float(more[0]), int(more[1]))
        except ValueError:
            raise UsageError(f"--grid: {text!r} is not FROM:TO:COUNT") from None
    return tuple(text.split(","))


def _draw(of: "SweepResult", path: Path) -> None:
    from odds_pipeline.services.backtest_pictures import grid
    from odds_pipeline.services.sweeps import points_of

    rows = [point.metrics for point in points_of(of)]
    title = f"{of.best.run.strategy}: {of.grid.count:,} points, the best one marked"
    form = path.suffix.removeprefix(".")
    path.write_bytes(grid(of.grid.axes, rows, of.best.metrics["best_point"], title, form))


def _values(of: "SweepResult") -> dict[str, Any]:
    from odds_pipeline.services.sweeps import points_of

    return {
        "experiment": of.best.experiment,
        "dataset": of.best.dataset,
        "dataset_hash": of.best.dataset_hash,
        "grid": {name: list(values) for name, values in of.grid.axes.items()},
        **of.best.metrics,
        "points": [{"parameters": point.parameters, **point.metrics} for point in points_of(of)],
    }


def _tell(of: "SweepResult") -> None:
    from odds_pipeline.services.sweeps import points_of

    rows = sorted(points_of(of), key=lambda point: -(point.daily_sharpe or 0.0))
    shown = [_row(point) for point in rows[:SHOWN]]
    columns = [Column(name, name) for name in of.grid.axes]
    columns += [
        Column(key, heading, right=True)
        for key, heading in (
            *(("total_bets", "bets"), ("total_profit", "profit"), ("roi", "ROI")),
            *(("clv", "CLV"), ("p_value", "p"), ("holm_p_value", "p by Holm")),
        )
    ]
    title = f"The first {len(shown)} of {of.grid.count:,} points by Sharpe ratio"
    screen.show_table(shown, columns, screen.zone_named("UTC"), title)
    show_figures(of.best.metrics)
    show_leaks(f"{of.best.run.strategy}, at its best point (no other is replayed),", of.best.leaks)
    worth = of.honesty.deflated_sharpe
    sign = screen.YES if worth > 1.0 - LATE else screen.WARN
    best = ", ".join(f"{key}={value}" for key, value in of.best.metrics["best_parameters"].items())
    screen.say(
        f"{sign} Best: {best}. Deflated Sharpe {figure('deflated_sharpe', worth)} "
        f"after {of.honesty.trials:,} trials on this data"
    )
    forward = of.honesty.forward
    if forward is not None:
        screen.say(
            f"Choosing by the past and betting on what followed, {len(forward.splits)} times with "
            f"{forward.embargo_days} days between: ROI {percent(forward.roi)}"
        )
    screen.say(
        f"Experiment {of.best.experiment}: `odds backtest show {of.best.experiment} --html FILE`"
    )


def _row(of: "KeptPoint") -> dict[str, Any]:
    """A point's line of the table: its values, and its figures."""
    shares = {name: screen.percent(of.metrics[name]) for name in ("roi", "clv")}
    return of.metrics | shares | of.parameters
