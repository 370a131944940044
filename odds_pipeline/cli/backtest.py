"""`odds backtest`: run strategies over stored odds, and look at what was run.

Belongs here: what a person asks, and what they see. Does not belong here: running
(``services.backtests``), strategies (``backtesting.strategies``).
"""

import math
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from odds_pipeline.cli import backtest_options as asked
from odds_pipeline.cli import backtest_sweep, screen
from odds_pipeline.cli.backtest_figures import figure, in_order, show_figures, show_leaks, told_roi
from odds_pipeline.cli.options import AsJson, KnownBy, Zone
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import platform
from odds_pipeline.errors import UsageError

if TYPE_CHECKING:
    from odds_pipeline.backtesting.strategy import Strategy
    from odds_pipeline.services.backtests import Plan, Result
    from odds_pipeline.services.datasets.frozen import Frozen
    from odds_pipeline.services.platform import Platform
    from odds_pipeline.services.reproduce import Reproduced
    from odds_pipeline.services.selections import Selection
    from odds_pipeline.settings import Settings
    from odds_pipeline.storage.engine import Connection
    from odds_pipeline.storage.experiments import Experiment

_STRATEGIES = (
    Column("name", "strategy"),
    Column("parameters", "parameters"),
    Column("summary", "what it bets on"),
)
_ABOUT = (
    *("id", "name", "strategy", "league", "status", "risk_mode", "bankroll", "dataset"),
    "dataset_hash",
)
_LIST = (
    Column("id", "id", right=True),
    Column("name", "name"),
    Column("strategy", "strategy"),
    Column("dataset", "dataset"),
    Column("league", "league"),
    Column("status", "status"),
    Column("total_bets", "bets", right=True),
    Column("total_profit", "profit", right=True),
    Column("roi", "ROI", right=True),
    Column("started_at", "started"),
)
LATE = 0.05


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Backtest strategies on stored odds.", no_args_is_help=True)
    group.command(
        epilog="Example: odds backtest run ev --sport basketball_nba --start 2026-11-01 "
        "--end 2026-11-14 --offset 60 --param min_ev=0.02"
    )(run)
    backtest_sweep.register(group)
    group.command("list", epilog="Example: odds backtest list --json")(list_experiments)
    group.command(epilog="Example: odds backtest show 3 --html tearsheet.html")(show)
    group.command(epilog="Example: odds backtest compare 3 4 7")(compare)
    group.command(epilog="Example: odds backtest reproduce 3")(reproduce)
    group.command(epilog="Example: odds backtest strategies")(strategies)
    app.add_typer(group, name="backtest")


def run(
    strategy: asked.Named,
    sport: asked.Sport = None,
    start: asked.Start = None,
    end: asked.End = None,
    dataset: asked.OnDataset = None,
    draft: Annotated[
        bool,
        typer.Option("--draft", help="Only put it on record, to be run in Dagster; on a dataset."),
    ] = False,
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
    as_json: AsJson = False,
) -> None:
    """Bet as a strategy would have, on what was on offer at each decision and nothing later.

    The run is kept with its data's hash; every run on the same data counts as a trial. The ROI
    comes with its interval, the strategy is checked for looking ahead, and says so if it does
    (exit code 1). Dagster shows it as a materialisation of `backtest_results`.
    """
    from odds_pipeline.cli.instance import shown_platform
    from odds_pipeline.services.backtests import Plan
    from odds_pipeline.services.backtests import stake as staked

    costs = asked.costs(commission, limit, rejected)
    chosen = asked.pairs(param, "--param")
    late = asked.late(latency)
    plan = Plan(strategy, chosen, *staked(stake), bankroll, costs, seed, name, late)
    selection = asked.selection(
        dataset, sport, start, end, offset, close, book, market, max_age, known_by
    )
    with shown_platform() as (opened, settings):
        on = asked.on(opened, selection, dataset)
        if draft:
            _draft(opened, settings, on, plan, as_json)
            return
        result = _ran(opened, settings, on, plan, as_json)
    if as_json:
        screen.show_json(_values(result))
    else:
        _tell(result)
    if not result.leaks.clean:
        raise typer.Exit(1)


