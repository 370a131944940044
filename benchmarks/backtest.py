"""The backtest engine beside package ``sports-betting``, and a sweep beside single runs.

``ODDS_BENCH_SPORTS_BETTING`` names the Python of an environment with that package (0.15.1); without
it the engine is measured alone.

The engine: 480,000 games, a money line of three outcomes and a total, the same bets on both sides
(the other package bets on the last five sixths of the games; there the bets and their profit are
compared). Both sides begin with what they keep in memory: it with its wide frames and results, we
with the tape and the boards. Ours writes a ledger of every bet and all figures. Figures are games a
second.

The sweep: 1,000 points over the edge asked for and the Kelly fraction, on one synthetic season of
four books and three decisions; the reference is single runs of the same points, some in each round,
scaled up to a thousand. Each single run is compared with its point.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.backtest_frames import Boards, Comparison, frames
from benchmarks.backtest_games import games
from benchmarks.harness import Result, alternate, repeat, seconds
from benchmarks.memory import peak_mib, reset_peak
from odds_pipeline.backtesting.engine import Backtest, Run, backtest, play
from odds_pipeline.backtesting.figures import Figures, figures
from odds_pipeline.backtesting.sizing import Flat, Kelly
from odds_pipeline.backtesting.strategies.ev import EVParameters, EVStrategy
from odds_pipeline.backtesting.sweep import Point, Sweep, sweep
from odds_pipeline.backtesting.tape import Tape

if TYPE_CHECKING:
    import pandas as pd

GAMES = 480_000
OTHER = "ODDS_BENCH_SPORTS_BETTING"
FOLDS = 6  # of the other package's: the first is never bet on
POINTS = 1_000
SINGLE = 5  # runs a round
EVENTS = 1_230
SAME = 1e-9
FIRST = datetime(2025, 10, 21, 18, tzinfo=UTC)


def measure() -> list[Result]:
    """The engine in both of the other package's layouts, and the sweep."""
    return [*_engine(), _sweep()]


def _engine() -> list[Result]:
    reset_peak()
    of = games(GAMES)
    quotes, ended = frames(of)
    strategy, how = Comparison(), Run(bankroll=1e9, sizing=Flat(1.0))
    tapes: list[Tape] = []
    loading = seconds(lambda: tapes.append(Tape(quotes, ended)))
    tape = tapes[0]
    listed = strategy.candidates(tape.offered)
    made: list[Backtest] = []

    def ours(_: int) -> float:
        made.clear()
        return GAMES / seconds(lambda: made.append(_run(strategy, tape, listed, how)))

    asked = os.environ.get(OTHER)
    if asked is None:
        side = repeat("ours", ours)
        return [Result("backtest.engine", "games/s", side, notes=(f"{OTHER} is not set",))]
    found = []
    for layout in ("loader", "bare"):
        with _other(asked, layout) as other:
            sides = alternate(("ours", ours), ("sports-betting", other.games_a_second))
            bets, profit = other.said
        notes = (
            f"{len(made[0].ledger.row):,} bets in the ledger; {_compared(made[0], bets, profit)}",
            f"the tape from frames {loading:.1f} s; peak {peak_mib():,.0f} MiB",
        )
        target = 20 if layout == "loader" else None
        found.append(Result(f"backtest.engine.{layout}", "games/s", *sides, True, target, notes))
    return found


def _run(strategy: Comparison, tape: Tape, listed: Boards, how: Run) -> Backtest:
    made = play(strategy, tape, strategy.chosen(listed), how)
    figures(made)
    return made


def _compared(made: Backtest, bets: int, profit: float) -> str:
    judged = made.ledger.row // 5 >= GAMES // FOLDS
    assert int(judged.sum()) == bets, "other bets than the other package"
    own = float(made.ledger.profit[judged].sum())
    assert abs(own - profit) < 1e-3, f"{own} is not the other package's {profit}"
    return f"{bets:,} of them on its games, the same profit"


