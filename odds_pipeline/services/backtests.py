"""Backtests over stored odds: what was on offer is read as of each decision, and kept on record.

Belongs here: reading decisions and results, running, keeping. Does not belong here: strategies and
the engine (``backtesting``), the queries (``storage``).

A run is on record before it starts, so that one that fails or is killed counts as tried.
"""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

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
from odds_pipeline.catalog.sports import usual_length
from odds_pipeline.errors import NotFound, UsageError
from odds_pipeline.planning.captures import day_window
from odds_pipeline.redaction import redact
from odds_pipeline.services.closes import closing_prices
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import experiments, ledgers, readers
from odds_pipeline.storage.engine import transaction

if TYPE_CHECKING:
    import pandas as pd

DAY_S = 86_400
EVENTS_AT_ONCE = 500
SIZINGS: Mapping[str, Callable[[float], Sizing]] = {
    "flat": Flat,
    "percentage": Percentage,
    "kelly": Kelly,
    "simultaneous-kelly": SimultaneousKelly,
}
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Selection:
    """What to bet on.

    Args:
        sport_key: the sport.
        first: first UTC day of starts.
        last: last one, included.
        offsets: how long before the start as stated then each decision is taken.
        at_close: also decide at the last moment before the start; of an event whose start is known
            to the day only, at the end of that day.
        bookmakers: only these; all without.
        markets: only these; all without.
        max_age: greatest age of the newest snapshot at the decision.
        known_by: only what was stored by then; all without.
    """

    sport_key: str
    first: date
    last: date
    offsets: tuple[timedelta, ...]
    at_close: bool = False
    bookmakers: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    max_age: timedelta | None = None
    known_by: datetime | None = None


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
    """

    strategy: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    sizing: str = "flat"
    size: float = 100.0
    bankroll: float = INITIAL_BANKROLL
    costs: Costs = field(default_factory=Costs)
    seed: int = 0
    name: str = ""


class Result(NamedTuple):
    """A run on record."""

    experiment: int
    run: Backtest
    figures: Figures
    honesty: Honesty
    leaks: LeakReport
    dataset_hash: str
    events: int


def run_backtest(
    platform: Platform, selection: Selection, plan: Plan, progress: Progress | None = None
) -> Result:
    """Run one backtest and keep it.

    Args:
        platform: its database is read, and written for the record.
        selection: what to bet on.
        plan: how.
        progress: called with how many events of how many have been read.

    Raises:
        UsageError: an unknown strategy, parameter or sizing.
        NotFound: no event, or nothing on offer, in the selection.
    """
    strategy, run = _prepared(plan)
    with transaction(platform.engine) as conn:
        experiment = experiments.begin(
            conn,
            name=plan.name or plan.strategy,
            strategy=plan.strategy,
            config=config(selection, plan),
            code_version=version("odds-pipeline"),
            seed=plan.seed,
            risk_mode=plan.sizing,
            bankroll=plan.bankroll,
            league=selection.sport_key,
        )
    try:
        offered, ended = read(platform, selection, progress)
        digest = dataset_hash(offered, ended)
        with transaction(platform.engine) as conn:
            experiments.ran_on(conn, experiment, digest)
        markets = [str(key) for key in offered["market_key"].unique()]
        closes = closing_prices(platform, ended, markets, selection.known_by)
        made = backtest(strategy, offered, ended, run, closes)
        leaks = find_leaks(strategy, offered, seed=plan.seed)
        with transaction(platform.engine) as conn:
            weighed = honesty(made, experiments.daily_ratios(conn, digest), plan.seed)
            summed = figures(made)
            ledgers.keep(conn, experiment, made.bets)
            experiments.complete(conn, experiment, metrics(summed, weighed, leaks))
    except BaseException as failure:
        with transaction(platform.engine) as conn:
            experiments.fail(conn, experiment, redact(f"{type(failure).__name__}: {failure}"))
        if isinstance(failure, ValueError):
            raise UsageError(str(failure)) from failure
        raise
    return Result(experiment, made, summed, weighed, leaks, digest, len(ended))


def read(
    platform: Platform, selection: Selection, progress: Progress | None = None
) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """What was on offer at the decisions, and how the events ended.

    A bet is settled when its event usually ends; one that was called off is void, one without a
    score stays open. Decisions that an earlier final start overtook are left out.

    Raises:
        NotFound: no event, or nothing on offer.
    """
    import pandas as pd

    start, end = day_window(selection.first).begin, day_window(selection.last).end
    with transaction(platform.engine) as conn:
        events = readers.events_between(
            conn, start, end, selection.sport_key, known_by=selection.known_by
        )
    if events.empty:
        raise NotFound(f"no {selection.sport_key} events start in these days")
    parts = []
    for begin in range(0, len(events), EVENTS_AT_ONCE):
        some = events.iloc[begin : begin + EVENTS_AT_ONCE]
        parts.extend(_decisions(platform, some, selection))
        if progress is not None:
            progress(min(begin + EVENTS_AT_ONCE, len(events)), len(events))
    quotes = pd.concat(parts, ignore_index=True)
    ended = _ended(events)
    settled = ended.set_index("event_id")["settled_at"].reindex(quotes["event_id"]).to_numpy()
    quotes = quotes[~(quotes["decision_time"].to_numpy() >= settled)].reset_index(drop=True)
    if quotes.empty:
        raise NotFound("nothing was on offer at these decisions")
    return quotes, ended


def dataset_hash(offered: "pd.DataFrame", ended: "pd.DataFrame") -> str:
    """SHA-256 of what a run sees and is settled by; the same in every process."""
    digest = hashlib.sha256()
    columns = [
        *("event_id", "decision_time", "bookmaker_key", "market_key", "outcome_name", "point"),
        *("price", "capture_time"),
    ]
    for frame, names in ((offered, columns), (ended, list(ended.columns))):
        ordered = frame[names].sort_values(names, kind="stable")
        digest.update(ordered.to_csv(index=False, date_format="%Y-%m-%dT%H:%M:%S.%f").encode())
    return digest.hexdigest()


def _prepared(plan: Plan) -> "tuple[Any, Run]":
    if plan.sizing not in SIZINGS:
        raise UsageError(f"no sizing {plan.sizing!r}; choose from {', '.join(SIZINGS)}")
    try:
        strategy = find(plan.strategy).named(plan.parameters)
    except ValueError as wrong:
        raise UsageError(str(wrong)) from wrong
    return strategy, Run(plan.bankroll, SIZINGS[plan.sizing](plan.size), plan.costs, plan.seed)


def _decisions(
    platform: Platform, events: "pd.DataFrame", selection: Selection
) -> "list[pd.DataFrame]":
    """The decisions of some events: at the offsets, and at the close of each kind of start."""
    asked: list[tuple[Sequence[str], Sequence[timedelta]]] = [
        (list(events["id"]), selection.offsets)
    ]
    if selection.at_close:
        day_only = events["start_precision"] == "day"
        asked.append((list(events["id"][~day_only]), [timedelta()]))
        asked.append((list(events["id"][day_only]), [-timedelta(seconds=DAY_S - 1)]))
    with transaction(platform.engine) as conn:
        return [
            readers.decision_frame(
                conn,
                ids,
                offsets,
                known_by=selection.known_by,
                max_age=selection.max_age,
                bookmakers=selection.bookmakers or None,
                markets=selection.markets or None,
            )
            for ids, offsets in asked
            if ids and offsets
        ]


def _ended(events: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    length = events["sport_key"].map(lambda key: pd.Timedelta(usual_length(key)))
    whole_day = pd.to_timedelta((events["start_precision"] == "day").astype("int64"), unit="D")
    final = events["status"] == "final"
    return pd.DataFrame(
        {
            "event_id": events["id"],
            "home_team": events["home_team"],
            "away_team": events["away_team"],
            "home_score": events["home_score"].astype("float64").where(final),
            "away_score": events["away_score"].astype("float64").where(final),
            "void": (events["status"] == "cancelled").astype(bool),
            "settled_at": events["commence_time"] + length + whole_day,
        }
    )


def config(selection: Selection, plan: Plan) -> dict[str, Any]:
    """What was chosen, as JSON has it."""
    chosen = asdict(selection) | {
        "first": selection.first.isoformat(),
        "last": selection.last.isoformat(),
        "offsets": [offset.total_seconds() for offset in selection.offsets],
        "max_age": None if selection.max_age is None else selection.max_age.total_seconds(),
        "known_by": None if selection.known_by is None else selection.known_by.isoformat(),
    }
    costs = plan.costs
    return {
        "selection": chosen,
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
    }


def metrics(summed: Figures, weighed: Honesty, leaks: LeakReport) -> dict[str, Any]:
    """Figures as JSON has them: no NaN, no infinity."""
    every = asdict(summed) | asdict(weighed)
    every |= {"leaks": len(leaks.leaks), "leak_moments": leaks.moments}
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
