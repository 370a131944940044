"""Pictures of backtests, as bytes of an image file.

Belongs here: drawing money through time, parts of a run, and the grid of a sweep. Does not belong
here: choosing what is drawn; how any picture is begun and saved (``pictures``). Times are UTC.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from odds_pipeline.services.pictures import figure, saved

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MOST_LABELS = 40
LABEL = 28  # letters
FIGURES: Mapping[str, str] = {"roi": "ROI", "total_profit": "profit", "clv": "closing line value"}


def equity(bets: "pd.DataFrame", bankroll: float, title: str, form: str = "svg") -> bytes:
    """Money after each settlement, what the closing line expected, and the fall from the height.

    Args:
        bets: as ``engine.Backtest.bets``.
        bankroll: money at the beginning.
        title: above it.
        form: of the file; see ``pictures.FORMATS``.
    """
    drawn, axes = figure(form)
    done = bets[bets["profit"].notna()].sort_values("settled_at", kind="stable")
    money = bankroll + done["profit"].cumsum().to_numpy()
    times = done["settled_at"].dt.tz_localize(None).to_numpy()
    if len(done):
        axes.step(times, money, where="post", linewidth=1.3, label="money")
        worth = done["stake"] * (done["closing_chance"] * done["price"] - 1.0)
        if worth.notna().any():
            expected = bankroll + worth.fillna(0.0).cumsum().to_numpy()
            axes.step(
                times,
                expected,
                where="post",
                linewidth=1.0,
                linestyle="--",
                label="expected by the closing line",
            )
        height = np.maximum.accumulate(np.concatenate(([bankroll], money)))[1:]
        axes.fill_between(
            times,
            money,
            height,
            step="post",
            color="tab:red",
            alpha=0.18,
            linewidth=0,
            label="below the height",
        )
        axes.legend(fontsize=8, frameon=False)
    axes.axhline(bankroll, color="0.5", linewidth=0.8)
    axes.set_ylabel("money")
    _turned(axes)
    return saved(drawn, axes, title, form)


def parts(names: Sequence[str], profits: Sequence[float], title: str, form: str = "svg") -> bytes:
    """One bar a part of a run, in the order given: gains and losses in their own colours."""
    shown, rest = list(names)[:MOST_LABELS], len(names) - MOST_LABELS
    drawn, axes = figure(form, height=max(2.2, 0.8 + 0.26 * len(shown)))
    gains = list(profits)[:MOST_LABELS]
    colours = ["tab:green" if gain >= 0 else "tab:red" for gain in gains]
    axes.barh(range(len(shown)), gains, color=colours)
    axes.set_ylim(-0.8, max(len(shown), 3) - 0.2)  # few bars are no walls
    axes.set_yticks(range(len(shown)), [_label(name) for name in shown], fontsize=8)
    axes.invert_yaxis()
    axes.axvline(0.0, color="0.3", linewidth=0.8)
    axes.set_xlabel("profit")
    more = f" (the first {MOST_LABELS}; {rest} more)" if rest > 0 else ""
    return saved(drawn, axes, title + more, form)


def grid(
    axes_values: Mapping[str, Sequence[str]],
    points: Sequence[Mapping[str, Any]],
    best: int,
    title: str,
    form: str = "svg",
    shown: str = "roi",
) -> bytes:
    """The whole grid of a sweep: a line of one axis, else a heatmap.

    The axis with the most values runs along, all combinations of the others up; every point is
    there, and the best one is marked.

    Args:
        axes_values: the values of each axis, the last running fastest.
        points: the figures of each point.
        best: place of the best point.
        title: above it.
        form: of the file; see ``pictures.FORMATS``.
        shown: which figure, a key of ``FIGURES``.

    Raises:
        UsageError: an unknown format.
    """
    lengths = [len(values) for values in axes_values.values()]
    values = np.array([_number(point.get(shown)) for point in points]).reshape(lengths)
    if len(lengths) == 1:
        ((name, labels),) = axes_values.items()
        return _line(name, labels, values, best, title, form, shown)
    along = int(np.argmax(lengths))
    names = list(axes_values)
    table = np.moveaxis(values, along, -1).reshape(-1, lengths[along])
    others = [name for place, name in enumerate(names) if place != along]
    shape = [length for place, length in enumerate(lengths) if place != along]
    rows = [
        ", ".join(axes_values[name][place] for name, place in zip(others, places, strict=True))
        for places in np.ndindex(*shape)
    ]
    marked = list(np.unravel_index(best, lengths))
    column = int(marked.pop(along))
    row = int(np.ravel_multi_index(marked, shape))
    drawn, axes = figure(form, height=min(14.0, max(3.0, 1.4 + 0.24 * len(rows))))
    limit = float(np.nanmax(np.abs(table))) if np.isfinite(table).any() else 1.0
    image = axes.imshow(
        table,
        aspect="auto",
        cmap="RdYlGn",
        vmin=-(limit or 1.0),
        vmax=limit or 1.0,
        interpolation="nearest",
    )
    drawn.colorbar(image, ax=axes, label=FIGURES[shown])
    axes.plot(column, row, marker="o", markersize=11, markerfacecolor="none", color="black")
    _ticks(axes.set_xticks, axes_values[names[along]])
    _ticks(axes.set_yticks, rows)
    axes.set_xlabel(_label(names[along]))
    axes.set_ylabel(_label(", ".join(others)))
    for label in axes.get_xticklabels():
        label.set(rotation=45, horizontalalignment="right")
    return saved(drawn, axes, title, form)


def _line(
    name: str,
    labels: Sequence[str],
    values: "np.ndarray",
    best: int,
    title: str,
    form: str,
    shown: str,
) -> bytes:
    drawn, axes = figure(form)
    axes.plot(range(len(labels)), values, marker="o", markersize=3.5, linewidth=1.2)
    axes.plot(best, values[best], marker="o", markersize=11, markerfacecolor="none", color="black")
    axes.axhline(0.0, color="0.5", linewidth=0.8)
    _ticks(axes.set_xticks, labels)
    axes.set_xlabel(_label(name))
    axes.set_ylabel(FIGURES[shown])
    _turned(axes)
    return saved(drawn, axes, title, form)


def _ticks(put: Callable[..., object], labels: Sequence[str]) -> None:
    step = math.ceil(len(labels) / MOST_LABELS)
    places = range(0, len(labels), step)
    put(places, [_label(labels[place]) for place in places], fontsize=7)


def _turned(axes: "Axes") -> None:
    for label in axes.get_xticklabels():
        label.set(rotation=30, horizontalalignment="right")


def _label(text: str) -> str:
    """Short, and never read as mathematics."""
    cut = text if len(text) <= LABEL else f"{text[: LABEL - 1]}…"
    return cut.replace("$", r"\$")


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
