"""How figures of backtests are printed.

Belongs here: figures and leaks on the terminal. Does not belong here: which command prints them.
"""

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from odds_pipeline.cli import screen
from odds_pipeline.cli.json_keys import FIGURES, JUDGED, SWEPT
from odds_pipeline.cli.screen import Column

if TYPE_CHECKING:
    from odds_pipeline.backtesting.figures import Figures
    from odds_pipeline.backtesting.honesty import Honesty
    from odds_pipeline.backtesting.leaks import LeakReport

_MEANINGS = FIGURES | JUDGED | SWEPT
_PLACES = {name: place for place, name in enumerate(_MEANINGS)}
_FIGURES = (
    Column("figure", "figure"),
    Column("value", "value", right=True),
    Column("meaning", "what it is"),
)
_SHARES = frozenset({"max_drawdown_percent", "win_rate"})
_GAINS = frozenset(
    {
        *("roi", "return_on_bankroll", "roi_low", "roi_high"),
        *("clv", "forward_roi", "forward_return"),
    }
)


def show_figures(values: Mapping[str, object]) -> None:
    """One line a figure, in the documented order."""
    rows = [
        {"figure": name, "value": figure(name, values[name]), "meaning": _MEANINGS.get(name, "")}
        for name in in_order(values)
    ]
    if rows:
        screen.show_table(rows, _FIGURES, screen.zone_named("UTC"))


def in_order(names: Iterable[str]) -> list[str]:
    """Names of figures in the order of docs/cli.md; those of no meaning there stand last."""
    return sorted(names, key=lambda name: _PLACES.get(name, len(_PLACES)))


def told_roi(figures: "Figures", honesty: "Honesty") -> str:
    """The return and how sure it is, in one line."""
    if not figures.total_bets:
        return "no bet was settled"
    roi = f"ROI {percent(figures.roi)}"
    if math.isnan(honesty.roi_low):
        return f"{roi}, on too few days for an interval"
    return f"{roi}, 95 % interval {percent(honesty.roi_low)} to {percent(honesty.roi_high)}"


def show_leaks(who: str, of: "LeakReport") -> None:
    """Whether the strategy looked ahead, and at what.

    Args:
        who: the strategy; of a sweep its best point, the only one that is replayed.
        of: what the replays found.
    """
    sign = screen.YES if of.clean else screen.NO
    if of.clean:
        said = f"looked ahead in none of {of.moments} decisions replayed"
    else:
        first = of.leaks[0]
        said = f"LOOKS AHEAD: {first.decision_time:%Y-%m-%d %H:%M} {first.what}"
    screen.say(f"{sign} {who} {said}")


def figure(name: str, value: object) -> str:
    """A figure as people read it."""
    if value is None:
        return screen.MISSING
    if isinstance(value, float):
        return screen.MISSING if math.isnan(value) else _number(name, value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _number(name: str, value: float) -> str:
    if name in _GAINS:
        return percent(value)
    return f"{value:.2%}" if name in _SHARES else f"{value:,.4f}"


def percent(share: float) -> str:
    """A share with its sign."""
    return screen.MISSING if math.isnan(share) else f"{share:+.2%}"
