"""`odds backtest`: run strategies over stored odds, and look at what was run.

Belongs here: what a person asks, and what they see. Does not belong here: running
(``services.backtests``), strategies (``backtesting.strategies``).
"""

import math
from dataclasses import asdict, fields
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson, KnownBy, Zone
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import platform
from odds_pipeline.errors import UsageError

if TYPE_CHECKING:
    from odds_pipeline.backtesting.strategy import Strategy
    from odds_pipeline.services.backtests import Plan, Result, Selection
    from odds_pipeline.services.datasets.frozen import Frozen
    from odds_pipeline.services.platform import Platform
    from odds_pipeline.services.reproduce import Reproduced
    from odds_pipeline.settings import Settings

_STRATEGIES = (
    Column("name", "strategy"),
    Column("parameters", "parameters"),
    Column("summary", "what it bets on"),
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
_FIGURES = (Column("figure", "figure"), Column("value", "value", right=True))
_SHARES = frozenset(
    {"roi", "return_on_bankroll", "max_drawdown_percent", "win_rate", "roi_low", "roi_high"}
)
LATE = 0.05


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Backtest strategies on stored odds.", no_args_is_help=True)
    group.command(
        epilog="Example: odds backtest run ev --sport basketball_nba --start 2026-11-01 "
        "--end 2026-11-14 --offset 60 --param min_ev=0.02"
    )(run)
    group.command("list", epilog="Example: odds backtest list --json")(list_experiments)
    group.command(epilog="Example: odds backtest show 3")(show)
    group.command(epilog="Example: odds backtest reproduce 3")(reproduce)
    group.command(epilog="Example: odds backtest strategies")(strategies)
    app.add_typer(group, name="backtest")


def run(
    strategy: Annotated[
        str, typer.Argument(help="Its name (`odds backtest strategies`), or module:Class.")
    ],
    sport: Annotated[str | None, typer.Option(help="Sport key.")] = None,
    start: Annotated[
        str | None, typer.Option(help="First UTC day of starts, as 2026-01-31.")
    ] = None,
    end: Annotated[str | None, typer.Option(help="Last UTC day of starts, included.")] = None,
    dataset: Annotated[
        str | None,
        typer.Option(help="Bet on this frozen dataset, name or name@version, in their place."),
    ] = None,
    draft: Annotated[
        bool,
        typer.Option("--draft", help="Only put it on record, to be run in Dagster; on a dataset."),
    ] = False,
    offset: Annotated[
        list[float] | None,
        typer.Option(help="Minutes before the start at which to decide; may be repeated [60]."),
    ] = None,
    close: Annotated[
        bool, typer.Option("--close", help="Decide at the last moment before the start (too).")
    ] = False,
    param: Annotated[
        list[str] | None, typer.Option(help="Parameter of the strategy, NAME=VALUE; repeatable.")
    ] = None,
    stake: Annotated[
        str,
        typer.Option(
            help="flat:MONEY, percentage:SHARE, kelly:FRACTION or simultaneous-kelly:FRACTION."
        ),
    ] = "flat:100",
    bankroll: Annotated[float, typer.Option(min=0.01, help="Money at the beginning.")] = 10_000,
    commission: Annotated[
        list[str] | None, typer.Option(help="Of net winnings, BOOK=SHARE; repeatable.")
    ] = None,
    limit: Annotated[
        list[str] | None, typer.Option(help="Greatest stake, BOOK=MONEY; repeatable.")
    ] = None,
    rejected: Annotated[
        float, typer.Option(min=0, max=1, help="Share of bets that books refuse.")
    ] = 0.0,
    book: Annotated[
        list[str] | None, typer.Option("--bookmaker", help="Only this one; repeatable [all].")
    ] = None,
    market: Annotated[
        list[str] | None, typer.Option("--market", help="Only this one; repeatable [all].")
    ] = None,
    max_age: Annotated[
        float | None, typer.Option(help="Greatest age of the snapshot, in minutes [none].")
    ] = None,
    known_by: KnownBy = None,
    seed: Annotated[int, typer.Option(help="Of what is drawn.")] = 0,
    name: Annotated[str, typer.Option(help="For the record [the strategy].")] = "",
    as_json: AsJson = False,
) -> None:
    """Bet as a strategy would have, on what was on offer at each decision and nothing later.

    The run is kept with its data's hash; every run on the same data counts as a trial. The ROI
    comes with its interval, the strategy is checked for looking ahead, and says so if it does
    (exit code 1). Dagster shows it as a materialisation of `backtest_results`.
    """
    from odds_pipeline.backtesting.costs import Costs
    from odds_pipeline.cli.instance import shown_platform
    from odds_pipeline.services.backtests import Plan

    try:
        costs = Costs(_money(commission, "--commission"), _money(limit, "--limit"), rejected)
    except ValueError as wrong:
        raise UsageError(str(wrong)) from wrong
    sizing, size = _sizing(stake)
    chosen = dict(_pair(text, "--param") for text in param or ())
    plan = Plan(strategy, chosen, sizing, size, bankroll, costs, seed, name)
    selection = None
    if dataset is None:
        selection = _selection(sport, start, end, offset, close, book, market, max_age, known_by)
    elif any((sport, start, end, offset, close, book, market, max_age, known_by)):
        raise UsageError("--dataset says what is bet on already; leave the options of that away")
    with shown_platform() as (opened, settings):
        on = _on(opened, selection, dataset)
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


def _selection(
    sport: str | None,
    start: str | None,
    end: str | None,
    offset: list[float] | None,
    close: bool,
    book: list[str] | None,
    market: list[str] | None,
    max_age: float | None,
    known_by: str | None,
) -> "Selection":
    from odds_pipeline.services.backtests import Selection

    if sport is None or start is None or end is None:
        raise UsageError("say what to bet on: --sport, --start and --end, or --dataset")
    minutes = offset if offset is not None else ([] if close else [60.0])
    return Selection(
        sport,
        _day(start, "--start"),
        _day(end, "--end"),
        tuple(timedelta(minutes=each) for each in minutes),
        close,
        tuple(book or ()),
        tuple(market or ()),
        None if max_age is None else timedelta(minutes=max_age),
        screen.moment(known_by, "--known-by"),
    )


def _on(
    opened: "Platform", selection: "Selection | None", dataset: str | None
) -> "Selection | Frozen":
    from odds_pipeline.services.datasets.load import load

    if selection is not None:
        return selection
    assert dataset is not None
    return load(opened, dataset)


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
    from odds_pipeline.services.backtests import Selection, put_on_record

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
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
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
    else:
        screen.say("No backtest was run yet: `odds backtest run`")


def show(
    experiment: Annotated[int, typer.Argument(help="Its id; see `odds backtest list`.")],
    as_json: AsJson = False,
) -> None:
    """Show one backtest: what it ran on, how, and every figure."""
    from odds_pipeline.storage.engine import transaction
    from odds_pipeline.storage.experiments import find

    with platform() as opened, transaction(opened.engine) as conn:
        found = find(conn, experiment)
    if as_json:
        screen.show_json(asdict(found))
        return
    screen.say(f"Experiment {found.id}: {found.name} ({found.strategy}), {found.status}")
    if found.error is not None:
        screen.say(f"{screen.NO} {found.error}")
    _figures(found.metrics or {})
    screen.put(f"Configuration: {found.config}")
    screen.say(f"Data {found.dataset_hash or 'none'} · code {found.code_version}")
    screen.say(f"Dataset {found.dataset or 'none: it ran on what was stored then'}")


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
        _compared(made)
    if not made.same:
        raise typer.Exit(1)


def _compared(made: "Reproduced") -> None:
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
    from odds_pipeline.backtesting.strategies import STRATEGIES

    of = {name: _defaults(strategy) for name, strategy in STRATEGIES.items()}
    rows = [
        {"name": name, "summary": strategy.summary, "parameters": of[name]}
        for name, strategy in STRATEGIES.items()
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
    _figures(asdict(found) | asdict(worth))
    sign = screen.YES if result.leaks.clean else screen.NO
    if result.leaks.clean:
        said = f"looked ahead in none of {result.leaks.moments} decisions replayed"
    else:
        first = result.leaks.leaks[0]
        said = f"LOOKS AHEAD: {first.decision_time:%Y-%m-%d %H:%M} {first.what}"
    screen.say(f"{sign} {found.strategy_name} {said}")
    # An interval that holds 0, or a chance that is not small: no sign of an edge.
    proven = worth.roi_low > 0.0 and worth.p_value < LATE
    sign = screen.YES if proven else screen.WARN
    screen.say(
        f"{sign} ROI {_percent(found.roi)}, 95 % interval {_percent(worth.roi_low)} to "
        f"{_percent(worth.roi_high)}; trial {worth.trials} on this data"
    )
    if found.pending_bets:
        screen.say(
            f"{screen.WARN} {found.pending_bets:,} bets are open: no score of their events is "
            "stored (the provider tells scores for three days; `odds import` has older ones)"
        )
    if worth.bets_needed > found.total_bets:
        screen.say(f"It would take {worth.bets_needed:,} bets to tell such an ROI from luck")
    screen.say(f"Experiment {result.experiment}: `odds backtest show {result.experiment}`")


def _figures(values: dict[str, Any]) -> None:
    rows = [{"figure": name, "value": _figure(name, value)} for name, value in values.items()]
    if rows:
        screen.show_table(rows, _FIGURES, screen.zone_named("UTC"))


def _figure(name: str, value: object) -> str:
    if value is None:
        return screen.MISSING
    if isinstance(value, float):
        told = _percent(value) if name in _SHARES else f"{value:,.4f}"
        return screen.MISSING if math.isnan(value) else told
    return f"{value:,}" if isinstance(value, int) else str(value)


def _percent(share: float) -> str:
    return screen.MISSING if math.isnan(share) else f"{share:+.2%}"


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


def _sizing(text: str) -> tuple[str, float]:
    kind, _, size = text.partition(":")
    try:
        return kind, float(size)
    except ValueError:
        raise UsageError(f"--stake: {text!r} is not KIND:NUMBER, such as kelly:0.25") from None


def _money(texts: list[str] | None, option: str) -> dict[str, float]:
    found = {}
    for text in texts or ():
        key, value = _pair(text, option)
        try:
            found[key] = float(value)
        except ValueError:
            raise UsageError(f"{option}: {value!r} is not a number") from None
    return found


def _pair(text: str, option: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise UsageError(f"{option}: {text!r} is not NAME=VALUE")
    return key, value


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is not a day such as 2026-01-31") from None
