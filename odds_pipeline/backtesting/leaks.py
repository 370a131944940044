"""Whether a strategy looks ahead: it is run again on offers cut off at its decisions.

Belongs here: the replays and the differences. Does not belong here: guarding the offers themselves,
which hold nothing later than each decision (``offers``).

A strategy over whole frames could look from one decision to a later one: at a closing price to
place an early bet. Cut off at the moment of a bet, it would not have made that bet; that
difference is the proof.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from odds_pipeline.backtesting.offers import offers
from odds_pipeline.backtesting.strategy import Picks, Strategy

if TYPE_CHECKING:
    import pandas as pd

MOMENTS = 50
SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Leak:
    """A decision that came out otherwise when the future was not there.

    Args:
        decision_time: of the decision.
        event_id: the event of the first bet that differs.
        what: in words.
    """

    decision_time: datetime
    event_id: str
    what: str


@dataclass(frozen=True, slots=True)
class LeakReport:
    """What the replays found.

    Args:
        strategy: its name.
        moments: how many decisions were replayed.
        leaks: each that came out otherwise.
    """

    strategy: str
    moments: int
    leaks: tuple[Leak, ...]

    @property
    def clean(self) -> bool:
        """Whether no decision depends on the future."""
        return not self.leaks


def find_leaks(
    strategy: Strategy, quotes: "pd.DataFrame", moments: int = MOMENTS, seed: int = 0
) -> LeakReport:
    """Replay a strategy's decisions without the future.

    Args:
        strategy: to be examined.
        quotes: as for ``engine.backtest``.
        moments: how many decisions to replay: those with bets and those without, drawn by chance,
            the first and the last among them; every one where there are no more.
        seed: of the draw.
    """
    whole = offers(quotes)
    full = _by_row(strategy.opportunities(whole))
    times = whole["decision_time"]
    found = []
    chosen = _drawn(times, moments, seed)
    for moment in chosen:
        before = times <= moment
        cut = whole[before].reset_index(drop=True)
        now = np.flatnonzero((times == moment).to_numpy()).tolist()
        seen = _by_row(strategy.opportunities(cut))
        leak = _difference(whole, moment, {row: full.get(row) for row in now}, seen)
        if leak is not None:
            found.append(leak)
    return LeakReport(strategy.name, len(chosen), tuple(found))


def _by_row(picks: Picks) -> dict[int, tuple[float, float]]:
    """Chance and weight by position; offers keep their positions when the end is cut off."""
    chances = np.nan_to_num(picks.probability, nan=-1.0)
    return {
        int(row): (float(chance), float(weight))
        for row, chance, weight in zip(picks.rows, chances, picks.weight, strict=True)
    }


def _difference(
    whole: "pd.DataFrame",
    moment: datetime,
    full: dict[int, tuple[float, float] | None],
    seen: dict[int, tuple[float, float]],
) -> Leak | None:
    for row, with_future in full.items():
        without = seen.get(row)
        if _alike(with_future, without):
            continue
        offer = whole.iloc[row]
        bet = (
            f"{offer['outcome_name']} at {offer['bookmaker_key']}, {offer['market_key']}, price "
            f"{offer['price']:g}"
        )
        return Leak(moment, offer["event_id"], f"{bet}: {_said(with_future, without)}")
    return None


def _alike(one: tuple[float, float] | None, other: tuple[float, float] | None) -> bool:
    """Whether two answers are the same; a solver's last digits depend on what else it solves."""
    if one is None or other is None:
        return one is other
    return bool(np.allclose(one, other, rtol=SAME, atol=SAME))


def _said(with_future: tuple[float, float] | None, without: tuple[float, float] | None) -> str:
    if without is None:
        return "bet on only when later offers are there"
    if with_future is None:
        return "not bet on only when later offers are there"
    return f"valued at {with_future[0]:.6g} with later offers and at {without[0]:.6g} without them"


def _drawn(times: "pd.Series", count: int, seed: int) -> list[datetime]:
    moments = sorted(times.unique())
    if len(moments) <= count:
        return moments
    generator = np.random.default_rng(seed)
    inner = generator.choice(np.arange(1, len(moments) - 1), max(0, count - 2), replace=False)
    return [moments[place] for place in sorted({0, len(moments) - 1, *inner.tolist()})]
