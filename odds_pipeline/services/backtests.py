"""Backtests over stored odds: what was on offer is read as of each decision, and kept on record.

Belongs here: running, and keeping what ran. Does not belong here: what is bet on (``selections``),
strategies and the engine (``backtesting``), the queries (``storage``).

A run is on record before it starts, so that one that fails or is killed counts as tried. It bets
on what is stored, or on a frozen dataset: then it can be made again, bit for bit.
"""

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from odds_pipeline.backtesting.costs import Costs
from odds_pipeline.backtesting.engine import INITIAL_BANKROLL, Backtest, Run, backtest
from odds_pipeline.backtesting.figures import Figures, figures
from odds_pipeline.backtesting.honesty import Honesty, honesty
from odds_pipeline.backtesting.leaks import LeakReport, find_leaks
from odds_pipeline.backtesting.sizing import (
    Flat,
    Kelly,
    Percentage,
    SimultaneousKelly,
    Sizing,
)
from odds_pipeline.backtesting.strategies import find
from odds_pipeline.backtesting.strategy import Strategy
from odds_pipeline.errors import UsageError
from odds_pipeline.redaction import redact
from odds_pipeline.services.code_version import code_version
from odds_pipeline.services.datasets.frozen import Frozen
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.selections import (
    Progress,
    Selection,
    data,
    dataset_hash,
    require_latency,
    selection_as_json,
)
from odds_pipeline.storage import experiments, ledgers
from odds_pipeline.storage.engine import session, transaction
from odds_pipeline.storage.experiments import Experiment

SIZINGS: Mapping[str, Callable[[float], Sizing]] = {
    "flat": Flat,
    "percentage": Percentage,
    "kelly": Kelly,
    "simultaneous-kelly": SimultaneousKelly,
}
MOST_MONEY = 1e12


@dataclass(frozen=True, slots=True)
class Plan:
    """One backtest to be made.

    Args:
        strategy: its name, or ``module:Class``.
        parameters: as words or numbers.
        sizing: a key of ``SIZINGS``.
        size: money, or a share or fraction, as the sizing takes it.
        bankroll: at the beginning.
        costs: commission, limits, refusals.
        seed: of what is drawn.
        name: for the record.
        latency: how long a bet takes to reach the book; it is made at what is on offer then.
    """

    strategy: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    sizing: str = "flat"
    size: float = 100.0
    bankroll: float = INITIAL_BANKROLL
    costs: Costs = field(default_factory=Costs)
    seed: int = 0
    name: str = ""
    latency: timedelta = timedelta()


class Result(NamedTuple):
    """A run on record; ``dataset`` is the snapshot id of the one it ran on, if on any."""

    experiment: int
    run: Backtest
    figures: Figures
    honesty: Honesty
    leaks: LeakReport
    dataset: str | None
    dataset_hash: str
    events: int
    metrics: dict[str, Any]


def run_backtest(
    platform: Platform,
    on: Selection | Frozen,
    plan: Plan,
    progress: Progress | None = None,
    partition_key: str | None = None,
) -> Result:
    """Run one backtest and keep it.

    Args:
        platform: its database is read, and written for the record.
        on: what to bet on: what is stored, or a dataset.
        plan: how.
        progress: called with how many events of how many have been read.
        partition_key: its partition in Dagster, where that has a name already.

    Raises:
        UsageError: an unknown strategy, parameter or sizing, or a latency that the dataset was not
            frozen with.
        NotFound: no event, or nothing on offer, in the selection.
    """
    experiment = put_on_record(platform, on, plan, partition_key)
    return carry_out(platform, experiment, on, plan, progress)