def _ran(
    opened: "Platform",
    settings: "Settings",
    on: "Selection | Frozen",
    plan: "Plan",
    quiet: bool,
) -> "Result":
    from odds_pipeline.cli.instance import dagster_instance
    from odds_pipeline.orchestration.research_report import report_backtest
    from odds_pipeline.services.backtests import run_backtest

    with screen.spinner("Reading decisions", quiet) as told:
        result = run_backtest(opened, on, plan, lambda done, of: told(f"{done:,} of {of:,} events"))
    with dagster_instance(settings) as instance:
        report_backtest(opened, instance, result)
    return result


def _draft(
    opened: "Platform", settings: "Settings", on: "Selection | Frozen", plan: "Plan", as_json: bool
) -> None:
    from odds_pipeline.cli.instance import dagster_instance
    from odds_pipeline.orchestration.research_report import report_draft
    from odds_pipeline.services.backtests import put_on_record
    from odds_pipeline.services.selections import Selection

    if isinstance(on, Selection):
        raise UsageError("--draft needs a --dataset: what is stored may be other by then")
    experiment = put_on_record(opened, on, plan)
    with dagster_instance(settings) as instance:
        report_draft(instance, experiment)
    if as_json:
        screen.show_json({"experiment": experiment, "status": "draft"})
        return
    screen.say(f"{screen.YES} Experiment {experiment} is a draft; materialise its partition:")
    screen.say(
        "dagster asset materialize -m odds_pipeline.definitions --select backtest_results "
        f"--partition {experiment}"
    )


