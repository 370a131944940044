"""A season's backtest from the archive, beside a loop that asks the original schema event by event.

Belongs here: both sides, from nothing in memory to figures. Does not belong here: the season
(``season``), the engine on loaded data (``backtest``).

Both decide an hour before each start, take the first book of the season for sharp, remove its
margin in proportion, bet a quarter of Kelly at the best other price of a side that is worth more
than 1 % by that, and settle by the same drawn results. What a book withdrew is still on offer in
the original schema, so its loop makes some bets more: how many is told.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg

from benchmarks.bodies import BOOK_KEYS
from benchmarks.harness import Result, alternate, seconds
from benchmarks.memory import peak_mib, reset_peak
from benchmarks.season import schedule
from benchmarks.season_databases import BEFORE, Databases, decision_times
from benchmarks.season_questions import AS_OF
from odds_pipeline.backtesting.engine import Backtest, Run, backtest
from odds_pipeline.backtesting.figures import figures
from odds_pipeline.backtesting.honesty import honesty
from odds_pipeline.backtesting.sizing import Kelly
from odds_pipeline.backtesting.strategies.ev import EVParameters, EVStrategy
from odds_pipeline.storage.readers import decision_frame

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]
SHARP, LEAST, QUARTER, CAP = BOOK_KEYS[0], 0.01, 0.25, 0.05
LENGTH = timedelta(hours=3)
BANKROLL = 10_000.0


def measure(databases: Databases, every: int = 5) -> Result:
    """Milliseconds an event.

    Args:
        databases: a built season.
        every: the reference is asked for each so many events; its figure is by event.
    """
    moments = decision_times(databases.spec)
    ended = _results(databases, moments)
    homes = dict(zip(ended["event_id"], ended["home_score"] > ended["away_score"], strict=True))
    sample = list(moments.items())[::every]
    made: list[Backtest] = []
    theirs: list[int] = []
    with databases.connections(archived=True) as (archived, reference):

        def ours(_: int) -> float:
            made.clear()
            taken = seconds(lambda: made.append(_season(archived, list(moments), ended)))
            return 1000 * taken / len(moments)

        def loop(_: int) -> float:
            theirs.clear()
            taken = seconds(lambda: theirs.append(_loop(reference, sample, homes)))
            return 1000 * taken / len(sample)

        reset_peak()
        sides = alternate(("from the archive", ours), ("a query an event", loop))
    chosen = {event for event, _ in sample}
    notes = (
        f"{len(moments):,} events, {len(made[0].tape.price):,} offers, "
        f"{len(made[0].ledger.row):,} bets, with intervals and figures; the loop asked for "
        f"{len(sample):,} events: {theirs[0]:,} bets, ours on these "
        f"{int(made[0].bets['event_id'].isin(chosen).sum()):,}",
        f"peak {peak_mib():,.0f} MiB, what the process held before included",
    )
    return Result("season.backtest", "ms/event", *sides, target=10, notes=notes)


def _season(archived: Connection, events: Sequence[str], ended: "pd.DataFrame") -> Backtest:
    offered = decision_frame(archived, events, [BEFORE])
    asked = EVParameters(min_ev=LEAST, sharp_book=SHARP, method="multiplicative")
    made = backtest(EVStrategy(asked), offered, ended, Run(BANKROLL, Kelly(QUARTER, CAP)))
    figures(made)
    honesty(made, [])
    return made


def _loop(
    reference: Connection, sample: Sequence[tuple[str, datetime]], homes: Mapping[str, bool]
) -> int:
    money, bets, profits = BANKROLL, 0, []
    for event, at in sample:
        rows = reference.execute(AS_OF, (event, at)).fetchall()
        lines = [row for row in rows if row[2] == "h2h"]
        sharp = {row[3]: _decimal(row[4]) for row in lines if row[1] == SHARP}
        if len(sharp) < 2:
            continue
        cost = sum(1.0 / price for price in sharp.values())
        for place, (side, price) in enumerate(sorted(sharp.items())):
            fair = 1.0 / price / cost
            others = [_decimal(row[4]) for row in lines if row[3] == side and row[1] != SHARP]
            best = max(others, default=0.0)
            if fair * best - 1.0 <= LEAST:
                continue
            stake = min(QUARTER * (fair * best - 1.0) / (best - 1.0), CAP) * money
            won = homes[event] == (place == 0)
            profits.append(stake * (best - 1.0) if won else -stake)
            money += profits[-1]
            bets += 1
    curve = BANKROLL + np.cumsum(profits)
    float((np.maximum.accumulate(curve) - curve).max()) if bets else 0.0
    return bets


def _decimal(american: int) -> float:
    return 1.0 + (american / 100.0 if american > 0 else 100.0 / -american)


def _results(databases: Databases, moments: Mapping[str, datetime]) -> "pd.DataFrame":
    """A drawn result for every event; the season itself has none."""
    import pandas as pd

    generator = np.random.default_rng(3)
    rows = [
        (event.event_id, event.home, event.away, event.start + LENGTH)
        for event in schedule(databases.spec)
        if event.event_id in moments
    ]
    columns = ["event_id", "home_team", "away_team", "settled_at"]
    home = (generator.random(len(rows)) < 0.55).astype(float)
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(home_score=home, away_score=1.0 - home, void=False)