def put_on_record(
    platform: Platform,
    on: Selection | Frozen,
    plan: Plan,
    partition_key: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> int:
    """Keep a backtest as a draft, to be carried out later; returns its number.

    Args:
        platform: its database is written.
        on: what to bet on.
        plan: how.
        partition_key: its partition in Dagster, where that has a name already.
        more: to be kept with its configuration.

    Raises:
        UsageError: an unknown strategy, parameter or sizing, or a latency that the dataset was not
            frozen with.
    """
    strategy, _ = _prepared(plan)
    require_latency(on, plan.latency)
    frozen = on.dataset if isinstance(on, Frozen) else None
    with transaction(platform.engine) as conn:
        return experiments.draft(
            conn,
            name=plan.name or plan.strategy,
            strategy=plan.strategy,
            config=config(on, plan) | dict(more or {}),
            code_version=code_version(type(strategy)),
            seed=plan.seed,
            risk_mode=plan.sizing,
            bankroll=plan.bankroll,
            league=on.sport_key if isinstance(on, Selection) else on.dataset.league,
            week=None if frozen is None else frozen.week,
            dataset_id=None if frozen is None else frozen.id,
            partition_key=partition_key,
        )


def carry_out(
    platform: Platform,
    experiment: int,
    on: Selection | Frozen,
    plan: Plan,
    progress: Progress | None = None,
) -> Result:
    """Run a draft; while this process does, the record says ``running``.

    Raises:
        UsageError: a plan that cannot be.
        NotFound: no event, or nothing on offer, in the selection.
        StorageError: it is no draft any more.
    """
    strategy, run = _prepared(plan)
    with running_experiment(platform, experiment, strategy):
        given = data(platform, on, plan.latency, progress)
        digest = dataset_hash(given.offered, given.ended)
        with transaction(platform.engine) as conn:
            experiments.ran_on(conn, experiment, digest)
        made = backtest(strategy, given.offered, given.ended, run, given.closes, given.later)
        leaks = find_leaks(strategy, given.offered, seed=plan.seed)
        with transaction(platform.engine) as conn:
            weighed = honesty(made, experiments.daily_ratios(conn, digest), plan.seed)
            result = result_of(experiment, on, made, weighed, leaks, digest, len(given.ended))
            ledgers.keep(conn, experiment, made.bets)
            experiments.complete(conn, experiment, result.metrics)
    return result


@contextmanager
def running_experiment(platform: Platform, experiment: int, strategy: Strategy) -> Iterator[None]:
    """Begin a draft; for the length of the block it runs here, and fails with what fails in it.

    Raises:
        UsageError: a value that cannot be.
        StorageError: it is no draft any more.
    """
    with session(platform.engine) as held, experiments.living(held, experiment):
        with transaction(platform.engine) as conn:
            experiments.start(conn, experiment, code_version(type(strategy)))
        try:
            yield
        except BaseException as failure:
            with transaction(platform.engine) as conn:
                experiments.fail(conn, experiment, redact(f"{type(failure).__name__}: {failure}"))
            if isinstance(failure, ValueError):
                raise UsageError(str(failure)) from failure
            raise


def made_again(platform: Platform, of: Experiment, frozen: Frozen) -> Result:
    """An experiment's result, worked out anew from its dataset as when it was completed.

    Raises:
        UsageError: its strategy is not to be found any more.
    """
    plan = plan_of(of)
    strategy, run = _prepared(plan)
    given = data(platform, frozen, plan.latency)
    made = backtest(strategy, given.offered, given.ended, run, given.closes, given.later)
    leaks = find_leaks(strategy, given.offered, seed=plan.seed)
    digest = dataset_hash(given.offered, given.ended)
    with transaction(platform.engine) as conn:
        earlier = experiments.daily_ratios(conn, digest, before=of)
    weighed = honesty(made, earlier, plan.seed)
    return result_of(of.id, frozen, made, weighed, leaks, digest, len(given.ended))


def result_of(
    experiment: int,
    on: Selection | Frozen,
    made: Backtest,
    weighed: Honesty,
    leaks: LeakReport,
    digest: str,
    events: int,
) -> Result:
    """A run with its figures, as JSON has them too."""
    summed = figures(made)
    values = metrics(made, summed, weighed, leaks)
    dataset = on.dataset.snapshot_id if isinstance(on, Frozen) else None
    return Result(experiment, made, summed, weighed, leaks, dataset, digest, events, values)


def plan_of(of: Experiment) -> Plan:
    """How an experiment was to be run, as its record says."""
    told, costs = of.config, of.config["costs"]
    return Plan(
        of.strategy,
        told["parameters"],
        told["sizing"],
        told["size"],
        of.bankroll,
        Costs(
            costs["commissions"],
            costs["limits"],
            costs["rejected"],
            costs["smallest_stake"],
            costs["step"],
        ),
        of.seed,
        of.name,
        timedelta(seconds=told.get("latency", 0.0)),
    )


def _prepared(plan: Plan) -> "tuple[Any, Run]":
    if plan.sizing not in SIZINGS:
        raise UsageError(f"no sizing {plan.sizing!r}; choose from {', '.join(SIZINGS)}")
    if not (0 < plan.bankroll <= MOST_MONEY and 0 < plan.size <= MOST_MONEY):
        raise UsageError(f"bankroll and size are more than 0 and at most {MOST_MONEY:,.0f}")
    if not 0 <= plan.seed < 2**63:
        raise UsageError("the seed is a whole number from 0 to 2**63 - 1")
    try:
        strategy = find(plan.strategy).named(plan.parameters)
    except ValueError as wrong:
        raise UsageError(str(wrong)) from wrong
    return strategy, Run(plan.bankroll, SIZINGS[plan.sizing](plan.size), plan.costs, plan.seed)


def config(on: Selection | Frozen, plan: Plan) -> dict[str, Any]:
    """What was chosen, as JSON has it."""
    costs = plan.costs
    chosen: dict[str, Any] = (
        {"dataset": on.dataset.snapshot_id, "selection": on.dataset.config}
        if isinstance(on, Frozen)
        else {"selection": selection_as_json(on)}
    )
    return chosen | {
        "parameters": dict(plan.parameters),
        "sizing": plan.sizing,
        "size": plan.size,
        "costs": {
            "commissions": dict(costs.commissions),
            "limits": dict(costs.limits),
            "rejected": costs.rejected,
            "smallest_stake": costs.smallest_stake,
            "step": costs.step,
        },
        "latency": plan.latency.total_seconds(),
    }


def metrics(made: Backtest, summed: Figures, weighed: Honesty, leaks: LeakReport) -> dict[str, Any]:
    """Figures as JSON has them: no NaN, no infinity."""
    every = asdict(summed) | asdict(weighed)
    every |= {"leaks": len(leaks.leaks), "leak_moments": leaks.moments}
    every |= {"wanted": made.wanted, "refused": made.refused, "bets_hash": bets_hash(made)}
    return {name: number(value) for name, value in every.items()}


def number(value: object) -> object:
    """As JSON has it: no NaN, no infinity, nothing of numpy."""
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain


def stake(text: str) -> tuple[str, float]:
    """A way of staking and its size.

    Raises:
        UsageError: not ``KIND:NUMBER``, or no such kind.
    """
    kind, _, size = text.partition(":")
    try:
        found = float(size)
    except ValueError:
        raise UsageError(f"stake: {text!r} is not KIND:NUMBER, such as kelly:0.25") from None
    if kind not in SIZINGS:
        raise UsageError(f"no sizing {kind!r}; choose from {', '.join(SIZINGS)}")
    return kind, found


def bets_hash(made: Backtest) -> str:
    """SHA-256 of the ledger: the same for the same bets, to the last bit of each number."""
    return hashlib.sha256(made.bets[_LEDGER].to_csv(index=False).encode()).hexdigest()


_LEDGER = [
    *("decision_time", "event_id", "bookmaker_key", "market_key", "outcome_name", "point"),
    *("price", "probability", "stake", "result", "void", "profit", "settled_at", "bankroll"),
]