class _Other:
    """The other package's program; ``said`` is its newest number of bets and their profit."""

    def __init__(self, running: "subprocess.Popen[str]") -> None:
        self.running = running
        self.said = (0, 0.0)

    def games_a_second(self, _: int) -> float:
        """Of one backtest."""
        assert self.running.stdin is not None
        self.running.stdin.write("again\n")
        self.running.stdin.flush()
        answer = self.answer()
        self.said = (answer["bets"], answer["profit"])
        return GAMES / float(answer["seconds"])

    def answer(self) -> dict[str, Any]:
        """Its next line."""
        assert self.running.stdout is not None
        read: dict[str, Any] = json.loads(self.running.stdout.readline())
        return read


@contextmanager
def _other(python: str, layout: str) -> Iterator[_Other]:
    program = Path(__file__).with_name("sports_betting_reference.py")
    command = [python, str(program), str(GAMES), layout]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as running:
        other = _Other(running)
        assert other.answer()["ready"]
        yield other
        assert running.stdin is not None
        running.stdin.close()


def _sweep() -> Result:
    quotes, ended = _season()
    points = [
        Point(EVStrategy(EVParameters(min_ev=edge)), Kelly(fraction))
        for edge in np.linspace(0.0, 0.06, 50)
        for fraction in np.linspace(0.05, 1.0, 20)
    ]
    assert len(points) == POINTS
    last: list[Sweep] = []

    def whole(_: int) -> float:
        last.clear()
        return seconds(lambda: last.append(sweep(points, Tape(quotes, ended), Run())))

    def single(number: int) -> float:
        chosen = range(max(number, 0), POINTS, POINTS // SINGLE)
        found: dict[int, Figures] = {}

        def run() -> None:
            for place in chosen:
                strategy, sizing = points[place]
                found[place] = figures(backtest(strategy, quotes, ended, Run(sizing=sizing)))

        taken = seconds(run) * POINTS / len(chosen)
        for place, figure in found.items():
            _require_same(figure, last[0].outcomes[place].figures)
        return taken

    reset_peak()
    sides = alternate(("one pass", whole), ("a thousand single runs", single))
    bets = [outcome.figures.total_bets for outcome in last[0].outcomes]
    notes = (
        f"{len(quotes):,} offers, {min(bets):,} to {max(bets):,} bets a point; the reference is "
        f"{SINGLE} runs a round, each equal to its point to {SAME:g}, times {POINTS // SINGLE}",
        f"peak {peak_mib():,.0f} MiB, what the process held before included",
    )
    return Result("backtest.sweep", "s", *sides, target=20, notes=notes)


def _require_same(one: Figures, other: Figures) -> None:
    for name in one.__slots__:
        mine, theirs = getattr(one, name), getattr(other, name)
        if isinstance(mine, float):
            np.testing.assert_allclose(mine, theirs, rtol=SAME, atol=SAME, err_msg=name)
        else:
            assert mine == theirs, name


def _season() -> "tuple[pd.DataFrame, pd.DataFrame]":
    """Three decisions an event at four books, prices wandering around a fair chance."""
    import pandas as pd

    generator = np.random.default_rng(8)
    books = ["pinnacle", "a", "b", "c"]
    offered, ended = [], []
    for event in range(EVENTS):
        start = FIRST + timedelta(days=event // 7, minutes=30 * (event % 7))
        chance = generator.uniform(0.3, 0.7)
        for step in range(3):
            chance = float(np.clip(chance + generator.normal(0, 0.02), 0.1, 0.9))
            at = start - timedelta(hours=6 - 2 * step)
            for book in books:
                for side, fair in (("home", chance), ("away", 1 - chance)):
                    price = max(1.01, round(1 / fair * generator.uniform(0.93, 1.04), 2))
                    offered.append((f"{event:04}", at, start, book, side, price))
        won = float(generator.random() < chance)
        ended.append((f"{event:04}", won, 1.0 - won, start + timedelta(hours=3)))
    quotes = pd.DataFrame(
        offered,
        columns=[
            *("event_id", "decision_time", "commence_time", "bookmaker_key", "outcome_name"),
            "price",
        ],
    ).assign(home_team="home", away_team="away", market_key="h2h", point=np.nan)
    quotes["capture_time"] = quotes["decision_time"]
    columns = ["event_id", "home_score", "away_score", "settled_at"]
    results = pd.DataFrame(ended, columns=columns)
    return quotes, results.assign(home_team="home", away_team="away", void=False)