def list_experiments(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many, newest first.")] = 20,
    min_roi: Annotated[
        float | None, typer.Option(help="Only completed ones whose ROI is above, as 0.02 [all].")
    ] = None,
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """List the backtests on record, failed ones too."""
    from odds_pipeline.storage.engine import transaction
    from odds_pipeline.storage.experiments import newest

    zone = screen.zone_named(tz)
    with platform() as opened, transaction(opened.engine) as conn:
        rows = screen.records(newest(conn, limit, min_roi))
    if as_json:
        screen.show_json(rows)
    elif rows:
        told = [row | {"roi": screen.percent(row["roi"])} for row in rows]
        screen.show_table(told, _LIST, zone)
    elif min_roi is not None:
        screen.say(f"No completed backtest has a ROI above {min_roi:g}: `odds backtest list`")
    else:
        screen.say("No backtest was run yet: `odds backtest run`")


def show(
    experiment: Annotated[int, typer.Argument(help="Its id; see `odds backtest list`.")],
    html: Annotated[
        Path | None,
        typer.Option(help="Write its tearsheet into this file: one page that needs nothing else."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show one backtest: what it ran on, how, and every figure; of a sweep its best point."""
    from odds_pipeline.storage.engine import transaction
    from odds_pipeline.storage.experiments import find

    with platform() as opened, transaction(opened.engine) as conn:
        found = find(conn, experiment)
        if html is not None:
            _write(html, conn, found)
    if as_json:
        screen.show_json(asdict(found))
        return
    screen.say(f"Experiment {found.id}: {found.name} ({found.strategy}), {found.status}")
    if found.error is not None:
        screen.say(f"{screen.NO} {found.error}")
    show_figures(found.metrics or {})
    screen.say("Configuration:")
    screen.show_json(found.config)
    screen.say(f"Data {found.dataset_hash or 'none'} · code {found.code_version}")
    screen.say(f"Dataset {found.dataset or 'none: it ran on what was stored then'}")
    if html is not None:
        screen.say(f"Written: {html}")


def _write(path: Path, conn: "Connection", of: "Experiment") -> None:
    from odds_pipeline.services.tearsheet import tearsheet
    from odds_pipeline.storage import ledgers, sweeps

    page = tearsheet(of, ledgers.bets_of(conn, of.id), sweeps.points_of(conn, of.id))
    path.write_text(page, encoding="utf-8")


def compare(
    experiments: Annotated[
        list[int], typer.Argument(help="Their ids, two or more; see `odds backtest list`.")
    ],
    as_json: AsJson = False,
) -> None:
    """Compare backtests: one column each, one line a figure.

    Figures of runs on other data are not comparable; then a line says so.
    """
    from odds_pipeline.storage.engine import transaction
    from odds_pipeline.storage.experiments import find

    with platform() as opened, transaction(opened.engine) as conn:
        found = [find(conn, one) for one in experiments]
    columns = {str(one.id): _compared(one) for one in found}
    if as_json:
        screen.show_json(list(columns.values()))
        return
    figures = in_order({name for one in found for name in one.metrics or {}})
    rows = [
        {"figure": name} | {key: figure(name, values.get(name)) for key, values in columns.items()}
        for name in (*_ABOUT, *figures)
    ]
    headings = [Column("figure", "figure"), *(Column(key, key, right=True) for key in columns)]
    screen.show_table(rows, headings, screen.zone_named("UTC"))
    if len({one.dataset_hash for one in found}) > 1:
        screen.say(f"{screen.WARN} They ran on different data: their figures differ by that too")


def _compared(of: "Experiment") -> dict[str, Any]:
    return {name: getattr(of, name) for name in _ABOUT} | (of.metrics or {})


def reproduce(
    experiment: Annotated[int, typer.Argument(help="Its id; see `odds backtest list`.")],
    as_json: AsJson = False,
) -> None:
    """Run a completed backtest again on its locked dataset, and compare every figure and bet.

    Nothing is put on record, and trials made since do not count. Ends with 1 where anything
    differs, to the last bit.
    """
    from odds_pipeline.services.reproduce import reproduce as reproduced

    with platform() as opened:
        made = reproduced(opened, experiment)
    if as_json:
        screen.show_json(
            {
                "experiment": experiment,
                "same": made.same,
                "dataset": made.experiment.dataset,
                "code_version": made.code_version,
                "recorded_code_version": made.experiment.code_version,
                "differing": {
                    name: {"recorded": then, "now": now}
                    for name, (then, now) in made.differing.items()
                },
            }
        )
    else:
        _told_again(made)
    if not made.same:
        raise typer.Exit(1)


def _told_again(made: "Reproduced") -> None:
    of = made.experiment
    if made.same:
        screen.say(
            f"{screen.YES} Experiment {of.id} comes out the same to the last bit on {of.dataset}"
        )
    for name, (then, now) in made.differing.items():
        screen.say(f"{screen.NO} {name}: {then} on record, {now} now")
    if of.code_version != made.code_version:
        screen.say(f"{screen.WARN} Code then {of.code_version}, now {made.code_version}")


def strategies(as_json: AsJson = False) -> None:
    """List the strategies with their parameters and defaults."""
    from odds_pipeline.backtesting.strategies import strategies as known

    listed = known()
    of = {name: _defaults(strategy) for name, strategy in listed.items()}
    rows = [
        {"name": name, "summary": strategy.summary, "parameters": of[name]}
        for name, strategy in listed.items()
    ]
    if as_json:
        screen.show_json(rows)
        return
    told = [
        row | {"parameters": ", ".join(f"{key}={value}" for key, value in of[name].items())}
        for name, row in zip(of, rows, strict=True)
    ]
    screen.show_table(told, _STRATEGIES, screen.zone_named("UTC"))


def _defaults(strategy: "type[Strategy]") -> dict[str, object]:
    default = strategy.parameters_class()
    return {field.name: getattr(default, field.name) for field in fields(default)}


def _tell(result: "Result") -> None:
    found, worth = result.figures, result.honesty
    show_figures(asdict(found) | asdict(worth))
    show_leaks(found.strategy_name, result.leaks)
    # An interval that holds 0, or a chance that is not small: no sign of an edge.
    proven = worth.roi_low > 0.0 and worth.p_value < LATE
    sign = screen.YES if proven else screen.WARN
    screen.say(f"{sign} {told_roi(found, worth)}; trial {worth.trials} on this data")
    if found.pending_bets:
        screen.say(
            f"{screen.WARN} {found.pending_bets:,} bets are open: no score of their events is "
            "stored (the provider tells scores for three days; `odds import` has older ones)"
        )
    if worth.bets_needed > found.total_bets:
        screen.say(f"It would take {worth.bets_needed:,} bets to tell such an ROI from luck")
    screen.say(f"Experiment {result.experiment}: `odds backtest show {result.experiment}`")


def _values(result: "Result") -> dict[str, Any]:
    every = asdict(result.figures) | asdict(result.honesty)
    numbers = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in every.items()
    }
    return {
        "experiment": result.experiment,
        "dataset": result.dataset,
        "dataset_hash": result.dataset_hash,
        "events": result.events,
        "wanted": result.run.wanted,
        "refused": result.run.refused,
        "leaks": [asdict(leak) for leak in result.leaks.leaks],
        **numbers,
    }
